"""S1: minutes of mixed load leave nothing behind; S3: the same measurement finds a leak that was planted."""

import contextlib
import http.client
import os
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass

import numpy as np
import psutil
import pytest
import server_process
from api_fakes import photo

SECONDS = int(
    os.environ.get("TUSKSCOPE_SOAK_SECONDS", "600")
)  # less is for trying it out: a process settles for minutes
CONTROL_SECONDS = min(SECONDS, 90)
CLIENTS = 4
MOST_GROWTH, MOST_A_MINUTE = 30.0, 3.0  # MiB; what a process takes by chance differs by some MiB from minute to minute
SOUND = "from api.__main__ import main\nmain()"
LEAKY = """
import api.__main__ as server
create, kept = server.create_app, []
def create_leaky(**words):
    app = create(**words)
    app.before_request(lambda: kept.append(b"x" * 65536))
    return app
server.create_app = create_leaky
server.main()
"""


@dataclass(frozen=True)
class Soak:
    """What was measured.

    Attributes:
        statuses: Answers by status, and what came instead of one by its name.
        growth: MiB, median of the last fifth of the time against that of the second fifth.
        slope: MiB a minute, over the last four fifths.
        opened: More files and sockets open than after the first fifth, when all is still again.
        threads: The same of threads.
        files: Temporary files that were left.
    """

    statuses: Counter
    growth: float
    slope: float
    opened: int
    threads: int
    files: int

    @property
    def is_steady(self) -> bool:
        small = self.growth <= MOST_GROWTH and self.slope <= MOST_A_MINUTE
        return small and self.opened <= 2 and self.threads <= 1 and self.files == 0


def requests() -> list[tuple[int, str, str, bytes | None]]:
    """How often, method, path and body: 70 % predictions, 10 % explanations, 10 % damaged, 5 % of runs and data."""
    picture, boundary = photo("JPEG", (1600, 1200)), photo("PNG")
    return [
        (50, "POST", "/api/v1/predictions", picture),
        (20, "POST", "/api/v1/predictions?explain=1", boundary),
        (7, "POST", "/api/v1/explanations", picture),
        (3, "POST", "/api/v1/explanations?format=json", boundary),
        (10, "POST", "/api/v1/predictions", picture[:3000]),
        (2, "GET", "/api/v1/runs", None),
        (2, "GET", "/api/v1/datasets/world/photos", None),
        (1, "GET", "/metrics", None),
    ]


def ask(port: int, until: float, statuses: Counter, number: int) -> None:
    chance, known = random.Random(number), requests()
    while time.monotonic() < until:
        (_, method, path, body) = chance.choices(known, [weight for weight, *_ in known])[0]
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        with contextlib.closing(client):
            try:
                client.request(method, path, body, server_process.JPEG if body else {})
                if chance.random() < 0.05:
                    continue  # goes away without the answer
                answer = client.getresponse()
                answer.read()
                statuses[answer.status] += 1
            except (OSError, http.client.HTTPException) as error:
                statuses[type(error).__name__] += 1


def soak(paths, program: str, seconds: float, scratch) -> Soak:
    port = server_process.free_port()
    scratch.mkdir()
    folders = {
        "TUSKSCOPE_MODELS": str(paths.models_dir),
        "TUSKSCOPE_DATA": str(paths.data_dir),
        "TUSKSCOPE_API_RATE": "0",
        "TMPDIR": str(scratch),
    }
    command = [sys.executable, "-c", program, "--port", str(port)]
    with server_process.running(command, port, **folders) as server:
        for method, path, body in {item[1:] for item in requests()}:  # what is loaded once is no leak
            for _ in range(3):
                server_process.call(port, method, path, body)
        process, statuses = psutil.Process(server.pid), Counter()
        start = time.monotonic()
        clients = [
            threading.Thread(target=ask, args=(port, start + seconds, statuses, number)) for number in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        samples, counted = [], None
        while (passed := time.monotonic() - start) < seconds:
            samples.append((passed, process.memory_info().rss / 2**20))
            if passed > seconds / 5 and counted is None:
                counted = process.num_fds() - CLIENTS, process.num_threads()
            time.sleep(0.5)
        for client in clients:
            client.join(120)
        deadline = time.monotonic() + 30
        while process.num_fds() > counted[0] + 2 and time.monotonic() < deadline:
            time.sleep(0.2)  # connections that were left are closed within twenty seconds
        opened, threads = process.num_fds() - counted[0], process.num_threads() - counted[1]
    times, memory = np.array(samples).T
    share = times / seconds
    growth = np.median(memory[share > 0.8]) - np.median(memory[(share > 0.2) & (share < 0.4)])
    slope = np.polyfit(times[share > 0.2] / 60, memory[share > 0.2], 1)[0]
    left = sum(len(files) for _, _, files in os.walk(scratch))
    return Soak(statuses, float(growth), float(slope), opened, threads, left)


@pytest.mark.long
def test_S1_minutes_of_mixed_load_leave_nothing_behind(quick_run, trained_paths, tmp_path, note_figure):
    found = soak(trained_paths, SOUND, SECONDS, tmp_path / "scratch")
    assert found.is_steady, found
    assert set(found.statuses) <= {200, 422, 503} and found.statuses[200] > SECONDS / 2, found
    note_figure(
        "S1",
        f"{sum(found.statuses.values()):,} answers in {SECONDS} s: memory {found.growth:+.1f} MiB, "
        f"{found.slope:+.2f} MiB a minute; no file, thread or connection more",
    )


@pytest.mark.long
def test_S3_the_same_measurement_finds_a_leak_of_64_kib_a_request(quick_run, trained_paths, tmp_path, note_figure):
    found = soak(trained_paths, LEAKY, CONTROL_SECONDS, tmp_path / "scratch")
    assert not found.is_steady, found
    note_figure("S3", f"found: memory {found.slope:+.0f} MiB a minute")
