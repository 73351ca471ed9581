"""Real servers in processes of their own, on free ports of this machine."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

ROOT = Path(__file__).resolve().parent.parent
JPEG = {"Content-Type": "image/jpeg"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port: int, path: str) -> tuple[int, bytes]:
    return call(port, "GET", path)


def call(port: int, method: str, path: str, photo: bytes | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request(method, path, photo, JPEG if photo else {})
        answer = connection.getresponse()
        return answer.status, answer.read()


def post(port: int, photo: bytes, path: str = "/api/v1/predictions") -> tuple[int, dict, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", path, photo, {"Content-Type": "image/png"})
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read()


@contextlib.contextmanager
def running(command: list[str], port: int, **environment: str) -> Iterator[subprocess.Popen]:
    """A server that answers `/health/live` on `port`; ended with SIGTERM unless the block did that."""
    with tempfile.TemporaryFile() as log:  # a pipe that nobody reads would stop the server when it is full
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log)
        try:
            _await(process, port, log)
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(30)


def _await(process: subprocess.Popen, port: int, log: BinaryIO) -> None:
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError):
            if get(port, "/health/ready")[0] == 200:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            log.seek(0)
            raise AssertionError(log.read().decode(errors="replace")[-2000:])
        time.sleep(0.1)


def api(paths, **environment: str):
    """`python -m api` on a free port: the context manager and the port."""
    port = free_port()
    folders = {"TUSKSCOPE_MODELS": str(paths.models_dir), "TUSKSCOPE_DATA": str(paths.data_dir)}
    return running([sys.executable, "-m", "api", "--port", str(port)], port, **folders, **environment), port


def copy_run(source: Path, folder: Path, run_id: str, class_names: list[str]) -> None:
    """A run under another id whose classes have other names: its answers betray which run gave them."""
    shutil.copytree(source, folder / run_id)
    file = folder / run_id / "run.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "run_id": run_id, "class_names": class_names}))
