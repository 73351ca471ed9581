"""Background trainings with a stub trainer: states, order, cancelling, crashes, races. No TensorFlow."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest

from core.errors import BusyError, DatasetError, RunNotFoundError, TrainingError
from core.jobs import queue as jobs
from core.jobs.staged import JobProcess, read_process, request_cancel, staging_folder, write_process
from core.jobs.table import MAX_WAITING, JobTable
from core.jobs.watchdog import Limits
from core.jobs.worker import Worker
from core.process_identity import ProcessIdentity
from core.processes import why_ended
from core.runs import registry
from core.runs.contents import DatasetReference
from core.runs.presets import preset
from core.runs.progress import Progress, ProgressFile, read_progress
from core.runs.staging import stage, write

PROJECT = Path(__file__).resolve().parent.parent.parent
CONFIG = preset("quick")
LIMITS = Limits(grace_seconds=2.0, poll_seconds=0.05, heartbeat_seconds=0.2)

# Does what its run id says.
TRAINER = """
import json, os, signal, sys, time
from pathlib import Path
from core.runs.progress import Progress, ProgressFile
run_id = sys.argv[-1]
models = Path(os.environ["TUSKSCOPE_MODELS"])
folder = models / f".staging-{run_id}"
word = run_id.split("-")[0]
if word == "mute":
    time.sleep(600)
report = ProgressFile(folder)
report(Progress("fit", 1, 4, 1, 4, {"loss": 0.5, "accuracy": float("nan")}, 3.0))
print(os.environ["OMP_NUM_THREADS"], os.environ["TF_NUM_INTRAOP_THREADS"], flush=True)
os.write(1, b"\\xff\\x00\\x1b[31mbinary\\n")
if word == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (folder / "ready").touch()
if word in ("slow", "stubborn"):
    for step in range(6000):
        report(Progress("fit", step, 6000))
        time.sleep(0.1)
if word == "patient":
    while not (models / "go").exists():
        report(Progress("fit", 2, 4))
        time.sleep(0.05)
if word == "hang":
    time.sleep(600)
if word == "greedy":
    hoard = bytearray(300 * 2**20)
    time.sleep(600)
if word == "once" and not (models / "again").exists():
    (folder / "checkpoint.npz").write_bytes(b"epoch 7")
    (folder / "model.keras").write_bytes(b"half a model")
    (models / "again").touch()
    time.sleep(600)
if word == "once":
    print("found", (folder / "checkpoint.npz").read_bytes(), "start", os.environ["TUSKSCOPE_ATTEMPT"], flush=True)
if word == "error":
    (folder / "model.keras").write_bytes(b"half a model")
    sys.exit("error: Expected two classes, but got one.\\n")
if word == "crash":
    os._exit(3)
run = json.loads((folder / "run.json").read_text())
(folder / "run.json").write_text(json.dumps({**run, "state": "succeeded"}))
folder.rename(models / run_id)  # as core.runs.staging.publish does, whose import takes a second
"""
COMMAND = (sys.executable, "-c", TRAINER)
WORKER = """
import signal, sys
from core.paths import Paths
from core.jobs.watchdog import Limits
from core.jobs.worker import Worker
limits = Limits(grace_seconds=2.0, poll_seconds=0.05, heartbeat_seconds=0.2)
worker = Worker(Paths.from_env(), command=sys.argv[1:], limits=limits)
signal.signal(signal.SIGTERM, worker.stop)
worker.run()
"""
LONGEST_SECONDS = 120.0  # only a net under tests that wait for events: a loaded machine must not fail them


@pytest.fixture
def paths(paths):
    """The folders of every test, with a dataset folder to name; the stub trainer never looks inside."""
    (paths.data_dir / "photos").mkdir()
    return paths


@contextlib.contextmanager
def working(worker):
    """Lets a worker work in a thread of this process."""
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(LONGEST_SECONDS)


def is_idle(paths):
    return not jobs.jobs(paths) and not JobTable(paths).rows()


def work_off(paths, worker):
    """Until everything that waits is trained."""
    with working(worker):
        wait_until(lambda: is_idle(paths))


def look_once(worker):
    """A worker that starts, mends what it finds and ends."""
    worker.stop()
    worker.run()


@pytest.fixture
def worker(paths):
    """Works in threads of this process, once started; as a process of its own it is `start_worker`."""
    found = Worker(paths, COMMAND, LIMITS)
    with contextlib.ExitStack() as stack:
        found.start = lambda: stack.enter_context(working(found))
        yield found
        for job in jobs.jobs(paths):
            jobs.cancel(paths, job.run_id)
        wait_until(lambda: is_idle(paths))


@pytest.fixture
def start_worker(paths):
    """Starts `run_worker`'s worker as its own process; everything it leaves is killed at the end."""
    started = []

    def start():
        environment = {
            **os.environ,
            "TUSKSCOPE_DATA": str(paths.data_dir),
            "TUSKSCOPE_MODELS": str(paths.models_dir),
        }
        process = subprocess.Popen([sys.executable, "-c", WORKER, *COMMAND], cwd=PROJECT, env=environment)
        started.append(process)
        wait_until(lambda: jobs.worker_alive(paths))
        return process

    yield start
    for job in jobs.jobs(paths):
        if job.pid:
            kill_group(job.pid)
    for process in started:
        process.kill()
        process.wait(timeout=10)


