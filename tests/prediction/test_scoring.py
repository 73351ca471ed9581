"""Scoring in chunks: nothing is lost or doubled, whatever is killed, damaged or changed meanwhile."""

import contextlib
import csv
import json
import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import psutil
import pytest
from conftest import COLOURS, draw_photo

from core.dataset.capture_time import taken_at
from core.errors import DatasetError, RunInvalidError
from core.files import write_json
from core.prediction.folder import predict_paths
from core.prediction.scoring.chunk import result, score_chunk
from core.prediction.scoring.join import to_csv, to_folders, to_parquet
from core.prediction.scoring.plan import check_run, chunk_photos, read_plan
from core.prediction.scoring.planning import make_plan
from core.prediction.scoring.results import status, tables
from core.prediction.scoring.work import missing

ROOT = Path(__file__).resolve().parent.parent.parent
AWKWARD = ("-rf.png", "=1+1.png", "two\nlines.png", 'comma, "quote".png', "éléphant 象.png", "a'b;c|d.png", "CON.png")


@pytest.fixture(scope="module")
def season(tmp_path_factory) -> Path:
    """Eleven photos, seven of them with awkward names, a broken photo, an empty file, and what is none."""
    folder = tmp_path_factory.mktemp("season") / "photos"
    for number, name in enumerate(AWKWARD):
        draw_photo(folder / "camera 1" / name, COLOURS["African"], number)
    for number in range(4):
        draw_photo(folder / "camera 2" / f"{number}.jpg", COLOURS["Asian"], 50 + number)
    (folder / "camera 2" / "broken.jpg").write_bytes((folder / "camera 2" / "0.jpg").read_bytes()[:300])
    (folder / "camera 2" / "empty.jpg").touch()
    (folder / "camera 2" / "notes.txt").write_text("x")
    (folder / ".hidden.png").write_bytes(b"x")
    draw_photo(folder / "@eaDir" / "thumbnail.jpg", (1, 2, 3), 2)
    os.symlink(folder, folder / "camera 2" / "round")
    return folder


@pytest.fixture
def planned(season, quick_run, tmp_path):
    """A function that plans the season; returns the plan's folder."""

    def make(name="plan", folder=season, chunk=4):
        make_plan(folder, quick_run, tmp_path / name, chunk)
        return tmp_path / name

    return make


def score_all(target, paths) -> None:
    for number in missing(target, read_plan(target)):
        score_chunk(target, number, paths)


def results(target) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted((target / "results").glob("*.parquet"))}


def test_a_plan_names_all_that_it_leaves_out(planned):
    plan = read_plan(planned())
    assert (plan.num_photos, plan.num_chunks) == (13, 4)
    assert plan.left_out == {"hidden": 1, "passed_over": 1, "link-circle": 1, "other": 1}
    assert "1 left out: no JPEG, PNG or WebP (“camera 2/notes.txt”)." in plan.notes


def test_a_scoring_says_the_same_as_predict_and_gives_a_row_to_a_broken_photo(
    planned, season, trained_paths, predictor
):
    target = planned()
    score_all(target, trained_paths)
    rows = [row for table in tables(target, read_plan(target)) for row in table.to_pylist()]
    records = list(predict_paths([season], predictor))
    assert [row["path"] for row in rows] == [record["path"][len(f"{season}/") :] for record in records]
    for row, record in zip(rows, records, strict=True):
        assert {key: row[key] for key in ("answer", "label", "uncertain", "is_subject", "error", "run_id")} == {
            key: record[key] for key in ("answer", "label", "uncertain", "is_subject", "error", "run_id")
        }
        assert row["probability"] == pytest.approx(record["probability"], abs=1e-6)
    assert [row["path"] for row in rows if row["error"]] == ["camera 2/broken.jpg", "camera 2/empty.jpg"]
    found = status(target, read_plan(target))
    assert found.is_done and found.failed == 2 and sum(found.answers.values()) == 11


