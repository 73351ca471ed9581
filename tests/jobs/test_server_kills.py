"""API and pages killed at any moment beside a training: it goes on untouched, the same run serves again."""

import http.client
import os
import random
import subprocess
import sys
import threading
import time

import pytest
import server_process

from core.jobs import queue as jobs
from core.jobs.staged import JobProcess, write_process
from core.process_identity import ProcessIdentity
from core.runs import registry
from core.runs.contents import DatasetReference
from core.runs.presets import preset
from core.runs.staging import stage

ROUNDS = [pytest.param(2, id="few"), pytest.param(20, id="many", marks=pytest.mark.long)]
PAGES = ["-m", "streamlit", "run", "streamlit_app/app.py", "--server.headless=true", "--browser.gatherUsageStats=false"]


@pytest.fixture
def training(trained_paths):
    """A training in a process of its own, watched by this one."""
    trainer = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    run = stage(trained_paths, "beside", preset("quick"), DatasetReference("world", "world"), "running")
    identity = ProcessIdentity.of(trainer.pid)
    write_process(run.folder, JobProcess(identity, ProcessIdentity.of(), "2026-01-01T00:00:00+00:00"))
    yield trainer
    trainer.kill()
    trainer.wait()
    jobs.finish(trained_paths, "beside", "cancelled", "The test is over.")
    registry.delete(trained_paths, "beside")


def state(paths):
    served = registry.active(paths)
    served.verify()
    return served.run_id, served.files, jobs.status(paths, "beside").pid, jobs.status(paths, "beside").state


@pytest.mark.slow
@pytest.mark.parametrize("rounds", ROUNDS)
def test_K3_a_killed_api_serves_the_same_run_again_beside_the_same_training(
    quick_run, trained_paths, training, rounds, note_figure
):
    before, moments, answered = state(trained_paths), random.Random(3), 0
    photo = next((trained_paths.data_dir / "world" / "test").rglob("*.png")).read_bytes()
    for _ in range(rounds):
        running, port = server_process.api(trained_paths)

        def ask(port, ended, statuses):
            while not ended.is_set():
                try:
                    statuses.append(server_process.post(port, photo)[0])
                except (OSError, http.client.HTTPException):
                    return  # it was killed

        statuses, ended = [], threading.Event()
        with running as server:
            clients = [threading.Thread(target=ask, args=(port, ended, statuses)) for _ in range(4)]
            for client in clients:
                client.start()
            time.sleep(moments.random())
            server.kill()
            ended.set()
            for client in clients:
                client.join()
        assert set(statuses) <= {200} and state(trained_paths) == before and training.poll() is None
        answered += len(statuses)
    if rounds >= 20:
        note_figure(
            "K3", f"{rounds} kills of the API: {answered:,} predictions answered, 0 failed; same run, same training"
        )


@pytest.mark.slow
@pytest.mark.parametrize("rounds", ROUNDS)
def test_K3_killed_pages_leave_training_and_served_run_alone(quick_run, trained_paths, training, rounds):
    before, moments = state(trained_paths), random.Random(4)
    folders = {"TUSKSCOPE_MODELS": str(trained_paths.models_dir), "TUSKSCOPE_DATA": str(trained_paths.data_dir)}
    for _ in range(rounds):
        port = server_process.free_port()
        pages = subprocess.Popen(
            [sys.executable, *PAGES, f"--server.port={port}"],
            cwd=server_process.ROOT,
            env={**os.environ, **folders},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + 120
            while time.monotonic() < deadline and pages.poll() is None:
                try:
                    if server_process.get(port, "/_stcore/health")[0] == 200:
                        break
                except OSError:
                    time.sleep(0.1)
            assert server_process.get(port, "/")[0] == 200
            time.sleep(moments.random())
        finally:
            pages.kill()
            pages.wait()
        assert state(trained_paths) == before and training.poll() is None