def add(paths, run_id):
    return jobs.enqueue(paths, paths.data_dir / "photos", CONFIG, run_id)


def wait_until(condition):
    deadline = time.monotonic() + LONGEST_SECONDS
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"It did not happen within {LONGEST_SECONDS} seconds.")
        time.sleep(0.02)
    return result


def wait_for_state(paths, run_id, state):
    """Until it is published with this state; returns its status."""
    wait_until(lambda: (paths.models_dir / run_id).exists())
    assert jobs.status(paths, run_id).state == state
    return jobs.status(paths, run_id)


def wait_for_report(paths, run_id):
    """Until the trainer says that it fits; returns its status."""
    return wait_until(lambda: (job := jobs.status(paths, run_id)).stage == "fit" and job)


def kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def slot_is_free(paths):
    return not any(in_slot for _, in_slot in JobTable(paths).rows())


# --- queue -----------------------------------------------------------------------------------------------


def test_a_queued_run_is_trained_and_published(paths, worker):
    run_id = jobs.enqueue(paths, paths.data_dir / "photos", CONFIG)
    queued = jobs.status(paths, run_id)
    assert (queued.state, queued.queue_position, queued.pid) == ("queued", 1, None)
    assert "worker" in queued.message  # nobody works yet, and the page can say so
    work_off(paths, worker)
    done = jobs.status(paths, run_id)
    assert (done.state, done.fraction, done.message) == ("succeeded", 1.0, "")
    assert registry.load(paths, run_id).folder == paths.models_dir / run_id
    assert registry.load(paths, run_id).dataset.folder == "photos"
    assert jobs.jobs(paths) == [] and slot_is_free(paths)


def test_runs_wait_in_the_order_they_came_and_one_runs_at_a_time(paths, worker):
    for run_id in ("patient-1", "ok-2", "ok-3"):
        add(paths, run_id)
    assert [(job.run_id, job.queue_position) for job in jobs.jobs(paths)] == [
        ("patient-1", 1),
        ("ok-2", 2),
        ("ok-3", 3),
    ]
    worker.start()
    wait_for_report(paths, "patient-1")
    live = jobs.jobs(paths)
    assert [(job.run_id, job.state, job.queue_position) for job in live] == [
        ("patient-1", "running", None),
        ("ok-2", "queued", 1),
        ("ok-3", "queued", 2),
    ]
    assert live[0].run_id == "patient-1"
    (paths.models_dir / "go").touch()
    last = wait_for_state(paths, "ok-3", "succeeded")
    finished = {run.run_id: run.state for run in registry.runs(paths)}
    assert finished == {"patient-1": "succeeded", "ok-2": "succeeded", "ok-3": "succeeded"}
    assert last.started_at >= jobs.status(paths, "ok-2").started_at


def test_a_running_run_tells_how_far_it_is(paths, worker):
    add(paths, "hang-1")
    worker.start()
    job = wait_for_report(paths, "hang-1")
    assert (job.fraction, job.epoch, job.epochs, job.eta_seconds) == (0.25, 1, 4, 3.0)
    assert job.metrics == {"loss": 0.5}  # NaN is no number to show
    assert psutil.pid_exists(job.pid) and job.started_at


