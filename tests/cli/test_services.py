"""`python -m core app`: three processes that start together, end together, and say which one died."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from core.cli.services import Service, run_together
from core.errors import ProcessFailedError
from core.jobs import queue as jobs

ROOT = Path(__file__).resolve().parent.parent.parent
LONGEST_SECONDS = 300.0
WEB = Service("The web server", "http.server", ("0", "--bind", "127.0.0.1"))


def wait_until(condition):
    deadline = time.monotonic() + LONGEST_SECONDS
    while not (result := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return result


def started() -> list[psutil.Process]:
    """The web servers that this process started and that still run."""
    return [
        process
        for process in psutil.Process().children()
        if process.status() != psutil.STATUS_ZOMBIE and "http.server" in process.cmdline()
    ]


def test_one_that_dies_is_named_and_ends_the_others(paths):
    broken = Service("The broken one", "core", ("no-such-command",))
    with pytest.raises(ProcessFailedError, match="The broken one ended with exit code 2 .* The others were stopped"):
        run_together([WEB, broken], paths, threading.Event())
    assert started() == []


def test_all_end_when_they_are_told_to(paths):
    ended = threading.Event()
    thread = threading.Thread(target=run_together, args=([WEB, WEB], paths, ended))
    thread.start()
    wait_until(lambda: len(started()) == 2)
    ended.set()
    thread.join(LONGEST_SECONDS)
    assert not thread.is_alive() and started() == []


def free_ports() -> list[int]:
    with socket.socket() as one, socket.socket() as other:
        for port in (one, other):
            port.bind(("127.0.0.1", 0))
        return [port.getsockname()[1] for port in (one, other)]


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.mark.slow
def test_the_app_starts_pages_api_and_worker_and_ctrl_c_stops_them(paths):
    (paths.data_dir / "sample").mkdir()  # nothing is drawn where it lies already
    ui_port, api_port = free_ports()
    process = subprocess.Popen(
        [sys.executable, "-m", "core", "app", "--ui-port", str(ui_port), "--api-port", str(api_port)],
        cwd=ROOT,
        env={**os.environ, "TUSKSCOPE_DATA": str(paths.data_dir), "TUSKSCOPE_MODELS": str(paths.models_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_until(lambda: answers(f"http://localhost:{ui_port}/_stcore/health"))
        wait_until(lambda: answers(f"http://localhost:{api_port}/health/live"))
        wait_until(lambda: jobs.worker_alive(paths))
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 3
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=LONGEST_SECONDS)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, said
    assert f"http://localhost:{ui_port}" in said and f"http://localhost:{api_port}/api/v1" in said
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    assert not list((paths.data_dir / "sample").iterdir())
