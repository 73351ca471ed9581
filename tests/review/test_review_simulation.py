"""The simulated reviewer and the proof of a gain: known answers on small worlds."""

import numpy as np
import pytest
from conftest import draw_world, use_backbones
from test_suspects import flip, made_up

from benchmarks.review import (
    average_precision,
    known_truth,
    measure,
    plant_flips,
    recalls,
    review,
    simulate,
)
from core.dataset.decisions import decide
from core.dataset.index import index_dataset
from core.errors import DatasetError
from core.review.scoring import EXCLUDED, Scorer
from core.runs import registry
from core.runs.presets import preset
from core.sample.drawn_dataset import draw_sample
from core.workflows.proof import Proof, prove_with
from core.workflows.train import train


def test_average_precision_and_recall_of_a_hand_made_order():
    bad = np.array([True, False, True, False])
    assert average_precision(bad, np.array([4.0, 3.0, 2.0, 1.0])) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(bad, np.array([4.0, 1.0, 3.0, 2.0])) == 1
    assert average_precision(np.zeros(4, bool), np.arange(4.0)) == 0
    assert recalls(bad, np.array([4.0, 3.0, 2.0, 1.0]))["recall_at_25_percent"] == 0.5


@pytest.mark.parametrize("one_sided", [False, True])
def test_planted_flips_have_the_wanted_number_and_side(one_sided):
    right = np.repeat([0, 1, 2], 40)
    flipped = plant_flips(right, 3, 0.1, one_sided, seed=1)
    changed = flipped != right
    assert changed.sum() == 12
    if one_sided:
        assert set(right[changed]) == {0} and set(flipped[changed]) == {1}


def test_a_perfect_reviewer_finds_everything_and_soon():
    features, right = made_up(num_photos=200, others=6)
    given = flip(right, range(30))
    truth = right.copy()
    truth[-6:] = EXCLUDED
    found = review(Scorer(features, given, 2), given, truth)
    assert found[-1] == 36 and len(found) == 200
    assert found[59] >= 34


def test_the_simulation_reports_ours_cleanlab_and_chance():
    pytest.importorskip("cleanlab")
    features, right = made_up(num_photos=200)
    result = simulate(features, flip(right, range(30)), right, 2)
    assert result["num_wrong"] == 30
    assert result["ours"]["average_precision"] > 0.9
    assert result["cleanlab"]["average_precision"] > 0.8
    assert result["reviews_for_95_percent"]["ours"] < 60 < result["reviews_for_95_percent"]["random"]
    assert list(result["found_after"])[:2] == ["25", "50"]


def test_the_truth_of_a_drawn_sample_is_known(paths):
    folder = paths.data_dir / "sample"
    draw_sample(folder, num_train=40, num_test=8, image_size=(64, 80))
    dataset = index_dataset(folder, paths)
    truth = known_truth(dataset, dataset.usable)
    assert set(truth) <= {EXCLUDED, 0, 1} and (truth == EXCLUDED).any()
    assert known_truth(index_dataset(draw_world(paths.data_dir / "other"), paths), dataset.usable) is None


def test_the_benchmark_runs_on_any_folder(paths, monkeypatch):
    pytest.importorskip("cleanlab")
    from test_suspects import embed_made_up

    monkeypatch.setenv("TUSKSCOPE_DATA", str(paths.data_dir))
    folder = draw_world(paths.data_dir / "world", num_train=40)
    embed_made_up(index_dataset(folder, paths))
    result = measure(folder)
    assert result["num_photos"] == 80 and "20% planted, one-sided" in result


@pytest.fixture
def provable(paths, backbones):
    """A world in which a third of one class lies in the wrong folder."""
    use_backbones(paths, backbones)
    folder = draw_world(paths.data_dir / "provable", num_train=12, num_test=8)
    for number in range(4):
        name = f"train_{number:03d}.png"
        (folder / "train/African" / name).rename(folder / "train/Asian" / f"wrong_{number}.png")
    return index_dataset(folder, paths)


def prove(dataset, paths, labels="given") -> Proof:
    """Trains with and without the decisions, and compares."""
    from dataclasses import replace

    runs = [train(replace(preset("quick"), labels=name), dataset, paths) for name in ("given", "reviewed")]
    return prove_with(*runs, dataset, labels)


@pytest.mark.slow
def test_the_proof_trains_twice_and_compares_on_the_same_test_photos(provable, paths):
    for number in range(4):
        decide(provable, f"train/Asian/wrong_{number}.png", "relabel", "African")
    decide(provable, "train/Asian/train_000.png", "exclude")
    proof = prove(provable, paths)
    assert (proof.relabelled, proof.excluded, proof.comparison.n) == (4, 1, 16)
    runs = [registry.load(paths, run_id) for run_id in (proof.given_run_id, proof.reviewed_run_id)]
    assert [run.labels for run in runs] == ["given", "reviewed"]
    assert runs[0].config.seed == runs[1].config.seed
    assert proof.comparison.labels == "given" and "4 training photos" in proof.sentence()
    again = prove_with(*runs, provable)
    assert again.comparison.p_value == proof.comparison.p_value


@pytest.mark.slow
def test_a_proof_can_be_judged_by_reviewed_test_labels(provable, paths):
    decide(provable, "train/Asian/wrong_0.png", "relabel", "African")
    decide(provable, "test/Asian/test_000.png", "exclude")
    decide(provable, "test/Asian/test_001.png", "relabel", "African")
    proof = prove(provable, paths, "reviewed")
    assert proof.comparison.n == 15 and proof.comparison.labels == "reviewed"
    assert (proof.relabelled, proof.excluded) == (1, 0)


def test_without_a_changed_label_there_is_nothing_to_prove(world, quick_run):
    from dataclasses import replace

    with pytest.raises(DatasetError, match="nothing to prove"):
        prove_with(quick_run, quick_run, world)
    decide(world, "train/African/train_000.png", "keep")
    kept = replace(quick_run, dataset=replace(quick_run.dataset, decisions=tuple(world.decisions().values())))
    with pytest.raises(DatasetError, match="nothing to prove"):
        prove_with(quick_run, kept, world)


def test_runs_that_differ_in_more_than_labels_prove_nothing(world, quick_run):
    from dataclasses import replace

    other = replace(quick_run, config=replace(quick_run.config, seed=9))
    with pytest.raises(DatasetError, match="differ in more than their labels"):
        prove_with(quick_run, other, world)