def test_T1_a_full_queue_refuses_the_next_run_and_leaves_nothing_of_it(paths):
    for number in range(MAX_WAITING):
        add(paths, f"ok-{number}")
    with pytest.raises(BusyError, match="16 trainings wait"):
        add(paths, "ok-16")
    assert len(jobs.jobs(paths)) == MAX_WAITING
    assert not staging_folder(paths, "ok-16").exists()


def test_T1_simultaneous_requests_never_pass_the_limit(paths):
    def attempt(number):
        try:
            return add(paths, f"ok-{number}")
        except BusyError:
            return None

    with ThreadPoolExecutor(24) as pool:
        accepted = [run_id for run_id in pool.map(attempt, range(40)) if run_id]
    assert len(accepted) == MAX_WAITING
    assert sorted(JobTable(paths).waiting()) == sorted(accepted)


def test_R13_simultaneous_starts_get_ids_of_their_own_even_where_few_are_left(paths, monkeypatch):
    few = threading.local()

    def token(_):
        few.next = getattr(few, "next", -1) + 1
        return f"{few.next % MAX_WAITING:04x}"

    monkeypatch.setattr("core.runs.staging.token_hex", token)
    with ThreadPoolExecutor(MAX_WAITING) as pool:
        made = list(pool.map(lambda _: add(paths, None), range(MAX_WAITING)))
    assert len(set(made)) == MAX_WAITING and sorted(JobTable(paths).waiting()) == sorted(made)


def test_T1_of_racing_processes_exactly_one_gets_the_slot(paths):
    for number in range(6):
        add(paths, f"ok-{number}")
    racer = """
import sys
from core.paths import Paths
from core.jobs.table import JobTable
table = JobTable(Paths.from_env())
print("ready", flush=True)
sys.stdin.readline()  # all at the same moment
print(table.take_next())
"""
    environment = {
        **os.environ,
        "TUSKSCOPE_DATA": str(paths.data_dir),
        "TUSKSCOPE_MODELS": str(paths.models_dir),
    }
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", racer],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    assert [process.stdout.readline() for process in racers] == ["ready\n"] * 6
    for process in racers:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=LONGEST_SECONDS)[0].strip() for process in racers]
    assert sorted(answers) == ["None"] * 5 + ["ok-0"]
    assert sum(in_slot for _, in_slot in JobTable(paths).rows()) == 1


def test_T2_the_same_run_id_is_queued_once(paths):
    add(paths, "ok-1")
    with pytest.raises(TrainingError, match="queued or running already"):
        add(paths, "ok-1")
    assert JobTable(paths).waiting() == ["ok-1"]


def test_a_missing_dataset_folder_is_refused_before_anything_is_queued(paths):
    with pytest.raises(DatasetError, match="nowhere"):
        jobs.enqueue(paths, paths.data_dir / "nowhere", CONFIG)
    assert jobs.jobs(paths) == []


def test_the_queue_file_holds_only_run_ids_and_no_pickle(paths):
    add(paths, "ok-1")
    with contextlib.closing(sqlite3.connect(paths.queue_file)) as connection:
        tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
        assert tables == {"job", "start", "sqlite_sequence"}
        assert connection.execute("select * from job").fetchall() == [(1, "ok-1", None)]


def test_a_queue_file_of_earlier_versions_is_read_in_its_order(paths, worker):
    for run_id in ("ok-1", "ok-2"):
        stage(paths, run_id, CONFIG, DatasetReference("photos", "photos"), "queued")
    paths.queue_file.parent.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(paths.queue_file, isolation_level=None)) as connection:
        connection.executescript(
            "pragma journal_mode = wal; create table task (id integer primary key, queue text, data blob);"
            "create table job (number integer primary key autoincrement, run_id text not null unique, slot text);"
            "create unique index one_job_a_slot on job (slot) where slot is not null;"
            "insert into job (run_id) values ('ok-2'), ('ok-1');"
        )
    assert JobTable(paths).waiting() == ["ok-2", "ok-1"]
    work_off(paths, worker)
    assert [jobs.status(paths, run_id).state for run_id in ("ok-1", "ok-2")] == ["succeeded"] * 2


def test_a_waiting_worker_is_woken_by_what_is_queued_and_does_not_hold_the_queue(paths, worker):
    assert Limits().poll_seconds < 1
    worker.start()
    wait_until(lambda: jobs.worker_alive(paths))
    table = JobTable(paths)
    with table.transaction():  # somebody writes: a worker that only looks needs no lock
        assert table.take_next() is None
    add(paths, "ok-1")
    wait_for_state(paths, "ok-1", "succeeded")


