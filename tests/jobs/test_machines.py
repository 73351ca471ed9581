"""Several workers and machines on one `models/`: nobody's clock or host name decides who lives."""

import os
import threading
import time
from dataclasses import replace

import pytest

from core.jobs import heartbeat, lease, recovery
from core.jobs import queue as jobs
from core.jobs.lease import LEASE_FILE, Observer, kept_lease
from core.jobs.staged import JobProcess, read_process, staging_folder, write_process
from core.jobs.table import JobTable
from core.jobs.watchdog import Limits
from core.jobs.worker import Worker
from core.process_identity import ProcessIdentity, machine
from core.runs import registry
from core.runs.contents import DatasetReference
from core.runs.presets import preset
from core.runs.progress import ProgressFile
from core.runs.staging import stage, write

CONFIG = preset("quick")
LIMITS = Limits(lease_seconds=100.0)
BEGAN = "2026-01-01T00:00:00+00:00"


class Clock:
    """Stands still until it is told."""

    def __init__(self):
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    """The clock by which this process judges others."""
    found = Clock()
    for module in (recovery, jobs, heartbeat):
        monkeypatch.setattr(module, "OBSERVER", Observer(found), raising=True)
    return found


@pytest.fixture
def paths(paths):
    (paths.data_dir / "photos").mkdir()
    return paths


@pytest.fixture
def elsewhere():
    """A process of another machine, whose pid is one of ours too."""
    me = ProcessIdentity.of()
    return replace(me, host="another boot/" + me.host)


def look(paths):
    worker = Worker(paths, ["/no/such/program"], LIMITS)
    worker.stop()
    worker.run()


def wait_until(condition):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def train_elsewhere(paths, process, run_id="ok-1", **more):
    run = stage(paths, run_id, CONFIG, DatasetReference("photos", "photos"), "running")
    write_process(run.folder, JobProcess(process, process, BEGAN, **more))
    return run


def state_of(paths, run_id="ok-1"):
    return registry.load(paths, run_id).state


def test_T14_machines_of_one_host_name_are_told_apart(elsewhere):
    assert ProcessIdentity.of().host == machine() and ProcessIdentity.of().is_local
    assert not elsewhere.is_local and not elsewhere.is_alive  # though its pid and start are ours


@pytest.mark.parametrize("sign", ["worker", "trainer", "lease"])
@pytest.mark.parametrize("clock_error", [-86_400.0, 0.0, 600.0])
def test_T14_a_training_elsewhere_is_never_buried_while_anybody_there_gives_a_sign(
    paths, clock, elsewhere, sign, clock_error, monkeypatch
):
    run = train_elsewhere(paths, elsewhere)
    true_time = time.time
    for second in range(0, 1000, 90):
        monkeypatch.setattr(time, "time", lambda second=second: true_time() + clock_error + second)
        clock.now = float(second)
        if sign == "worker":
            write_process(run.folder, replace(read_process(run.folder), renewed_at=time.time()))
        elif sign == "trainer":
            ProgressFile(run.folder)
        else:
            with kept_lease(run.folder):
                wait_until((run.folder / LEASE_FILE).exists)
                look(paths)
        look(paths)
        assert state_of(paths) == jobs.status(paths, "ok-1").state == "running"
    clock.now += 101.0
    look(paths)
    assert state_of(paths) == "queued"


def test_T14_a_silent_training_elsewhere_goes_on_here_and_its_trainer_ends_when_it_wakes(
    paths, clock, elsewhere, monkeypatch
):
    run = train_elsewhere(paths, elsewhere)
    look(paths)
    clock.now = 101.0
    look(paths)
    assert state_of(paths) == "queued" and JobTable(paths).waiting() == ["ok-1"]
    worker = Worker(paths, ["/no/such/program"], LIMITS)
    assert JobTable(paths).take_next(worker._begin) == "ok-1"
    assert read_process(run.folder).attempt == 2
    ended = []
    monkeypatch.setattr(lease.os, "_exit", ended.append)
    with kept_lease(run.folder, attempt=2):
        pass
    assert not ended
    with kept_lease(run.folder, attempt=1):  # the one that slept
        wait_until(lambda: ended)
    assert ended == [1]


