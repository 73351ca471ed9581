"""What a folder of very many photos costs: seconds, peak memory and bytes written, each step in its own process."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import numpy as np
from PIL import Image

from core.dataset.decisions import now
from core.dataset.duplicates import duplicate_groups, duplicate_pairs
from core.dataset.index import Dataset, index_dataset
from core.dataset.overlay import Decision
from core.dataset.statistics import statistics
from core.features.embedding_store import PART_ROWS, known_files
from core.features.embeddings import cached, remember
from core.features.views import COLOURS, VIEWS
from core.paths import Paths
from core.review.suspects import find_suspects

CLASSES = ("African", "Asian")
NUM_DECISIONS, NUM_CLASSES = 200_000, 200


@click.command(help="Measure a folder of very many tiny photos.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@click.option("--folder", type=click.Path(path_type=Path), help="A dataset; drawn photos by default.")
@click.option("--photos", default=100_000, show_default=True, help="How many to draw.")
def scale(as_json: bool, folder: Path | None, photos: int) -> None:
    folder = folder or draw(Paths.from_env().data_dir / f"scale-{photos}", photos)
    result: dict[str, dict] = {}
    for step in STEPS:
        command = [sys.executable, "-m", "benchmarks.scale", step, str(folder)]
        result[step] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        if not as_json:
            click.echo(f"{step}: {result[step]}")
    if as_json:
        click.echo(json.dumps(result, indent=2))


def draw(folder: Path, photos: int) -> Path:
    """A flat folder of photos of soft patches, half of them in each class; what is there is not drawn again."""

    def photo(number: int) -> None:
        file = folder / CLASSES[number % len(CLASSES)] / f"{number:06d}.jpg"
        if not file.exists():
            patches = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
            Image.fromarray(patches).resize((96, 72), Image.Resampling.BICUBIC).save(file, quality=60)

    for name in CLASSES:
        (folder / name).mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor() as pool:
        list(pool.map(photo, range(photos)))
    return folder


def _index_first(dataset: Callable[[], Dataset]) -> dict:
    (dataset().cache_dir / "index.parquet").unlink()
    return _timed(lambda: dataset() and {})


def _copies(dataset: Callable[[], Dataset]) -> dict:
    table = dataset().usable
    return _timed(lambda: {"groups": int(duplicate_groups(table).max() + 1), "pairs": len(duplicate_pairs(table))})


def _embeddings(dataset: Callable[[], Dataset]) -> dict:
    """Random numbers in place of what networks see, part by part."""
    data, random = dataset(), np.random.default_rng(0)

    def fill() -> dict:
        names = data.usable["sha256"].drop_duplicates().tolist()
        for view in VIEWS:
            known = set(cached(data, view))
            missing = [sha256 for sha256 in names if sha256 not in known]
            for start in range(0, len(missing), PART_ROWS):
                part = missing[start : start + PART_ROWS]
                size = (len(part), 1 if view == COLOURS else 1280)
                remember(data, view, dict(zip(part, np.abs(random.normal(size=size)), strict=True)))
        files = [file for view in VIEWS for file in known_files(data.cache_dir, view)]
        return {"files": len(files), "megabytes": round(sum(file.stat().st_size for file in files) / 1e6)}

    return _timed(fill)


def _suspects(dataset: Callable[[], Dataset]) -> dict:
    data = dataset()
    for file in (*data.cache_dir.glob("ranking*"), *data.cache_dir.glob("review-features*")):
        file.unlink()
    return _timed(lambda: {"rows": len(find_suspects(data, Paths.from_env()))})


def _decisions(dataset: Callable[[], Dataset]) -> dict:
    """A log of 200,000 lines, read and applied; a log that is there is left alone and nothing is measured."""
    data = dataset()
    if data.decisions_file.exists():
        return {"left_out": "the dataset has decisions of its own"}
    rows = data.usable.iloc[np.arange(NUM_DECISIONS) % len(data.usable)]
    photos = zip(rows["sha256"], rows["path"], strict=True)
    made = (Decision(sha256, path, "relabel", CLASSES[0], "benchmark", now()) for sha256, path in photos)
    data.decisions_file.write_text("".join(json.dumps(asdict(item)) + "\n" for item in made), encoding="utf-8")
    try:
        return _timed(lambda: {"decided": len(data.decisions())})
    finally:
        data.decisions_file.unlink()


def _confusion_matrix(dataset: Callable[[], Dataset]) -> dict:
    from streamlit_app.charts.evaluation import confusion_matrix

    counts = np.random.default_rng(0).integers(0, 5, (NUM_CLASSES, NUM_CLASSES)).tolist()
    names = [f"class {number:03d}" for number in range(NUM_CLASSES)]
    result: Any = SimpleNamespace(labels="given", class_names=names, confusion_matrix=counts)
    return _timed(lambda: {"megabytes": round(len(confusion_matrix(result).to_json()) / 1e6, 1)})


def _timed(work: Callable[[], dict]) -> dict:
    start, processor = time.monotonic(), time.process_time()
    found = work()
    seconds = {"seconds": time.monotonic() - start, "processor_seconds": time.process_time() - processor}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {**{name: round(value, 2) for name, value in seconds.items()}, "peak_MiB": peak, **found}


STEPS: dict[str, Callable[[Callable[[], Dataset]], dict]] = {
    "first index": _index_first,
    "second index": lambda dataset: _timed(lambda: dataset() and {}),
    "copies": _copies,
    "statistics": lambda dataset: _timed(lambda: {"photos": statistics(dataset()).total}),
    "embeddings": _embeddings,
    "suspects": _suspects,
    "decisions": _decisions,
    "confusion matrix": _confusion_matrix,
}

if __name__ == "__main__":
    print(json.dumps(STEPS[sys.argv[1]](lambda: index_dataset(Path(sys.argv[2]), Paths.from_env()))))