def test_a_worker_that_meets_trouble_with_the_queue_goes_on(paths, worker, monkeypatch):
    answers = iter([TrainingError("The job queue cannot be read or stays locked.")])
    take_next = worker._table.take_next

    def troubled(begin):
        for error in answers:
            raise error
        return take_next(begin)

    monkeypatch.setattr(worker._table, "take_next", troubled)
    add(paths, "ok-1")
    work_off(paths, worker)
    assert jobs.status(paths, "ok-1").state == "succeeded"


# --- cancelling ------------------------------------------------------------------------------------------


def test_T6_a_queued_run_is_cancelled_at_once_and_never_started(paths, worker):
    add(paths, "ok-1")
    add(paths, "ok-2")
    assert jobs.cancel(paths, "ok-1").state == "cancelled"
    assert jobs.status(paths, "ok-2").queue_position == 1
    work_off(paths, worker)
    assert jobs.status(paths, "ok-1").state == "cancelled"
    assert not registry.load(paths, "ok-1").log_tail()
    assert jobs.status(paths, "ok-2").state == "succeeded"


def test_T6_a_running_run_is_cancelled_even_if_it_ignores_the_request(paths, worker):
    add(paths, "stubborn-1")
    worker.start()
    pid = wait_for_report(paths, "stubborn-1").pid
    wait_until((staging_folder(paths, "stubborn-1") / "ready").exists)
    jobs.cancel(paths, "stubborn-1")
    done = wait_for_state(paths, "stubborn-1", "cancelled")
    assert Limits().poll_seconds + Limits().grace_seconds < 10
    assert done.message == "Cancelled." and not psutil.pid_exists(pid)
    wait_until(lambda: slot_is_free(paths))


def test_T6_cancelling_twice_or_after_the_end_changes_nothing(paths, worker):
    add(paths, "slow-1")
    worker.start()
    wait_for_report(paths, "slow-1")
    for _ in range(3):
        jobs.cancel(paths, "slow-1")
    wait_for_state(paths, "slow-1", "cancelled")
    assert jobs.cancel(paths, "slow-1").state == "cancelled"
    with pytest.raises(RunNotFoundError):
        jobs.cancel(paths, "no-such-run")


def test_T6_a_run_that_was_published_first_stays_succeeded(paths, worker):
    add(paths, "ok-1")
    work_off(paths, worker)
    assert jobs.cancel(paths, "ok-1").state == "succeeded"


# --- trainers that fail ----------------------------------------------------------------------------------


def test_T3_a_killed_trainer_is_failed_within_five_seconds_and_the_slot_is_free(paths, worker):
    add(paths, "slow-1")
    worker.start()
    pid = wait_for_report(paths, "slow-1").pid
    (staging_folder(paths, "slow-1") / "model.keras").write_bytes(b"half a model")
    os.kill(pid, signal.SIGKILL)
    failed = wait_for_state(paths, "slow-1", "failed")
    assert "killed (SIGKILL). It used 0." in failed.message and "GiB were free" in failed.message  # as measured
    assert Limits().poll_seconds < 5
    run = registry.load(paths, "slow-1")
    assert "killed (SIGKILL)" in run.log_tail().splitlines()[-1]
    assert "binary" in run.log_tail() and not (run.folder / "model.keras").exists()
    assert not staging_folder(paths, "slow-1").exists()
    wait_until(lambda: slot_is_free(paths))


@pytest.mark.parametrize(
    ("run_id", "message"),
    [
        ("error-1", "Expected two classes, but got one."),
        ("crash-1", "The training process ended with exit code 3 without a result."),
    ],
)
def test_a_failed_run_says_why_and_leaves_no_model(paths, worker, run_id, message):
    add(paths, run_id)
    work_off(paths, worker)
    failed = jobs.status(paths, run_id)
    assert failed.state == "failed" and failed.message.startswith(message)
    names = {path.name for path in (paths.models_dir / run_id).iterdir()}
    assert names == {"run.json", "log.txt", "progress.json", "process.json"}


def test_a_trainer_that_cannot_be_started_fails_its_run(paths):
    add(paths, "ok-1")
    work_off(paths, Worker(paths, ["/no/such/program"], LIMITS))
    assert jobs.status(paths, "ok-1").message == "The training process could not be started."
    assert slot_is_free(paths)