def test_T14_a_waiting_run_that_another_machine_is_about_to_start_is_left_to_it(paths, clock, elsewhere):
    jobs.enqueue(paths, paths.data_dir / "photos", CONFIG, "ok-1")
    folder = staging_folder(paths, "ok-1")
    assert JobTable(paths).take_next(lambda _: write_process(folder, JobProcess(None, elsewhere, BEGAN))) == "ok-1"
    look(paths)
    assert JobTable(paths).rows() == [("ok-1", True)]
    clock.now = 101.0
    look(paths)
    assert JobTable(paths).rows() == [("ok-1", False)]


def test_T14_a_run_that_a_living_worker_here_is_about_to_start_is_left_to_it(paths, clock):
    jobs.enqueue(paths, paths.data_dir / "photos", CONFIG, "ok-1")
    folder, other = staging_folder(paths, "ok-1"), ProcessIdentity.of(os.getppid())
    assert JobTable(paths).take_next(lambda _: write_process(folder, JobProcess(None, other, BEGAN))) == "ok-1"
    clock.now = 1000.0
    look(paths)
    assert JobTable(paths).rows() == [("ok-1", True)]
    write_process(folder, JobProcess(None, replace(other, started=0.0), BEGAN))  # it died before it began
    look(paths)
    assert JobTable(paths).rows() == [("ok-1", False)]


def test_T14_cancelling_a_training_elsewhere_asks_and_does_not_bury(paths, clock, elsewhere):
    run = train_elsewhere(paths, elsewhere)
    assert jobs.cancel(paths, "ok-1").state == "running"
    assert (run.folder / "cancel-requested").exists()
    clock.now = 1000.0
    assert jobs.cancel(paths, "ok-1").state == "cancelled"


def test_a_worker_elsewhere_is_alive_while_its_sign_of_life_changes(paths, clock, elsewhere):
    heartbeat.write_worker_heartbeat(paths, elsewhere)
    assert jobs.worker_alive(paths)
    clock.now = 9.0
    assert jobs.worker_alive(paths)
    heartbeat.write_worker_heartbeat(paths, elsewhere)
    clock.now = 15.0
    assert jobs.worker_alive(paths)
    clock.now = 26.0
    assert not jobs.worker_alive(paths)


def test_a_run_whose_trainer_is_gone_but_could_not_be_closed_is_not_forgotten_by_its_own_worker(paths, clock):
    me = ProcessIdentity.of()
    run = stage(paths, "ok-1", CONFIG, DatasetReference("photos", "photos"), "running")
    write_process(run.folder, JobProcess(None, me, BEGAN))  # the disk was full when it was to be started
    look(paths)
    assert state_of(paths) == "queued"


def test_the_lease_is_renewed_while_a_training_goes_on_and_gone_afterwards(tmp_path, monkeypatch):
    monkeypatch.setattr(lease, "_RENEWAL_SECONDS", 0.01)
    contents = set()
    with kept_lease(tmp_path):
        deadline = time.monotonic() + 60
        while len(contents) < 3 and time.monotonic() < deadline:
            if (tmp_path / LEASE_FILE).exists():
                contents.add((tmp_path / LEASE_FILE).read_bytes())
    assert len(contents) >= 3 and list(tmp_path.iterdir()) == []
    assert not any(thread.name == "lease" for thread in threading.enumerate())


def test_leftovers_of_every_kind_stop_no_worker(paths, clock):
    models = paths.models_dir
    (models / ".staging-file").write_text("no folder")
    (models / ".staging-Bad Name").mkdir()
    damaged = models / ".staging-damaged"
    damaged.mkdir()
    (damaged / "run.json").write_text("{")
    twice = stage(paths, "twice", CONFIG, DatasetReference("photos", "photos"), "running")  # published already
    ProgressFile(twice.folder)
    progress = (twice.folder / "progress.json").read_text().replace(f'"pid": {os.getpid()}', '"pid": 999999999')
    (twice.folder / "progress.json").write_text(progress)
    published = models / "twice"
    published.mkdir()
    write(replace(twice, folder=published), state="succeeded")
    with JobTable(paths).transaction() as connection:
        for run_id in ("damaged", "vanished"):
            JobTable(paths).restore(connection, run_id)
    look(paths)
    assert [run_id for run_id, _ in JobTable(paths).rows()] == ["damaged"]
    (kept,) = models.glob(".left-over-twice-*")
    assert (kept / "run.json").exists() and registry.load(paths, "twice").state == "succeeded"
    assert damaged.exists()
