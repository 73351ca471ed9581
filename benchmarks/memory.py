"""How much memory the API takes under mixed load: everything it offers, asked by several clients at once."""

import http.client
import json
import random
import tempfile
import threading
import time
from base64 import b64encode
from collections import Counter
from pathlib import Path

from benchmarks.serving import api_server, drawn_jpeg
from core.paths import Paths
from core.sample.drawn_dataset import draw_sample

_CLIENTS = 8
_EVERY_SECONDS = 1.0
_PREDICTIONS = "/api/v1/predictions"
_Request = tuple[str, str, bytes | None, str]


def measure(folder: Path | None = None, seconds: float = 120) -> dict:
    """Asks a server of its own for two minutes.

    Args:
        folder: A dataset; the drawn sample if not given.
        seconds: How long.

    Returns:
        `start_mib`, `largest_mib`, `end_mib`: resident memory; `largest_without_datasets_mib`: of the first half, in
        which only predictions, explanations, pages and runs are asked for. `statuses`, and what was `loaded`.
    """
    with tempfile.TemporaryDirectory() as scratch:
        data = folder.resolve() if folder else Path(scratch) / "sample"
        if not folder:
            draw_sample(data)
        statuses: Counter[int] = Counter()
        with api_server(TUSKSCOPE_DATA=str(data.parent), TUSKSCOPE_MODELS=str(Paths.from_env().models_dir)) as server:
            start = server.memory
            serving, reading = _requests(data.name)
            halves = [_load(server, requests, seconds / 2, statuses) for requests in (serving, serving + reading)]
            loaded = [name for name in ("pandas", "pyarrow", "scipy", "sklearn", "tensorflow") if server.has(name)]
            time.sleep(2)
            return {
                "start_mib": start,
                "largest_without_datasets_mib": max(halves[0]),
                "largest_mib": max(halves[1]),
                "end_mib": server.memory,
                "statuses": {str(status): count for status, count in sorted(statuses.items())},
                "loaded": loaded,
            }


def _load(server, requests: list[_Request], seconds: float, statuses: Counter[int]) -> list[float]:
    """Asks at random for so long; resident memory every second, in MiB."""
    until, found = time.monotonic() + seconds, []

    def ask_on(number: int) -> None:
        chosen = random.Random(number)
        while time.monotonic() < until:
            method, path, body, kind = chosen.choice(requests)
            client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            try:
                client.request(method, path, body, {"Content-Type": kind} if body else {})
                answer = client.getresponse()
                answer.read()
                statuses[answer.status] += 1
            except OSError:
                statuses[0] += 1
            client.close()

    threads = [threading.Thread(target=ask_on, args=(number,)) for number in range(_CLIENTS)]
    for thread in threads:
        thread.start()
    while time.monotonic() < until:
        time.sleep(_EVERY_SECONDS)
        found.append(server.memory)
    for thread in threads:
        thread.join()
    return found


def _requests(name: str) -> tuple[list[_Request], list[_Request]]:
    """What is asked without a dataset, and what about one."""
    small, large = drawn_jpeg(), drawn_jpeg((4000, 3000))
    text = b64encode(small).decode()
    json_type, dataset = "application/json", f"/api/v1/datasets/{name}"
    form = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n' + small + b"\r\n--x--\r\n"
    posts = [
        (_PREDICTIONS, small, "image/jpeg"),
        (_PREDICTIONS, large, "image/jpeg"),
        (_PREDICTIONS, small[:5000], "image/jpeg"),
        (_PREDICTIONS + "?explain=1", json.dumps({"images": [text] * 4}).encode(), json_type),
        ("/api/v1/explanations", large, "image/jpeg"),
        ("/api/v1/explanations?format=json", small, "image/jpeg"),
        ("/v1/models/tuskscope:predict", json.dumps({"instances": [{"b64": text}] * 4}).encode(), json_type),
        ("/", form, "multipart/form-data; boundary=x"),
    ]
    runs = ("/", "/health/ready", "/api/v1/runs", "/metrics", "/openapi.json", "/api/v1/promotions")
    about = ("/statistics", "/photos?limit=1000", "/suspects", "/decisions", "")
    return (
        [("POST", *request) for request in posts] + [("GET", path, None, "") for path in runs],
        [("GET", dataset + path, None, "") for path in about],
    )
