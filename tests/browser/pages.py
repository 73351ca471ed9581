"""Starting the real pages for a real browser."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = os.environ.get("TUSKSCOPE_CHROMIUM", "/usr/bin/chromium")


@contextmanager
def running_pages(root: Path, *more_commands: list[str]) -> Iterator[str]:
    """Runs the pages (and other commands) on the folders `data` and `models` below `root`; gives their address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "TUSKSCOPE_DATA": str(root / "data"), "TUSKSCOPE_MODELS": str(root / "models")}
    pages = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "streamlit_app/app.py",
        "--server.headless",
        "true",
        "--server.port",
        str(port),
    ]
    processes = []
    with (root / "log.txt").open("w") as log:
        try:
            for command in (pages, *more_commands):
                processes.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log))
            (root / "pid").write_text(str(processes[0].pid), encoding="ascii")
            wait_for(f"http://localhost:{port}/_stcore/health")
            yield f"http://localhost:{port}"
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(20)


def wait_for(url: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except OSError:
            time.sleep(0.5)
    pytest.fail("The pages did not start.")
