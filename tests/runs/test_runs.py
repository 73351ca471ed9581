"""The run folder and the registry: whole or not there, exactly one served (RELIABILITY rows R1-R19)."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.dataset.overlay import Decision
from core.errors import NoActiveRunError, RunInvalidError, RunNotFoundError, TrainingError
from core.runs import registry
from core.runs.contents import Calibration, DatasetReference, SubjectThreshold
from core.runs.presets import preset
from core.runs.promotions import history
from core.runs.staging import new_run_id, publish, stage, write

ROOT = Path(__file__).resolve().parent.parent.parent
DATASET = DatasetReference("world", "world", "f", 1)


def make_run(paths, run_id: str, state: str = "succeeded"):
    """A run whose files hold no model: the registry does not look inside."""
    run = stage(paths, run_id, preset("quick"), DATASET, "running")
    if state == "succeeded":
        for name in ("model.keras", "model.tflite", "history.csv", "evaluation.json", "predictions.parquet"):
            (run.folder / name).write_text(f"{name} of {run_id}")
    return publish(run, paths, state=state, class_names=("African", "Asian"))


def test_a_run_survives_the_disk(paths):
    made = make_run(paths, "one")
    loaded = registry.load(paths, "one")
    assert loaded == made
    assert loaded.config == preset("quick")
    assert set(loaded.files) >= {"model.tflite", "model.keras"}


def test_run_ids_name_day_and_preset():
    assert new_run_id("quick").split("-")[3] == "quick"


@pytest.mark.parametrize("bad", ["", "UP", "../x", "a/b", "a" * 65, ".hidden", "a\nb"])
def test_H11_run_ids_follow_the_grammar(paths, bad):
    with pytest.raises(TrainingError, match="Expected a run id"):
        stage(paths, bad, preset("quick"), DATASET, "running")
    with pytest.raises(RunNotFoundError):
        registry.load(paths, bad)


def test_a_taken_id_is_refused(paths):
    make_run(paths, "one")
    with pytest.raises(TrainingError, match="exists already"):
        stage(paths, "one", preset("quick"), DATASET, "running")
    stage(paths, "two", preset("quick"), DATASET, "queued")
    with pytest.raises(TrainingError, match="queued or running"):
        stage(paths, "two", preset("quick"), DATASET, "queued")


def test_an_incomplete_run_is_not_published_as_succeeded(paths):
    run = stage(paths, "half", preset("quick"), DATASET, "running")
    (run.folder / "model.tflite").write_text("only this")
    with pytest.raises(RunInvalidError, match="not complete"):
        publish(run, paths, state="succeeded")


def test_R18_a_clock_that_jumps_back_changes_no_order_of_promotions(paths, monkeypatch):
    for run_id in ("one", "two", "three"):
        make_run(paths, run_id)
    for days, run_id in enumerate(("one", "two", "three")):
        clock = SimpleNamespace(now=lambda zone, back=days: datetime(2026, 1, 9, tzinfo=zone) - timedelta(days=back))
        monkeypatch.setattr("core.runs.promotions.datetime", clock)
        registry.promote(paths, run_id)
    assert [item.run_id for item in history(paths)] == ["one", "two", "three"]
    assert [item.at for item in history(paths)] == sorted((item.at for item in history(paths)), reverse=True)
    assert [registry.rollback(paths).run_id for _ in range(2)] == ["two", "one"]


def test_R9_nothing_is_served_at_first(paths):
    with pytest.raises(NoActiveRunError):
        registry.active(paths)


def test_promotion_is_explicit_and_roll_back_goes_back(paths):
    for run_id in ("one", "two", "three"):
        make_run(paths, run_id)
        registry.promote(paths, run_id)
    assert registry.active(paths).run_id == "three"
    assert registry.rollback(paths).run_id == "two"
    assert registry.rollback(paths).run_id == "one"
    with pytest.raises(RunInvalidError, match="no earlier"):
        registry.rollback(paths)
    assert registry.active(paths).run_id == "one"
    assert [entry.action for entry in history(paths)] == ["promote"] * 3 + ["rollback"] * 2


def test_R11_promoting_twice_changes_nothing(paths):
    make_run(paths, "one")
    registry.promote(paths, "one")
    registry.promote(paths, "one")
    assert len(history(paths)) == 1


def test_R3_a_changed_file_is_never_served(paths):
    make_run(paths, "good")
    registry.promote(paths, "good")
    bad = make_run(paths, "bad")
    (bad.folder / "model.tflite").write_text("Model.tflite of bad")
    with pytest.raises(RunInvalidError, match="missing or changed"):
        registry.promote(paths, "bad")
    assert registry.active(paths).run_id == "good"


def test_T13_failed_runs_are_listed_but_cannot_be_served(paths):
    make_run(paths, "bad", state="failed")
    assert [run.state for run in registry.runs(paths)] == ["failed"]
    with pytest.raises(RunInvalidError, match="only a succeeded run"):
        registry.promote(paths, "bad")


@pytest.mark.parametrize("content", ["", "garbage\n", "../../etc", "deleted-run\n"])
def test_R8_a_lost_pointer_serves_the_newest_run(paths, content):
    make_run(paths, "one")
    make_run(paths, "two")
    registry.active_file(paths).write_text(content)
    assert registry.active(paths).run_id == "two"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: text[:100],
        lambda text: text.replace('"schema_version": 1', '"schema_version": 9'),
        lambda text: text.replace("succeeded", "perfect"),
        lambda text: text.replace('"fingerprint": "f"', '"fingerprint": 5'),
        lambda text: text.replace('"num_photos": 1', '"num_pictures": 1'),
        lambda text: text.replace('"labels": "reviewed"', '"labels": "guessed"'),
        lambda text: text.replace('"epochs": 200', '"epochs": -1'),
        lambda text: text.replace('"subject": null', '"subject": {"threshold": "half"}'),
        lambda text: text.replace('"calibration": null', '"calibration": {"temperature": 1.0}'),
        lambda text: "[]",
        lambda text: "null",
    ],
)
def test_R4_a_damaged_run_json_is_listed_as_damaged_with_a_reason(paths, change):
    run = make_run(paths, "one")
    file = run.folder / "run.json"
    file.write_text(change(file.read_text()))
    (found,) = registry.runs(paths)
    assert (found.run_id, found.state) == ("one", "damaged") and "The run one has" in found.message
    with pytest.raises(RunInvalidError) as refused:
        registry.load(paths, "one")
    assert str(refused.value) == found.message and "__init__" not in found.message


@pytest.mark.parametrize(
    "value", [None, 5, -1, True, "x", "", [], ["a"], [1, 2], {}, {"a": 1}, 10**400, "NaN", "Infinity", "-1e999", "A\nB"]
)
def test_R4_no_value_of_any_field_of_run_json_breaks_the_list(paths, value):
    make_run(paths, "good")
    registry.promote(paths, "good")
    run = make_run(paths, "one")
    text = (run.folder / "run.json").read_text()
    raw = value if value in ("NaN", "Infinity", "-1e999") else json.dumps(value)
    for name in json.loads(text):
        content = {**json.loads(text), name: "here"}
        (run.folder / "run.json").write_text(json.dumps(content).replace(f'"{name}": "here"', f'"{name}": {raw}'))
        found = {run.run_id: run for run in registry.runs(paths)}
        assert set(found) == {"good", "one"}
        json.dumps([run.as_dict() for run in found.values()], allow_nan=False)
        assert registry.active(paths).run_id == "good"


@pytest.mark.parametrize("content", ["[" * 200_000, '{"a":' * 100_000, "\0" * 2000, "\ufeff{}", '{"run_id": "two"}'])
def test_R4_run_json_may_hold_anything(paths, content):
    run = make_run(paths, "one")
    (run.folder / "run.json").write_text(content)
    assert [run.state for run in registry.runs(paths)] == ["damaged"]


def test_R4_a_copied_folder_is_not_taken_for_the_run_it_was_copied_from(paths):
    run = make_run(paths, "one")
    shutil.copytree(run.folder, paths.models_dir / "copy")
    assert {run.run_id: run.state for run in registry.runs(paths)} == {"one": "succeeded", "copy": "damaged"}
    with pytest.raises(RunInvalidError, match="another run, 'one'"):
        registry.load(paths, "copy")


def test_R4_two_equal_class_names_are_damage(paths):
    run = make_run(paths, "one")
    write(run, class_names=("African", "African"))
    assert [run.state for run in registry.runs(paths)] == ["damaged"]


def test_a_damaged_run_can_be_deleted_but_not_the_named_one(paths):
    for run_id in ("one", "two"):
        (make_run(paths, run_id).folder / "run.json").write_text("{")
    registry.active_file(paths).write_text("two")
    registry.delete(paths, "one")
    with pytest.raises(RunInvalidError, match="is served"):
        registry.delete(paths, "two")
    assert [run.run_id for run in registry.runs(paths)] == ["two"]


def test_R3_changed_weights_are_never_served_and_the_run_before_answers(paths):
    for run_id in ("one", "two", "three"):
        make_run(paths, run_id)
    registry.promote(paths, "one")
    registry.promote(paths, "two")
    file = paths.models_dir / "two" / "model.tflite"
    sound = file.read_bytes()
    assert registry.served(paths) == registry.Served(registry.load(paths, "two"))
    file.write_bytes(sound.swapcase())  # as long as before
    served = registry.served(paths)
    assert served.run.run_id == "one" and "The file model.tflite of run two" in served.problem
    assert {run.run_id: run.state for run in registry.runs(paths)}["two"] == "damaged"
    file.write_bytes(sound)
    assert registry.served(paths) == registry.Served(registry.load(paths, "two"))


def test_R3_a_network_whose_hash_nobody_recorded_is_not_served(paths):
    run = make_run(paths, "one")
    registry.promote(paths, "one")
    write(run, files={})
    with pytest.raises(NoActiveRunError, match="model.tflite of run one .* No other run can answer"):
        registry.active(paths)
    with pytest.raises(RunInvalidError):
        registry.promote(paths, "one")


def test_R8_the_name_of_a_failed_run_serves_the_one_before(paths):
    make_run(paths, "one")
    registry.promote(paths, "one")
    make_run(paths, "two", state="failed")
    registry.active_file(paths).write_bytes(b"\xef\xbb\xbftwo\r\n")  # written by hand on Windows
    served = registry.served(paths)
    assert served.run.run_id == "one" and "The run two is failed" in served.problem


@pytest.mark.parametrize(
    "line",
    ['{"action": "pro', "null", "[]", '{"a": 1}', '{"action": 1, "run_id": null, "at": "x"}', "\udcff", "[" * 100_000],
)
def test_a_damaged_line_of_the_history_breaks_nothing_and_swallows_no_promotion(paths, line):
    for run_id in ("one", "two"):
        make_run(paths, run_id)
    registry.promote(paths, "one")
    with (paths.models_dir / "history.jsonl").open("a", errors="surrogateescape") as file:
        file.write(line)  # no line end: torn
    registry.promote(paths, "two")
    assert [entry.run_id for entry in history(paths)] == ["one", "two"]
    assert registry.rollback(paths).run_id == "one"


@pytest.mark.parametrize("name", ["active", "history.jsonl"])
def test_what_cannot_be_written_is_said_in_a_sentence(paths, name):
    make_run(paths, "one")
    (paths.models_dir / name).mkdir()
    with pytest.raises(RunInvalidError, match="Expected to write models/active"):
        registry.promote(paths, "one")


def test_the_contents_of_a_run_survive_the_disk_with_their_types(paths):
    decision = Decision("0" * 64, "train/a.png", "relabel", "African", "me", "2026-01-01", "note")
    calibration = Calibration(
        1.2, [0.1, 0.2], 0.05, 0.8, 0.7, {"coverage": [1.0], "errors": [0], "threshold": [0.5]}, 9
    )
    run = write(
        stage(paths, "typed", preset("quick"), replace(DATASET, decisions=(decision,)), "running"),
        subject=SubjectThreshold(0.5, 0.96, {"efficientnet-lite0": [385]}),
        calibration=calibration,
    )
    loaded = registry.load(paths, "typed")
    assert loaded == run
    assert loaded.dataset.decisions == (decision,) and loaded.calibration == calibration


def test_runs_of_earlier_versions_load(paths):
    run = make_run(paths, "old")
    content = json.loads((run.folder / "run.json").read_text())
    del content["calibration"], content["dataset"]["decisions"], content["dataset"]["num_photos"]
    content["subject"] = {"imagenet_classes": [385, 386], "threshold": 0.03}
    (run.folder / "run.json").write_text(json.dumps(content))
    loaded = registry.load(paths, "old")
    assert loaded.subject == SubjectThreshold(0.03, None, [385, 386]) and loaded.dataset.num_photos == 0


def test_a_damaged_evaluation_counts_as_none(paths):
    run = make_run(paths, "one")
    for content in ("", "[]", '{"test": {}}', '{"test": {"split": 1}}'):
        (run.folder / "evaluation.json").write_text(content)
        assert registry.load(paths, "one").evaluation == {}


def test_R10_the_served_run_cannot_be_deleted(paths):
    make_run(paths, "one")
    registry.promote(paths, "one")
    with pytest.raises(RunInvalidError, match="is served"):
        registry.delete(paths, "one")
    make_run(paths, "two")
    registry.delete(paths, "two")
    assert [run.run_id for run in registry.runs(paths)] == ["one"]


def test_R15_a_link_is_no_run(paths, tmp_path):
    run = make_run(paths, "one")
    os.rename(run.folder, tmp_path / "elsewhere")
    (paths.models_dir / "one").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunNotFoundError):
        registry.load(paths, "one")


def test_R12_many_threads_leave_exactly_one_served(paths):
    for number in range(4):
        make_run(paths, f"run-{number}")
    registry.promote(paths, "run-0")
    registry.promote(paths, "run-1")

    def act(number: int) -> str:
        if number % 5 == 0:
            try:
                registry.rollback(paths)
            except RunInvalidError:
                pass
        else:
            registry.promote(paths, f"run-{number % 4}")
        return registry.active(paths).run_id

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(act, range(80))) <= {f"run-{number}" for number in range(4)}
    assert registry.active_id(paths) in {f"run-{number}" for number in range(4)}


@pytest.mark.parametrize("point", ["open", "fsync", "rename", "replace"])
def test_R1_K1_a_kill_while_publishing_or_promoting_loses_nothing(paths, point):
    make_run(paths, "old")
    registry.promote(paths, "old")
    code = (
        "import os, sys, signal\n"
        "from pathlib import Path\n"
        "sys.path[:0] = [sys.argv[1], sys.argv[1] + '/tests']\n"
        "from core.paths import Paths\n"
        "from core.runs import registry\n"
        "from test_runs import make_run\n"
        "paths, point, calls = Paths(Path(sys.argv[2]), Path(sys.argv[3])), sys.argv[4], 0\n"
        "real = getattr(os, point)\n"
        "def deadly(*a, **k):\n"
        "    global calls\n"
        "    calls += 1\n"
        "    if calls == int(sys.argv[5]): os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return real(*a, **k)\n"
        "setattr(os, point, deadly)\n"
        "make_run(paths, 'new' + sys.argv[5])\n"
        "registry.promote(paths, 'new' + sys.argv[5])\n"
    )
    for call in (1, 2, 4):
        subprocess.run(
            [sys.executable, "-c", code, str(ROOT), str(paths.data_dir), str(paths.models_dir), point, str(call)],
            cwd=ROOT,
            capture_output=True,
        )
        served = registry.active(paths)
        served.verify()
        assert served.run_id == "old" or served.run_id.startswith("new")
        for run in registry.runs(paths):
            if run.state == "succeeded":
                run.verify()


def test_R19_many_runs_list_quickly_and_in_order(paths):
    for number in range(30):
        make_run(paths, f"run-{number:02d}", state="failed")
    assert len(registry.runs(paths)) == 30
