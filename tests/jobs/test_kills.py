"""Processes that are killed again and again, at any moment: registry and jobs stay true, nothing is lost."""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.jobs import queue as jobs
from core.jobs.table import JobTable
from core.runs import registry
from core.runs.presets import preset

ROOT = Path(__file__).resolve().parent.parent.parent
LONGEST_SECONDS = 300.0
ROUNDS = [pytest.param(2, id="few"), pytest.param(20, id="many", marks=pytest.mark.long)]
TRAINER_ROUNDS = [pytest.param(3, id="few"), pytest.param(50, id="many", marks=pytest.mark.long)]
# Reports, reaches one step after another, goes on from the step that it finds, and publishes.
TRAINER = """
import json, os, sys, time
from pathlib import Path
from core.files import write_atomic
from core.runs.progress import Progress, ProgressFile
run_id, models = sys.argv[-1], Path(os.environ["TUSKSCOPE_MODELS"])
folder = models / f".staging-{run_id}"
report = ProgressFile(folder)
kept = folder / "checkpoint.npz"
done = int(kept.read_text()) if kept.exists() else 0
for step in range(done, 8):
    report(Progress("fit", step, 8))
    write_atomic(kept, str(step + 1))
    time.sleep(0.05)
kept.unlink()
(folder / "model.keras").write_bytes(bytes(100_000))
run = json.loads((folder / "run.json").read_text())
write_atomic(folder / "run.json", json.dumps({**run, "state": "succeeded"}))
folder.rename(models / run_id)
"""
WORKER = """
import sys
from core.paths import Paths
from core.jobs.watchdog import Limits
from core.jobs.worker import Worker
limits = Limits(poll_seconds=0.05, heartbeat_seconds=0.1, lease_seconds=1.0)
Worker(Paths.from_env(), command=sys.argv[1:], limits=limits).run()
"""
WRITER = """
import sys
from core.paths import Paths
from core.jobs.table import JobTable
table = JobTable(Paths.from_env())
for number in range(10_000):
    with table.transaction() as connection:
        table.restore(connection, f"{sys.argv[1]}-{number}")
    print(number, flush=True)
"""


@pytest.fixture
def paths(paths):
    (paths.data_dir / "photos").mkdir()
    return paths


@pytest.fixture
def start(paths):
    """Starts a worker as a process of its own; what is left of it and its trainers is killed at the end."""
    environment = {**os.environ, "TUSKSCOPE_DATA": str(paths.data_dir), "TUSKSCOPE_MODELS": str(paths.models_dir)}
    started = []

    def found(code, *words, **more):
        started.append(subprocess.Popen([sys.executable, "-c", code, *words], cwd=ROOT, env=environment, **more))
        return started[-1]

    yield found
    for process in started:
        process.kill()
        process.wait()
    for job in jobs.jobs(paths):
        if job.pid:
            kill(job.pid)


def kill(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def wait_until(condition):
    deadline = time.monotonic() + LONGEST_SECONDS
    while not (result := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return result


def add(paths, run_id):
    return jobs.enqueue(paths, paths.data_dir / "photos", preset("quick"), run_id)


def is_over(paths):
    return not jobs.jobs(paths) and not JobTable(paths).rows()


def leftovers(paths):
    return [path.name for path in paths.models_dir.iterdir() if path.name.startswith(".")]


@pytest.mark.slow
@pytest.mark.parametrize("rounds", TRAINER_ROUNDS)
def test_K2_a_killed_trainer_is_a_failed_run_and_the_next_one_succeeds(paths, start, rounds, note_figure):
    start(WORKER, sys.executable, "-c", TRAINER)
    moments = random.Random(0)
    for number in range(rounds):
        run_id = add(paths, f"run-{number}")
        pid = wait_until(lambda run_id=run_id: jobs.status(paths, run_id).pid)
        time.sleep(moments.random())
        kill(pid)
        wait_until(lambda: is_over(paths))
        ended = jobs.status(paths, run_id)
        assert ended.state == "succeeded" or "killed (SIGKILL). It used 0." in ended.message
    add(paths, "last")
    wait_until(lambda: is_over(paths))
    assert jobs.status(paths, "last").state == "succeeded"
    assert len(registry.runs(paths)) == rounds + 1 and leftovers(paths) == []
    if rounds >= 50:
        note_figure(
            "K2", f"{rounds} kills of a trainer: each run failed with its reason or was whole, the next one trained"
        )


@pytest.mark.slow
@pytest.mark.parametrize("rounds", ROUNDS)
def test_K3_after_every_kill_of_the_worker_the_training_goes_on_and_runs_once(paths, start, rounds):
    moments = random.Random(1)
    for number in range(rounds):
        run_id = add(paths, f"run-{number}")
        worker = start(WORKER, sys.executable, "-c", TRAINER)
        if moments.random() < 0.8:
            wait_until(lambda run_id=run_id: jobs.status(paths, run_id).state != "queued")
        time.sleep(0.4 * moments.random())
        trainer = jobs.status(paths, run_id).pid
        worker.kill()
        worker.wait()
        if trainer and moments.random() < 0.5:  # the power went
            kill(trainer)
        second = start(WORKER, sys.executable, "-c", TRAINER)
        wait_until(lambda: is_over(paths))
        second.kill()
        second.wait()
        assert jobs.status(paths, run_id).state == "succeeded"
    assert len(registry.runs(paths)) == rounds and leftovers(paths) == []


@pytest.mark.slow
@pytest.mark.parametrize("rounds", ROUNDS)
def test_K7_a_killed_writer_leaves_a_whole_queue_and_no_committed_row_is_lost(paths, start, rounds):
    moments = random.Random(2)
    for number in range(rounds):
        writer = start(WRITER, str(number), stdout=subprocess.PIPE, text=True)
        writer.stdout.readline()
        time.sleep(0.3 * moments.random())
        writer.kill()
        said = writer.stdout.read().split()
        writer.stdout.close()
        writer.wait()
        with contextlib.closing(sqlite3.connect(paths.queue_file)) as connection:
            assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        kept = {run_id for run_id, _ in JobTable(paths).rows()}
        assert {f"{number}-{row}" for row in ("0", *said)} <= kept
