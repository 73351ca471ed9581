"""What serving costs: bare engines, our predictor, our API and a plain Flask + Keras server, in turn in one run."""

import contextlib
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import psutil
from PIL import Image

from benchmarks.engines import litert, others, throughput
from benchmarks.timing import percentiles_ms
from core.dataset.images import decode
from core.explanation.heatmap import explain
from core.paths import Paths
from core.prediction.predictor import Predictor, available_cores
from core.runs import registry
from core.runs.folder import Run

_ROUNDS = 80  # timed calls of each engine
_TURNS = 5  # of raw invokes against the API; a busy moment then hits both
_TURN_SECONDS = 2.5
_REQUESTS = 10_000  # after which the API's memory is read
_PATIENCE_SECONDS = 190  # until then; a busy machine answers fewer requests, and the result says how many
_API = "/api/v1/predictions"


def measure(folder: Path | None = None) -> dict:
    """Measures the served run with one drawn 800 x 600 JPEG; takes up to four minutes.

    Returns:
        `latency_ms`: p50 and p99 of a lone call by engine, `ours` being decode + prediction + heat map from the file's
        bytes. `throughput`: a second, of raw invokes on all cores (one pass with all threads, or one a core), of the
        API with 1, 8 and 32 clients and of the plain server with 1 and 8; with p50 and p99 at the client. `memory_mib`
        of both servers. `processor_ms` of a raw invoke and of a request: what a busy machine distorts least. `ratios`:
        those of docs/performance.md. `left_out`: engines that are not installed.
    """
    started = time.monotonic()
    run = registry.active(Paths.from_env())
    cores = available_cores()
    with tempfile.TemporaryDirectory() as scratch:
        photo = Path(scratch) / "photo.jpg"
        photo.write_bytes(drawn_jpeg())
        latency, left_out = _latency(run, photo.read_bytes(), Path(scratch), cores)
        with api_server() as api:
            speeds, processor, ratio = _turns(run, api, photo, cores)
            speeds["api_1_client"] = _clients(api.port, _API, photo, 1, 5)
            speeds["api_32_clients"] = _clients(api.port, _API, photo, 32, 5)
            before = sum(item["requests"] for item in speeds.values() if isinstance(item, dict))
            used = api.processor_seconds
            left = max(20, _PATIENCE_SECONDS - (time.monotonic() - started))
            more = _clients(api.port, _API, photo, 8, left, max(1, _REQUESTS - before))
            processor["api"] = 1000 * (api.processor_seconds - used) / more["requests"]
            memory = {
                "api": api.memory,
                "api_requests": before + more["requests"],
                "tensorflow_loaded": api.has("tensorflow"),
            }
        with _plain(run) as plain:
            _clients(plain.port, "/predict", photo, 1, 1)  # traces
            speeds["plain_1_client"] = _clients(plain.port, "/predict", photo, 1, 5)
            used = plain.processor_seconds
            speeds["plain_8_clients"] = answers = _clients(plain.port, "/predict", photo, 8, 8)
            processor["plain"] = 1000 * (plain.processor_seconds - used) / answers["requests"]
            memory["plain"] = plain.memory
    ratios = {
        "ours_to_raw_p50": latency["ours"]["p50"] / latency["litert"]["p50"],
        "api_8_clients_to_raw_per_second": ratio,
        "api_to_plain_per_second": speeds["api_8_clients"]["per_second"] / speeds["plain_8_clients"]["per_second"],
        "raw_to_api_processor": min(processor["raw_all_threads"], processor["raw_one_each"]) / processor["api"],
        "plain_to_api_processor": processor["plain"] / processor["api"],
    }
    return {
        "run_id": run.run_id,
        "image_size": list(run.image_size),
        "cores": cores,
        "latency_ms": latency,
        "throughput": speeds,
        "processor_ms": processor,
        "memory_mib": memory,
        "ratios": ratios,
        "left_out": left_out,
    }