@pytest.mark.parametrize("run_id", ["hang-1", "mute-1"])
def test_T7_a_trainer_without_a_sign_of_life_is_killed(paths, run_id):
    add(paths, run_id)
    work_off(paths, Worker(paths, COMMAND, replace(LIMITS, stall_seconds=1.0, startup_seconds=1.5)))
    failed = jobs.status(paths, run_id)
    assert failed.state == "failed" and "stalled" in failed.message
    assert slot_is_free(paths)


def test_T8_a_trainer_that_takes_too_much_memory_is_stopped(paths):
    add(paths, "greedy-1")
    work_off(paths, Worker(paths, COMMAND, replace(LIMITS, memory_bytes=200 * 2**20)))
    failed = jobs.status(paths, "greedy-1")
    assert failed.state == "failed" and "at most 0.2 GiB of memory" in failed.message


def test_T16_the_trainer_is_niced_and_its_threads_are_set(paths, worker, monkeypatch):
    monkeypatch.setenv("TUSKSCOPE_TRAIN_THREADS", "1")
    add(paths, "hang-1")
    worker.start()
    pid = wait_for_report(paths, "hang-1").pid
    assert psutil.Process(pid).nice() == 15
    log = wait_until(lambda: registry.load(paths, "hang-1").log_tail())
    assert log.splitlines()[0] == "1 1"


# --- workers that die ------------------------------------------------------------------------------------


def test_T4_a_living_trainer_survives_its_worker_and_is_adopted_by_the_next(paths, start_worker):
    add(paths, "patient-1")
    first = start_worker()
    job = wait_for_report(paths, "patient-1")
    first.send_signal(signal.SIGKILL)
    first.wait(LONGEST_SECONDS)
    add(paths, "ok-2")
    assert jobs.status(paths, "patient-1").state == "running"
    second = start_worker()
    wait_until(lambda: read_process(staging_folder(paths, "patient-1")).worker.pid == second.pid)
    adopted = jobs.status(paths, "patient-1")
    assert (adopted.pid, adopted.started_at) == (job.pid, job.started_at)
    assert jobs.status(paths, "ok-2").state == "queued"  # no second training beside it
    (paths.models_dir / "go").touch()
    wait_for_state(paths, "patient-1", "succeeded")
    wait_for_state(paths, "ok-2", "succeeded")
    second.send_signal(signal.SIGTERM)
    assert second.wait(LONGEST_SECONDS) == 0
    assert not jobs.worker_alive(paths)


def test_T15_a_worker_that_is_stopped_politely_leaves_the_training_and_the_next_one_ends_it(paths, start_worker):
    add(paths, "patient-1")
    first = start_worker()
    pid = wait_for_report(paths, "patient-1").pid
    first.send_signal(signal.SIGTERM)
    assert first.wait(LONGEST_SECONDS) == 0
    assert psutil.pid_exists(pid) and jobs.status(paths, "patient-1").state == "running"
    (paths.models_dir / "go").touch()
    start_worker()
    wait_for_state(paths, "patient-1", "succeeded")
    wait_until(lambda: is_idle(paths))


def test_T17_of_a_huge_log_with_binary_and_colour_codes_only_the_end_is_read(paths):
    run = stage(paths, "ok-1", CONFIG, DatasetReference("photos", "photos"), "running")
    with (run.folder / "log.txt").open("wb") as file:
        file.seek(100 * 2**20)
        file.write(b"\xff\x00\x1b[31mthe last line\n")
    assert len(run.log_tail()) <= 65_536 and run.log_tail().endswith("the last line\n")
    assert why_ended("It", 1, run.folder / "log.txt").endswith("[31mthe last line")


def test_T5_after_both_died_the_run_goes_on_where_it_stopped_and_then_the_queue(paths, start_worker):
    add(paths, "once-1")
    add(paths, "ok-2")
    first = start_worker()
    pid = wait_for_report(paths, "once-1").pid
    wait_until((paths.models_dir / "again").exists)
    first.send_signal(signal.SIGKILL)
    first.wait(LONGEST_SECONDS)
    kill_group(pid)
    waiting = wait_until(lambda: (job := jobs.status(paths, "once-1")).state == "queued" and job)
    assert "interrupted; it goes on where it stopped" in waiting.message and "worker" in waiting.message
    start_worker()
    wait_for_state(paths, "ok-2", "succeeded")
    done = jobs.status(paths, "once-1")
    assert (done.state, done.message) == ("succeeded", "Resumed after an interruption, start 2 of at most 3.")
    run = registry.load(paths, "once-1")
    assert "found b'epoch 7' start 2" in run.log_tail() and not (run.folder / "model.keras").exists()


