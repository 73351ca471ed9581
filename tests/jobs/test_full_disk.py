"""A disk that is full or read-only: no training is lost, the worker lives, and work goes on when there is space."""

import contextlib
import os
import subprocess
import sys
import threading
import time

import pytest

from core.errors import RunInvalidError, StorageError
from core.files import check_writable, storage_error
from core.jobs import queue as jobs
from core.jobs.table import JobTable
from core.jobs.watchdog import Limits
from core.jobs.worker import Worker
from core.paths import Paths
from core.runs import registry
from core.runs.contents import DatasetReference
from core.runs.presets import preset
from core.runs.staging import publish, stage

CONFIG = preset("quick")
LIMITS = Limits(grace_seconds=2.0, poll_seconds=0.05, heartbeat_seconds=0.1)
LONGEST_SECONDS = 120.0
# Fills the disk that it trains on and says so, or cannot even say it; with space it publishes.
TRAINER = """
import json, os, sys
from pathlib import Path
run_id, models = sys.argv[-1], Path(os.environ["TUSKSCOPE_MODELS"])
folder = models / f".staging-{run_id}"
if run_id.startswith("fills") and not (models / "filled").exists():
    (models / "filled").touch()
    while '"pid"' not in (folder / "process.json").read_text().partition('"worker"')[0]:
        pass
    with open(models / ".fill", "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError:
            sys.exit("error: The disk is full. Free some space and try again.")
run = json.loads((folder / "run.json").read_text())
(folder / "run.json").write_text(json.dumps({**run, "state": "succeeded"}))
folder.rename(models / run_id)
"""
COMMAND = (sys.executable, "-c", TRAINER)


def mount(*words):
    return subprocess.run(["mount", *words], capture_output=True).returncode == 0


@pytest.fixture(params=["models", "data"])
def small_disk(request, tmp_path):
    """`models/` or `data/` on a disk of 4 MiB of its own."""
    paths = Paths(tmp_path / "data", tmp_path / "models")
    paths.data_dir.mkdir()
    paths.models_dir.mkdir()
    disk = tmp_path / request.param
    if sys.platform != "linux" or os.geteuid() or not mount("-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)):
        pytest.skip("This user may not mount a small disk.")
    (paths.data_dir / "photos").mkdir()
    try:
        yield paths, disk
    finally:
        deadline = time.monotonic() + LONGEST_SECONDS
        while subprocess.run(["umount", disk], capture_output=True).returncode and time.monotonic() < deadline:
            time.sleep(0.05)


@contextlib.contextmanager
def full(disk):
    with contextlib.suppress(OSError), open(disk / ".fill", "wb", buffering=0) as file:
        while file.write(bytes(4096)) == 4096:
            pass
    yield
    (disk / ".fill").unlink(missing_ok=True)


@contextlib.contextmanager
def read_only(disk):
    assert mount("-o", "remount,ro", str(disk))
    yield
    assert mount("-o", "remount,rw", str(disk))


@contextlib.contextmanager
def working(paths):
    worker = Worker(paths, COMMAND, LIMITS)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield thread
    finally:
        worker.stop()
        thread.join(LONGEST_SECONDS)


def wait_until(condition):
    deadline = time.monotonic() + LONGEST_SECONDS
    while not (result := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return result


def add(paths, run_id, **more):
    return jobs.enqueue(paths, paths.data_dir / "photos", CONFIG, run_id, **more)


@pytest.mark.parametrize("trouble", [full, read_only])
def test_T9_a_training_cannot_be_queued_on_a_disk_that_takes_nothing_and_leaves_nothing(small_disk, trouble):
    paths, disk = small_disk
    with trouble(disk), pytest.raises(StorageError, match="(Free some space|Make it writable) and try again"):
        add(paths, "ok-1")
    assert list(paths.models_dir.iterdir()) == [] and JobTable(paths).rows() == []
    assert add(paths, "ok-1") == "ok-1"


@pytest.mark.parametrize("small_disk", ["models"], indirect=True)
def test_R16_a_read_only_disk_still_serves_and_a_promotion_says_why_not(small_disk):
    paths, disk = small_disk
    for run_id in ("served", "other"):
        run = stage(paths, run_id, CONFIG, DatasetReference("photos", "photos"), "running")
        for name in ("model.keras", "model.tflite", "history.csv", "evaluation.json", "predictions.parquet"):
            (run.folder / name).write_text(run_id)
        publish(run, paths, state="succeeded")
    registry.promote(paths, "served")
    with read_only(disk):
        with pytest.raises(RunInvalidError, match="Now served is named as served. Mend that and promote again"):
            registry.promote(paths, "other")
        assert registry.served(paths) == registry.Served(registry.load(paths, "served"))


@pytest.mark.parametrize("trouble", [full, read_only])
def test_K5_a_waiting_training_starts_when_the_disk_takes_files_again(small_disk, trouble):
    paths, disk = small_disk
    add(paths, "ok-1")
    with trouble(disk):
        with working(paths) as thread:
            time.sleep(1.0)  # a worker that dies of it dies at once
            assert thread.is_alive() and jobs.status(paths, "ok-1").state == "queued"
            if disk == paths.models_dir:
                assert "starts by itself" in jobs.status(paths, "ok-1").message
    with working(paths):
        add(paths, "ok-2")
        wait_until(lambda: not jobs.jobs(paths) and not JobTable(paths).rows())
    assert [registry.load(paths, run_id).state for run_id in ("ok-1", "ok-2")] == ["succeeded"] * 2


@pytest.mark.parametrize("small_disk", ["models"], indirect=True)
def test_T9_a_training_that_fills_the_disk_ends_with_a_sentence_and_the_next_one_is_trained(small_disk, monkeypatch):
    paths, disk = small_disk
    closing, close = threading.Event(), Worker._close
    monkeypatch.setattr(Worker, "_close", lambda *words: (closing.set(), close(*words)))
    with working(paths) as thread:
        add(paths, "fills-1")
        wait_until((disk / ".fill").exists)
        assert closing.wait(LONGEST_SECONDS)
        (disk / ".fill").unlink()
        add(paths, "ok-2")
        wait_until(lambda: not jobs.jobs(paths) and not JobTable(paths).rows())
        assert thread.is_alive()
    ended = jobs.status(paths, "fills-1")
    assert ended.state == "failed" and ended.message.endswith("full. Free some space and try again.")
    assert registry.load(paths, "ok-2").state == "succeeded"


def test_T9_only_errors_of_a_full_or_read_only_disk_are_told_as_such(tmp_path):
    assert "full" in str(storage_error(OSError(28, "No space left on device", "/secret/path")))
    assert "secret" not in str(storage_error(OSError(30, "Read-only file system", "/secret/path")))
    assert storage_error(OSError("/secret/path")) is storage_error(PermissionError(13, "no")) is None
    assert storage_error(ValueError()) is None
    check_writable(tmp_path / "not" / "there" / "yet")