def drawn_jpeg(size: tuple[int, int] = (800, 600)) -> bytes:
    """A drawn picture with the detail of a photo: `size` is `(width, height)`, about 100 KB."""
    random = np.random.default_rng(0)
    coarse = Image.fromarray(random.integers(0, 256, (24, 32, 3), dtype=np.uint8))
    coarse = coarse.resize(size, Image.Resampling.BICUBIC)
    pixels = np.clip(np.asarray(coarse) + random.normal(0, 6, (size[1], size[0], 3)), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _latency(run: Run, jpeg: bytes, scratch: Path, cores: int) -> tuple[dict, dict]:
    predictor = Predictor(run)
    image = decode(jpeg)
    prediction = predictor.predict([image])[0]
    foreign, left_out = others(run, scratch, cores)
    return percentiles_ms(
        {
            "litert": litert(run, cores),
            "litert_1_thread": litert(run, 1),
            **foreign,
            "ours": lambda: explain(decode(jpeg), None, "class_map", predictor),
            "ours_decode": lambda: decode(jpeg),
            "ours_predict": lambda: predictor.predict([image]),
            "ours_heat_map": lambda: explain(image, None, "class_map", predictor, prediction),
        },
        _ROUNDS,
    ), left_out


def _turns(run: Run, api: "_Server", photo: Path, cores: int) -> tuple[dict, dict, float]:
    """Raw invokes and the API in turn: median speeds, processor time of the raw ones, median ratio of the turns."""
    ways = {"raw_all_threads": [litert(run, cores)], "raw_one_each": [litert(run, 1) for _ in range(cores)]}
    raw: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    answers, ratios = [], []
    _clients(api.port, _API, photo, 8, 1)
    for _ in range(_TURNS):
        for name, calls in ways.items():
            raw[name].append(throughput(calls, _TURN_SECONDS))
        answers.append(_clients(api.port, _API, photo, 8, _TURN_SECONDS))
        ratios.append(answers[-1]["per_second"] / max(values[-1][0] for values in raw.values()))
    middle = sorted(answers, key=lambda answer: answer["per_second"])[_TURNS // 2]
    middle["requests"] = sum(answer["requests"] for answer in answers)
    speeds, processor = (
        {name: median(value[kind] for value in values) for name, values in raw.items()} for kind in (0, 1)
    )
    return {**speeds, "api_8_clients": middle}, processor, median(ratios)


def _clients(port: int, path: str, photo: Path, clients: int, seconds: float, requests: int = 10**9) -> dict:
    command = [sys.executable, "-m", "benchmarks.clients", *map(str, (port, path, photo, clients, seconds, requests))]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


@dataclass(frozen=True)
class _Server:
    process: psutil.Process
    port: int

    @property
    def memory(self) -> float:
        """Resident memory in MiB."""
        return self.process.memory_info().rss / 2**20

    @property
    def processor_seconds(self) -> float:
        """Used so far, in all threads."""
        times = self.process.cpu_times()
        return times.user + times.system

    def has(self, library: str) -> bool:
        """Whether the process has mapped a file of this library."""
        return any(f"/{library}/" in item.path for item in self.process.memory_maps())


@contextlib.contextmanager
def api_server(**environment: str) -> Iterator["_Server"]:
    """`python -m api` on a free port, with further environment variables."""
    with _started(lambda port: ["-m", "api", "--port", str(port)], environment) as server:
        yield server


@contextlib.contextmanager
def _plain(run: Run) -> Iterator[_Server]:
    file = str(run.folder / "model.keras")
    with _started(lambda port: ["-m", "benchmarks.plain_server", file, str(port)]) as server:
        yield server


@contextlib.contextmanager
def _started(arguments, environment: dict[str, str] | None = None) -> Iterator[_Server]:
    """A server in a process of its own, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, *arguments(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **(environment or {})},
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Expected a server to start within 60 seconds, but it did not.")
            time.sleep(0.1)
        yield _Server(psutil.Process(process.pid), port)
    finally:
        process.terminate()
        process.wait(30)