def test_T5_a_run_that_is_interrupted_again_and_again_fails(paths):
    run = stage(paths, "ok-1", CONFIG, DatasetReference("photos", "photos"), "running")
    me = ProcessIdentity.of()
    dead = replace(me, started=0.0)
    for attempt, state in ((1, "queued"), (2, "queued"), (3, "failed")):
        write(run, state="running")
        write_process(run.folder, JobProcess(dead, dead, "2026-01-01T00:00:00+00:00", attempt))
        assert jobs.status(paths, "ok-1").state == state  # even before a worker looks
        look_once(Worker(paths, COMMAND, LIMITS))
        assert jobs.status(paths, "ok-1").state == state
    assert "interrupted" in jobs.status(paths, "ok-1").message and slot_is_free(paths)


def test_T6_an_interrupted_run_that_was_cancelled_does_not_go_on(paths):
    run = stage(paths, "ok-1", CONFIG, DatasetReference("photos", "photos"), "running")
    dead = replace(ProcessIdentity.of(), started=0.0)
    write_process(run.folder, JobProcess(dead, dead, "2026-01-01T00:00:00+00:00"))
    request_cancel(run.folder)
    look_once(Worker(paths, COMMAND, LIMITS))
    assert jobs.status(paths, "ok-1").state == "cancelled"


def test_T5_a_reused_pid_is_not_taken_for_the_trainer(paths):
    add(paths, "ok-1")
    assert JobTable(paths).take_next() == "ok-1"
    run = write(registry.load(paths, "ok-1"), state="running")
    reused = replace(ProcessIdentity.of(), started=time.time() - 86_400)
    write_process(run.folder, JobProcess(reused, reused, "2026-01-01T00:00:00+00:00"))
    look_once(Worker(paths, COMMAND, LIMITS))
    assert "interrupted" in jobs.status(paths, "ok-1").message
    assert slot_is_free(paths)


def test_T4_a_run_of_a_living_worker_is_left_alone(paths):
    run = stage(paths, "ok-1", CONFIG, DatasetReference("photos", "photos"), "running")
    other = ProcessIdentity.of(os.getppid())
    dead = replace(other, started=0.0)
    write_process(run.folder, JobProcess(trainer=dead, worker=other, started_at="2026-01-01T00:00:00+00:00"))
    look_once(Worker(paths, COMMAND, LIMITS))
    assert jobs.status(paths, "ok-1").state == "running"


def test_T4_a_setting_of_the_clock_makes_nobody_dead(paths, monkeypatch):
    me = ProcessIdentity.of()
    set_by = 600.0
    created, booted = psutil.Process.create_time, psutil.boot_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: created(process) + set_by)
    monkeypatch.setattr(psutil, "boot_time", lambda: booted() + set_by)
    assert me.is_alive


def test_T14_a_run_of_another_machine_is_left_alone_while_it_reports(paths):
    run = stage(paths, "ok-1", CONFIG, DatasetReference("photos", "photos"), "running")
    elsewhere = ProcessIdentity(host="not-" + socket.gethostname(), pid=1, started=0.0)
    write_process(run.folder, JobProcess(elsewhere, elsewhere, "2026-01-01T00:00:00+00:00"))
    ProgressFile(run.folder)
    look_once(Worker(paths, COMMAND, LIMITS))
    assert jobs.status(paths, "ok-1").state == "running"


def test_T5_a_run_whose_worker_died_before_it_began_waits_again_after_a_restart(paths):
    add(paths, "ok-1")
    assert JobTable(paths).take_next() == "ok-1"  # a worker took it and died at once
    work_off(paths, Worker(paths, COMMAND, LIMITS))
    assert jobs.status(paths, "ok-1").state == "succeeded"


def test_T18_a_damaged_queue_file_is_set_aside_and_the_queue_rebuilt_from_the_runs(paths):
    add(paths, "ok-1")
    for path in paths.shared_cache_dir.glob("queue.sqlite-*"):
        path.unlink()
    paths.queue_file.write_bytes(b"this is no database" * 1000)
    assert jobs.status(paths, "ok-1").state == "queued"
    with pytest.raises(TrainingError, match="queue"):
        add(paths, "ok-2")
    work_off(paths, Worker(paths, COMMAND, LIMITS))
    assert jobs.status(paths, "ok-1").state == "succeeded"
    (kept,) = paths.shared_cache_dir.glob("queue.sqlite.damaged-*")
    assert kept.read_bytes().startswith(b"this is no database")