def test_joined_files_hold_every_row_once_and_no_formula(planned, trained_paths, tmp_path):
    target, plan = planned(), read_plan(planned("other"))
    score_all(target, trained_paths)
    to_csv(tmp_path / "a.csv", plan, tables(target, plan))
    to_parquet(tmp_path / "a.parquet", plan, tables(target, plan))
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    table = pd.read_parquet(tmp_path / "a.parquet")
    assert len(rows) == len(table) == 13 and table["path"].is_unique
    assert [row["path"] for row in rows] == table["path"].tolist()  # no name starts with = once its folder is before it
    assert {"camera 1/two\nlines.png", 'camera 1/comma, "quote".png'} <= set(table["path"])


def test_photos_are_sorted_into_folders_by_copies_or_links_and_stay_where_they_are(
    planned, season, trained_paths, tmp_path
):
    target = planned()
    plan = read_plan(target)
    score_all(target, trained_paths)
    before = sorted(path.as_posix() for path in season.rglob("*"))
    for link in (False, True):
        for _ in range(2):  # again: nothing changes
            counts = to_folders(tmp_path / f"sorted-{link}", plan, tables(target, plan), link)
        placed = [path for path in (tmp_path / f"sorted-{link}").rglob("*") if path.is_file()]
        assert sum(counts.values()) == len(placed) == 13 and counts["not readable"] == 2
        assert all(path.is_symlink() == link for path in placed)
    assert sorted(path.as_posix() for path in season.rglob("*")) == before
    with pytest.raises(DatasetError, match="stay untouched"):
        to_folders(season / "sorted", plan, [])


@pytest.mark.parametrize("kind", ["chunks", "results"])
@pytest.mark.parametrize("damage", ["cut", "bit", "gone", "swapped"])
def test_a_damaged_list_is_said_and_a_damaged_result_is_made_again(planned, trained_paths, kind, damage):
    target = planned()
    plan = read_plan(target)
    score_all(target, trained_paths)
    expected = results(target)
    file, content = target / kind / "000001.parquet", bytearray((target / kind / "000001.parquet").read_bytes())
    if damage == "gone":
        file.unlink()
    elif damage == "swapped":
        shutil.copy(target / kind / "000002.parquet", file)
    else:
        content[40] ^= 1
        file.write_bytes(content[: len(content) // 2] if damage == "cut" else content)
    if kind == "results":
        assert missing(target, plan) == [1]
        assert status(target, plan).damaged == (() if damage == "gone" else (1,))
        with pytest.raises(DatasetError, match="the result of chunk 1 is"):
            list(tables(target, plan))
        score_all(target, trained_paths)
        assert results(target) == expected
    else:
        with pytest.raises(DatasetError, match="is missing or damaged. Restore it, or make a new plan"):
            chunk_photos(target, plan, 1)


def test_a_changed_or_missing_photo_is_said(planned, season, trained_paths, tmp_path):
    photos = shutil.copytree(season, tmp_path / "copy", symlinks=True)
    target = planned(folder=photos)
    draw_photo(photos / "camera 2" / "1.jpg", COLOURS["African"], 99, (80, 60))
    (photos / "camera 2" / "2.jpg").unlink()
    score_all(target, trained_paths)
    plan = read_plan(target)
    rows = {row["path"]: row for table in tables(target, plan) for row in table.to_pylist()}
    assert {path for path, row in rows.items() if row["changed"]} == {"camera 2/1.jpg", "camera 2/2.jpg"}
    assert rows["camera 2/1.jpg"]["answer"] and "not there any more" in rows["camera 2/2.jpg"]["error"]
    assert "2 were changed or removed" in " ".join(status(target, plan).sentences())


def test_another_model_or_threshold_does_not_go_on_with_the_plan(planned, quick_run):
    plan = read_plan(planned())
    check_run(plan, quick_run)
    for other in (
        replace(quick_run, files={**quick_run.files, "model.tflite": "0" * 64}),
        replace(quick_run, uncertain_below=0.9),
    ):
        with pytest.raises(RunInvalidError, match="is not the one that was planned with"):
            check_run(plan, other)


def test_a_plan_that_cannot_be_is_refused_and_leaves_nothing(season, quick_run, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "list.csv").write_text("x")
    (tmp_path / "taken").mkdir()
    for folder, target, sentence in (
        (tmp_path / "empty", "a", "no photo in .* 1 left out: no JPEG"),
        (tmp_path / "nowhere", "b", "Expected a folder of photos"),
        (season, "taken", "There is something at"),
        (season, season / "plan", "would lie among the photos"),
    ):
        with pytest.raises(DatasetError, match=sentence):
            make_plan(folder, quick_run, tmp_path / target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "taken"]


def test_a_plan_of_another_version_or_none_is_said(planned):
    target = planned()
    write_json(target / "plan.json", {**json.loads((target / "plan.json").read_text()), "schema_version": 99})
    for folder, sentence in ((target, "has version 99"), (target / "chunks", "there is none at")):
        with pytest.raises(DatasetError, match=sentence):
            read_plan(folder)


def test_the_results_of_another_plan_do_not_count(planned, trained_paths):
    target, other = planned(), planned("other", chunk=3)
    score_all(target, trained_paths)
    shutil.copytree(target / "results", other / "results", dirs_exist_ok=True)
    assert result(other, read_plan(other), 0) is None


def test_the_time_of_the_camera_is_read_and_nonsense_is_not(tmp_path):
    from PIL import Image

    for text, expected in (("2024:07:01 05:12:33", "2024-07-01T05:12:33"), ("0000:00:00 00:00:00", None), ("x", None)):
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = text
        Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=exif)
        assert taken_at((tmp_path / "a.jpg").read_bytes()) == expected
    assert taken_at(b"nothing") is None


@pytest.fixture
def start(trained_paths):
    """Starts `score work` as a process; what is left of it is killed at the end."""
    environment = {
        **os.environ,
        "TUSKSCOPE_DATA": str(trained_paths.data_dir),
        "TUSKSCOPE_MODELS": str(trained_paths.models_dir),
    }
    started = []

    def begin(target, *words):
        command = [sys.executable, "-m", "core", "score", "work", str(target), *words]
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE))
        return started[-1]

    yield begin
    for process in started:
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
        process.kill()
        process.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.long)])
