"""The benchmark of the presets: seeds, resuming, and the tables that README and docs hold."""

import json
from pathlib import Path

import click
import pytest
from conftest import draw_world, use_backbones

from benchmarks import model_runs, model_tables
from benchmarks.models import across, measure, parse_seeds
from core.runs.presets import PRESETS
from core.sample.published import PEERS, RESULTS_FILE, measured_presets

ROOT = Path(__file__).resolve().parent.parent


def test_seeds_are_one_number_or_one_a_preset():
    assert parse_seeds("3", ["quick", "baseline-cnn"]) == {"quick": 3, "baseline-cnn": 3}
    assert parse_seeds("baseline-cnn=2", ["quick", "baseline-cnn"]) == {"quick": 5, "baseline-cnn": 2}
    for wrong in ("0", "many", "unknown=3", ""):
        with pytest.raises(click.BadParameter):
            parse_seeds(wrong, ["quick"])
    with pytest.raises(click.BadParameter, match="Unknown preset other"):
        parse_seeds("5", ["other"])


def test_several_seeds_become_mean_spread_and_the_interval_of_the_photos():
    found = across([{"value": 0.9, "n": 100}, {"value": 0.94, "n": 100}])
    assert found["value"] == pytest.approx(0.92) and found["spread"] == pytest.approx(0.02828, abs=1e-4)
    assert found["low"] < 0.87 and found["high"] > 0.95 and found["by_seed"] == [0.9, 0.94]
    assert across([{"value": 1.0, "n": 10}])["spread"] is None


def test_a_block_replaces_what_stands_between_its_markers():
    page = f"before\n{model_tables.BEGIN}\nold\n{model_tables.END}\nafter\n"
    assert model_tables.with_block(page, "new") == page.replace("old", "new")
    with pytest.raises(ValueError, match="markers"):
        model_tables.with_block("no markers", "new")


@pytest.mark.parametrize(
    ("page", "table"), [("README.md", model_tables.overview), ("docs/models.md", model_tables.everything)]
)
def test_the_tables_agree_with_the_stored_figures(page, table):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert model_tables.with_block(text, table(json.loads(RESULTS_FILE.read_text(encoding="utf-8")))) == text


def test_stored_figures_name_their_photos_and_known_presets_only():
    stored = json.loads(RESULTS_FILE.read_text(encoding="utf-8"))
    assert set(stored["presets"]) <= set(PRESETS) and stored["failed"] == {}
    assert len(stored["dataset"]["test_photos"]) > 100 and RESULTS_FILE.stat().st_size < 90_000
    for found in stored["presets"].values():
        assert found["test"]["low"] <= found["test"]["value"] <= found["test"]["high"] and found["test"]["n"] > 100


def test_published_peers_are_shown_beside_the_same_photos_only(world):
    assert measured_presets({sha256[:10] for sha256 in world.usable["sha256"]}) is None
    assert [peer.name for peer in PEERS][-1] == "DINOv2"


@pytest.mark.long  # a dozen trainings
def test_a_benchmark_measures_once_and_goes_on_where_it_stopped(paths, backbones, monkeypatch, capsys):
    monkeypatch.setenv("TUSKSCOPE_DATA", str(paths.data_dir))
    monkeypatch.setenv("TUSKSCOPE_MODELS", str(paths.models_dir))
    scratch = paths.shared_cache_dir / "benchmarks" / "data"
    use_backbones(model_runs.Paths(scratch, scratch), backbones)
    monkeypatch.setattr(model_runs, "_COLD_SEED", -1)  # with the prepared backbone
    folder = draw_world(paths.data_dir / "world", num_train=16, num_test=2)
    first = measure(folder, ["quick"], {"quick": 2}, curves=["quick"])
    quick = first["presets"]["quick"]
    assert first["failed"] == {} and quick["seeds"] == 2 and quick["test"]["n"] == 4 and quick["megabytes"] > 1
    assert {point["share"] for point in quick["learning_curve"]["points"]} >= {0.5, 1.0}
    assert quick["robustness"][0]["variant"] == "clean"
    assert "quick: training 2 of 2" in capsys.readouterr().err
    assert list(paths.models_dir.iterdir()) == []  # the user's runs are left alone
    monkeypatch.setattr(model_runs, "_train", None)  # nothing is trained again
    assert measure(folder, ["quick"], {"quick": 2}, curves=["quick"])["presets"] == first["presets"]
    assert model_tables.everything(first).count("| African") == 0