def test_the_remains_of_a_crash_are_swept_but_nothing_that_lives(paths):
    half_deleted = paths.models_dir / ".deleted-old-run"
    half_deleted.mkdir()
    (half_deleted / "model.keras").write_text("x")
    stale, fresh = paths.models_dir / ".active.abc.tmp", paths.models_dir / ".active.def.tmp"
    for path in (stale, fresh):
        path.write_text("x")
    os.utime(stale, (0, 0))
    empty_stage = paths.models_dir / ".staging-half-made"
    empty_stage.mkdir()
    os.utime(empty_stage, (0, 0))
    look_once(Worker(paths, COMMAND, LIMITS))
    assert [path.name for path in paths.models_dir.iterdir()] == [fresh.name]


def test_a_training_at_a_terminal_is_buried_when_its_process_is_gone(paths):
    run = stage(paths, "at-a-terminal", CONFIG, DatasetReference("photos", "photos"), "running")
    ProgressFile(run.folder)
    content = json.loads((run.folder / "progress.json").read_text())
    content["process"]["started"] -= 1000
    (run.folder / "progress.json").write_text(json.dumps(content))
    assert jobs.status(paths, "at-a-terminal").state == "failed"
    look_once(Worker(paths, COMMAND, LIMITS))
    assert registry.load(paths, "at-a-terminal").state == "failed"


# --- progress and liveness -------------------------------------------------------------------------------


def test_T19_a_half_written_progress_file_never_breaks_a_reader(paths, tmp_path):
    report = ProgressFile(tmp_path)
    report(Progress("fit", 5, 10))
    whole = (tmp_path / "progress.json").read_bytes()
    (tmp_path / ".progress.json.tmp").write_bytes(whole[:20])  # the next one, half written: the old one counts
    assert read_progress(tmp_path).progress.done == 5
    for length in range(len(whole)):
        (tmp_path / "progress.json").write_bytes(whole[:length])
        assert read_progress(tmp_path) is None
    for content in ("null", "[]", '{"done": "x"}', "\ufeff{}"):
        (tmp_path / "progress.json").write_text(content, encoding="utf-8")
        assert read_progress(tmp_path) is None
    (tmp_path / "progress.json").unlink()
    assert read_progress(tmp_path) is None


def test_progress_is_written_at_most_four_times_a_second_but_never_misses_a_landmark(tmp_path):
    report = ProgressFile(tmp_path)
    report(Progress("fit", 0, 1000))
    for step in range(1, 500):
        report(Progress("fit", step, 1000))
    assert read_progress(tmp_path).progress.done < 499
    report(Progress("fit", 1000, 1000))
    assert read_progress(tmp_path).progress.fraction == 1.0
    report(Progress("evaluate"))
    assert read_progress(tmp_path).progress.stage == "evaluate"


def test_progress_after_publication_does_not_bring_the_folder_back(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    report = ProgressFile(folder)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    report(Progress("evaluate"))
    assert not folder.exists()


@pytest.mark.parametrize(("done", "total", "fraction"), [(0, 0, 0.0), (1, 4, 0.25), (9, 4, 1.0), (-1, 4, 0.0)])
def test_the_fraction_stays_between_nothing_and_everything(done, total, fraction):
    assert Progress("fit", done, total).fraction == fraction


def test_a_silent_or_dead_worker_is_not_alive(paths):
    assert not jobs.worker_alive(paths)
    file = paths.shared_cache_dir / "worker.json"
    file.parent.mkdir(parents=True)
    me = ProcessIdentity.of()
    file.write_text(json.dumps({"process": asdict(me), "at": time.time()}))
    assert jobs.worker_alive(paths)
    file.write_text(json.dumps({"process": asdict(me), "at": time.time() - 600}))
    assert jobs.worker_alive(paths)  # its process is there, whatever the clocks say
    file.write_text(json.dumps({"process": asdict(replace(me, started=0.0)), "at": time.time()}))
    assert not jobs.worker_alive(paths)
    file.write_text("{")
    assert not jobs.worker_alive(paths)