def test_work_that_is_killed_again_and_again_ends_with_the_same_bytes(planned, trained_paths, start, rounds, tmp_path):
    undisturbed, target = planned(chunk=1), planned("killed", chunk=1)
    score_all(undisturbed, trained_paths)
    chance = random.Random(rounds)
    for number in range(rounds):
        (target / "results" / f"{number % 13:06d}.parquet").unlink(missing_ok=True)  # so that there is something to do
        process = start(target)
        until = time.monotonic() + 120
        wanted = len(results(target)) + chance.randrange(2)
        while len(results(target)) < wanted and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.5)
        with contextlib.suppress(psutil.Error):
            children = psutil.Process(process.pid).children(recursive=True)
            (chance.choice(children) if children and number % 2 else process).kill()
            if number % 2:
                continue  # it takes up the work of the killed one by itself
            gone, left = psutil.wait_procs(children, timeout=30)
            assert not left, "processes outlive a killed parent"
    last = [start(target), start(target)]  # two at once do no harm
    assert [process.wait(300) for process in last] == [0, 0], last[0].stderr.read()
    assert results(target) == results(undisturbed)


def test_one_index_scores_one_chunk(planned, start):
    target = planned()
    process = start(target, "--index", "3")
    assert process.wait(120) == 0
    assert list(results(target)) == ["000003.parquet"]
    process = start(target, "--index", "4")
    assert process.wait(120) == 2 and b"Expected --index below 4" in process.stderr.read()


@pytest.mark.skipif(os.name != "posix", reason="Slurm runs on Linux")
@pytest.mark.slow
def test_a_slurm_array_scores_every_chunk(planned, trained_paths):
    """A stand-in for sbatch: the script, once for each number of the array."""
    target = planned(chunk=7)
    environment = {
        **os.environ,
        "PYTHON": sys.executable,
        "TUSKSCOPE_DATA": str(trained_paths.data_dir),
        "TUSKSCOPE_MODELS": str(trained_paths.models_dir),
    }
    for number in range(2):
        task = {**environment, "SLURM_ARRAY_TASK_ID": str(number)}
        subprocess.run(["bash", "deploy/score.sbatch", target], cwd=ROOT, env=task, check=True, timeout=120)
    assert status(target, read_plan(target)).is_done
