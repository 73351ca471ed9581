"""The command line as other tools call it: exit status, JSON alone on standard output, one sentence on errors."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from conftest import draw_photo, draw_world

from core.__main__ import run as main
from core.jobs import queue as jobs
from core.runs import registry
from core.runs.contents import DatasetReference
from core.runs.presets import preset
from core.runs.staging import stage

CHANGELOG = Path(__file__).resolve().parent.parent.parent / "CHANGELOG.md"


@pytest.fixture
def cli(monkeypatch, capsys, trained_paths):
    """Calls a command in this process; returns (exit status, standard output, standard error)."""
    monkeypatch.setenv("TUSKSCOPE_DATA", str(trained_paths.data_dir))
    monkeypatch.setenv("TUSKSCOPE_MODELS", str(trained_paths.models_dir))

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["core", *map(str, arguments)])
        status = main()
        output = capsys.readouterr()
        return status, output.out, output.err

    return call


@pytest.fixture
def photo(trained_paths):
    return sorted((trained_paths.data_dir / "world" / "test").rglob("*.png"))[0]


def test_index_counts_photos(cli, trained_paths):
    status, out, _ = cli("index", trained_paths.data_dir / "world", "--json")
    content = json.loads(out)
    assert status == 0
    assert content["class_names"] == ["African", "Asian"]
    assert content["counts"] == {"train": {"African": 8, "Asian": 8}, "test": {"African": 4, "Asian": 4}}
    assert content["problems"] == []


def test_index_refuses_a_missing_folder_in_one_sentence(cli, tmp_path):
    status, out, err = cli("index", tmp_path / "nothing", "--json")
    assert (status, out) == (1, "")
    assert err.startswith("error: Expected a folder of photos") and err.count("\n") == 1


def test_index_says_what_it_left_out(cli, tmp_path):
    draw_photo(tmp_path / "flat" / "a.jpg", (1, 2, 3), 1)
    draw_photo(tmp_path / "flat" / "two\nlines.jpg", (1, 2, 3), 2)
    (tmp_path / "flat" / "list.csv").write_text("x")
    status, out, _ = cli("index", tmp_path / "flat")
    assert status == 0 and "flat: 2 usable photos without a label (unlabelled)" in out
    assert "note: 1 file (“list.csv”) not taken" in out
    assert json.loads(cli("index", tmp_path / "flat", "--json")[1])["notes"][0].startswith("There are no class folders")


def test_predict_names_what_a_folder_holds_beside_photos(cli, tmp_path):
    draw_photo(tmp_path / "mixed" / "a.jpg", (1, 2, 3), 1).rename(tmp_path / "mixed" / "no-suffix")
    (tmp_path / "mixed" / "video.mp4").write_bytes(b"x")
    draw_photo(tmp_path / "mixed" / "@eaDir" / "thumbnail.jpg", (1, 2, 3), 2)
    status, out, err = cli("predict", tmp_path / "mixed", "--json")
    assert status == 0 and [Path(record["path"]).name for record in json.loads(out)] == ["no-suffix"]
    assert "video.mp4" in err and "@eaDir" in err


def test_predict_prints_one_record_a_photo(cli, trained_paths):
    status, out, _ = cli("predict", trained_paths.data_dir / "world" / "test", "--json")
    records = json.loads(out)
    assert status == 0 and len(records) == 8
    assert {record["label"] for record in records} == {"African", "Asian"}


def test_predict_writes_csv(cli, photo, tmp_path):
    assert cli("predict", photo, "--csv", tmp_path / "out.csv")[0] == 0
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert rows[0]["path"] == str(photo)
    assert float(rows[0]["probability_African"]) + float(rows[0]["probability_Asian"]) == pytest.approx(1, abs=1e-5)


def test_predict_prints_a_bad_photo_as_a_record(cli, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"nothing")
    status, out, _ = cli("predict", tmp_path / "bad.jpg", "--json")
    assert status == 0
    assert json.loads(out)[0]["error"].startswith("The file is not a JPEG")


def test_predict_with_an_unknown_run_fails_in_one_sentence(cli, photo):
    status, out, err = cli("predict", photo, "--run", "no-such-run")
    assert (status, out) == (1, "") and err.startswith("error: No run has this id")


def test_explain_writes_overlay_and_map(cli, photo, tmp_path):
    status, _, _ = cli("explain", photo, "--class", "Asian", "--out", tmp_path / "o.png", "--raw", tmp_path / "m.npy")
    heatmap = np.load(tmp_path / "m.npy")
    assert status == 0
    assert heatmap.dtype == np.float32 and heatmap.shape == (48, 64)
    assert (tmp_path / "o.png").read_bytes().startswith(b"\x89PNG")


def test_explain_writes_a_file_for_each_of_several_methods(cli, photo, tmp_path):
    methods = ("--method", "class_map", "--method", "occlusion")
    status, out, _ = cli("explain", photo, *methods, "--raw", tmp_path / "m.npy", "--json")
    assert status == 0 and [record["method"] for record in json.loads(out)] == ["class_map", "occlusion"]
    assert sorted(file.name for file in tmp_path.glob("*.npy")) == ["m-class_map.npy", "m-occlusion.npy"]


def test_explain_without_an_output_is_wrong_usage(cli, photo):
    assert cli("explain", photo)[0] == 2


def test_evaluate_measures_with_the_model_that_serves(cli, trained_paths):
    status, out, _ = cli("evaluate", "quick-run", trained_paths.data_dir / "world", "--json")
    content = json.loads(out)
    assert status == 0
    assert (content["split"], content["n"], content["labels"]) == ("test", 8, "given")
    assert content["accuracy"]["value"] == 1.0
    assert content["accuracy"]["low"] < 1.0


def test_evaluate_adds_the_reviewed_labels_where_there_are_some(cli, tmp_path):
    folder = draw_world(tmp_path / "decided")
    assert "reviewed" not in json.loads(cli("evaluate", "quick-run", folder, "--json")[1])
    assert cli("decide", folder, folder / "test" / "African" / "test_000.png", "--label", "Asian")[0] == 0
    assert cli("decide", folder, folder / "test" / "Asian" / "test_001.png", "--exclude")[0] == 0
    content = json.loads(cli("evaluate", "quick-run", folder, "--json")[1])
    assert (content["n"], content["labels"], content["accuracy"]["value"]) == (8, "given", 1.0)
    reviewed = content["reviewed"]
    assert (reviewed["n"], reviewed["labels"]) == (7, "reviewed")
    assert reviewed["accuracy"]["value"] == 6 / 7


def test_evaluate_takes_a_foreign_plain_folder_as_test(cli, tmp_path):
    folder = draw_world(tmp_path / "other")
    assert "learned from all 16 photos" in cli("evaluate", "quick-run", folder / "train", "--json")[2]
    status, out, _ = cli("evaluate", "quick-run", folder / "test", "--json")
    assert status == 0 and json.loads(out)["n"] == 8


def test_evaluate_names_the_splits_there_are(cli, trained_paths):
    status, _, err = cli("evaluate", "quick-run", trained_paths.data_dir / "world", "--split", "final")
    assert status == 1 and "train, validation, test" in err


def test_train_refuses_bad_settings_in_one_sentence(cli, trained_paths):
    world = trained_paths.data_dir / "world"
    assert "KEY=VALUE" in cli("train", world, "--set", "epochs")[2]
    assert "Unknown training setting 'colour'" in cli("train", world, "--set", "colour=red")[2]
    assert "between 1 and 1000" in cli("train", world, "--set", "epochs=0")[2]
    assert "run id" in cli("train", world, "--run-id", "Not Allowed")[2]


def test_runs_lists_the_served_one(cli):
    assert cli("runs")[1].startswith("* quick-run")
    assert json.loads(cli("runs", "--json")[1])[0]["served"] is True


def test_R4_runs_lists_a_damaged_one_with_its_reason_and_says_who_answers(cli, trained_paths):
    folder = trained_paths.models_dir / "broken-run"
    folder.mkdir()
    (folder / "run.json").write_text('{"schema_version": 1, "run_id": "broken-run"')
    pointer = registry.active_file(trained_paths)
    named = pointer.read_text()
    try:
        pointer.write_text("broken-run")
        status, out, err = cli("runs")
        assert status == 0 and "broken-run  damaged" in out and "no readable run.json" in out
        assert "Meanwhile quick-run answers" in err and out.startswith("* quick-run")
        assert {row["run_id"]: row["state"] for row in json.loads(cli("runs", "--json")[1])}["broken-run"] == "damaged"
    finally:
        pointer.write_text(named)
    assert cli("delete", "broken-run")[0] == 0


def test_delete_removes_a_finished_run_and_refuses_the_served_one(cli, trained_paths):
    stage(trained_paths, "doomed", preset("quick"), DatasetReference("world", "world"), "queued")
    status, _, err = cli("delete", "doomed")
    assert status == 1 and "is queued. Cancel it first" in err
    jobs.cancel(trained_paths, "doomed")
    assert cli("delete", "doomed") == (0, "doomed is deleted.\n", "")
    assert "No run has this id" in cli("delete", "doomed")[2]
    status, _, err = cli("delete", "quick-run")
    assert status == 1 and "is served and cannot be deleted" in err
    assert json.loads(cli("runs", "--json")[1])[0]["run_id"] == "quick-run"


def test_decide_takes_the_last_decision_back(cli, tmp_path):
    folder = draw_world(tmp_path / "undone")
    photo = folder / "train" / "African" / "train_000.png"
    assert cli("decide", folder, photo, "--exclude")[0] == 0
    assert len(cli("decisions", "export", folder)[1].splitlines()) == 2
    assert "undo" in cli("decide", folder, photo, "--undo")[1]
    assert len(cli("decisions", "export", folder)[1].splitlines()) == 1
    assert cli("decide", folder, photo, "--undo", "--keep")[0] == 2


def test_export_copies_and_never_overwrites(cli, tmp_path):
    assert cli("export", "quick-run", tmp_path, "--format", "litert")[0] == 0
    assert (tmp_path / "quick-run.tflite").exists()
    status, _, err = cli("export", "quick-run", tmp_path, "--format", "litert")
    assert status == 1 and "free name" in err


def test_version_is_that_of_the_changelog(cli):
    status, out, _ = cli("--version")
    newest = next(line for line in CHANGELOG.read_text(encoding="utf-8").splitlines() if line.startswith("## "))
    assert status == 0 and out.split()[0] == "Tuskscope" and out.split()[1] in newest


def test_wrong_usage_exits_with_two(cli):
    assert cli("predict")[0] == 2
    assert cli("no-such-command")[0] == 2


def test_export_to_onnx_without_its_packages_says_what_to_install(cli, tmp_path, monkeypatch):
    monkeypatch.setattr("core.export.formats.find_spec", lambda name: None)
    status, _, err = cli("export", "quick-run", tmp_path, "--format", "onnx")
    assert status == 1 and "pip install tf2onnx" in err
    assert list(tmp_path.iterdir()) == []
