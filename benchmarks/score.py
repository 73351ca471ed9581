"""Scoring a folder against bare LiteRT passes on all cores, in one run; peak memory of each step."""

import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
import numpy as np

from benchmarks.scale import draw
from core.paths import Paths
from core.prediction.predictor import available_cores
from core.prediction.scoring.plan import read_plan
from core.prediction.scoring.results import status
from core.runs import registry

_RAW_SECONDS = 20.0


@click.command(help="Measure the scoring of a folder of photos.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@click.option("--folder", type=click.Path(path_type=Path), help="Of photos; drawn ones by default.")
@click.option("--photos", default=2000, show_default=True, help="How many to draw.")
@click.option("--run", "run_id", help="The served one by default.")
def score(as_json: bool, folder: Path | None, photos: int, run_id: str | None) -> None:
    found = measure(folder or draw(Paths.from_env().data_dir / f"scale-{photos}", photos), run_id)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        for key, value in found.items():
            click.echo(f"{key}: {value:.4g}" if isinstance(value, float) else f"{key}: {value}")


def measure(folder: Path, run_id: str | None = None) -> dict:
    """Bare passes, the scoring, bare passes again.

    Returns:
        `raw_per_second` and `scored_per_second` on all cores with their `ratio`; the same by processor time, which a
        busy machine does not spoil: `raw_processor_ms`, `scored_processor_ms` a photo, `processor_ratio`; seconds and
        peak memory (MiB of the largest process) of plan, work and join.
    """
    paths = Paths.from_env()
    run = registry.load(paths, run_id) if run_id else registry.active(paths)
    with tempfile.TemporaryDirectory(prefix="tuskscope-") as scratch:
        plan = Path(scratch) / "plan"
        before = _raw_on_all_cores(run.folder / "model.tflite")
        planned = _step("plan", str(folder), str(plan), "--run", run.run_id, "--chunk", "250")
        worked = _step("work", str(plan))
        joined = _step("join", str(plan), "--csv", f"{scratch}/a.csv", "--parquet", f"{scratch}/a.parquet")
        after = _raw_on_all_cores(run.folder / "model.tflite")
        found = status(plan, read_plan(plan))
    raw = (before["per_second"] + after["per_second"]) / 2
    raw_processor = (before["processor_ms"] + after["processor_ms"]) / 2
    scored = found.photos_done / worked["seconds"]
    processor = worked["processor_seconds"] * 1000 / found.photos_done
    return {
        "photos": found.photos_done,
        "failed": found.failed,
        "run_id": run.run_id,
        "raw_per_second": raw,
        "scored_per_second": scored,
        "ratio": scored / raw,
        "raw_processor_ms": raw_processor,
        "scored_processor_ms": processor,
        "processor_ratio": raw_processor / processor,
        "plan": planned,
        "work": worked,
        "join": joined,
    }


def raw_passes(model: Path, seconds: float) -> tuple[int, float]:
    """Passes of one interpreter with one thread in so many seconds, and the processor time that they took."""
    from core.networks.interpreter import Network

    network = Network(model.read_bytes(), 1)
    pixels, passes = np.zeros(network.shape[1:], np.uint8), 0
    network(pixels, ("probabilities",))
    begun, processor = time.monotonic(), time.process_time()
    while time.monotonic() - begun < seconds:
        network(pixels, ("probabilities",))
        passes += 1
    return passes, time.process_time() - processor


def _raw_on_all_cores(model: Path) -> dict[str, float]:
    cores = available_cores()
    with ProcessPoolExecutor(cores, multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(raw_passes, [model] * cores, [_RAW_SECONDS] * cores))
    passes = sum(number for number, _ in found)
    return {"per_second": passes / _RAW_SECONDS, "processor_ms": sum(used for _, used in found) * 1000 / passes}


def _step(*words: str) -> dict[str, float]:
    """A `score` command in a process of its own; `peak_MiB` is that of its largest process."""
    code = (
        "import json, resource, subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'core', 'score', *sys.argv[1:]], check=True, stdout=2)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss]))\n"
    )
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code, *words], check=True, stdout=subprocess.PIPE)
    processor, peak = json.loads(done.stdout)
    return {
        "seconds": round(time.monotonic() - begun, 2),
        "processor_seconds": round(processor, 2),
        "peak_MiB": round(peak / 1024),
    }
