"""Trains presets in a scratch folder, once a seed, and keeps what came of it, so that nothing is done twice."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click

from benchmarks.learning_curve import learning_curve
from benchmarks.model_records import record_of, training_code
from core import cache
from core.dataset.index import Dataset, index_dataset
from core.errors import TrainingError
from core.evaluation.learning_curve import LearningCurve
from core.evaluation.robustness import Robustness, measure_robustness
from core.files import read_json, write_json
from core.paths import Paths
from core.prediction.predictor import Predictor
from core.runs import registry
from core.runs.folder import Run
from core.runs.presets import preset

_COLD_SEED = 0  # trained with nothing cached, as a newcomer would
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Bench:
    """Where the trainings of a benchmark happen.

    Attributes:
        dataset: As the user has it, decisions included.
        paths: Scratch folders: caches start cold there, and the user's runs are left alone.
    """

    dataset: Dataset
    paths: Paths

    @property
    def scratch(self) -> Dataset:
        """The same photos with their caches in the scratch folder."""
        return replace(self.dataset, cache_dir=self.paths.cache_dir(self.dataset.folder))


def open_bench(folder: Path, paths: Paths) -> Bench:
    """Indexes the photos; the scratch folder is `data/.tuskscope/benchmarks`."""
    scratch = paths.shared_cache_dir / "benchmarks"
    return Bench(index_dataset(folder, paths), Paths(scratch / "data", scratch / "models"))


def measured(bench: Bench, name: str, seed: int, fresh: bool = False) -> dict:
    """One training by numbers, from the store if it was made before.

    Args:
        bench: Where.
        name: The preset.
        seed: Of split, start and shuffling.
        fresh: Train again whatever is stored.

    Returns:
        `seconds`, `test` and `validation` (accuracy with `labels`), `ece`, `groups`, `milliseconds` (decode to answer
        with heat map), `times_yardstick` (the same as a multiple of efficientnet-lite2's bare pass),
        `network_milliseconds`, `megabytes` (of the served file), `folder_megabytes`, `code`.

    Raises:
        TrainingError: If the training fails.
    """
    file = _record_file(bench, name, seed)
    found = _read(file)
    if found and not fresh:
        if found["code"] != training_code():
            say(f"{name}, seed {seed}: stored results of other training code; --fresh trains again.")
        return found
    run = _train(bench, name, seed)
    record = record_of(bench.dataset, run, bench.paths)
    write_json(file, record)
    if seed:  # the first one stays for the robustness
        shutil.rmtree(run.folder)
    return record


def robustness(bench: Bench, name: str) -> Robustness | None:
    """How the run of the first seed answers corrupted test photos; `None` without a test split."""
    if not (bench.dataset.usable["split"] == "test").any():
        return None
    run_id = f"{name}-seed0"
    folder = bench.paths.models_dir / run_id
    run = registry.load(bench.paths, run_id) if (folder / "run.json").is_file() else _train(bench, name, 0)
    predictor = Predictor(run, pool_size=2)
    return measure_robustness(predictor, bench.scratch, "test", bench.paths, telling(f"{name}: corruptions"))


def curve(bench: Bench, name: str, fresh: bool = False) -> LearningCurve:
    """The learning curve of a preset over the photos outside `test`, with the reviewed labels where there are some."""
    used = bench.dataset.decisions()
    learned = bench.dataset.usable.loc[bench.dataset.usable["split"] != "test", "sha256"]
    used = {image: item for image, item in used.items() if image in set(learned)}
    key = hashlib.sha256(json.dumps([asdict(item) for item in used.values()], sort_keys=True).encode()).hexdigest()[:8]
    file = _record_file(bench, f"{name}-curve-{key}", 0, preset_name=name)
    kept = cache.as_record(file, LearningCurve)
    found = None if fresh else cache.stored(kept, key)
    if found is not None:
        return found
    made = learning_curve(bench.scratch, _trainer(bench, name), used or None, telling(f"{name}: learning curve"))
    cache.store(kept, key, made)
    return made


def say(text: str) -> None:
    """Progress: on standard error, so that standard output holds the JSON alone."""
    click.echo(text, err=True)


def telling(what: str) -> Callable[[int, int], None]:
    """A progress callback that says something every ten seconds at most, and how long it will take."""
    started = last = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last > 10 or done == total:
            last = now
            say(f"{what}: {done} of {total}, {(now - started) / max(done, 1) * (total - done):.0f} s left")

    return tell


def _train(bench: Bench, name: str, seed: int) -> Run:
    run_id = f"{name}-seed{seed}"
    shutil.rmtree(bench.paths.models_dir / run_id, ignore_errors=True)  # of a training that was interrupted
    command = [
        sys.executable,
        "-m",
        "core",
        "train",
        str(bench.dataset.folder),
        "--preset",
        name,
        "--set",
        f"seed={seed}",
        "--ignore-decisions",
        "--run-id",
        run_id,
        "--json",
    ]
    cold = bench.paths.data_dir.with_name("cold")
    shutil.rmtree(cold, ignore_errors=True)
    data_dir = cold if seed == _COLD_SEED else bench.paths.data_dir
    environment = {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **os.environ,
        "TUSKSCOPE_DATA": str(data_dir),
        "TUSKSCOPE_MODELS": str(bench.paths.models_dir),
    }
    shown = None if sys.stderr.isatty() else subprocess.PIPE  # a terminal shows the training's own progress
    done = subprocess.run(command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, stderr=shown, text=True)
    if done.returncode:
        reason = (done.stderr or "").strip().rpartition("\n")[2]
        raise TrainingError(f"The training of {name} with seed {seed} failed. {reason}".strip())
    if cold.exists():  # what it cached serves the others
        shutil.copytree(cold, bench.paths.data_dir, dirs_exist_ok=True)
        shutil.rmtree(cold)
    return registry.load(bench.paths, run_id)


def _trainer(bench: Bench, name: str) -> Callable[[Dataset], dict[str, str]]:
    from core.workflows.train import train

    config = preset(name, labels="given")  # reviewed labels, where wanted, already stand in the table

    def run_once(dataset: Dataset) -> dict[str, str]:
        folder = bench.paths.models_dir / f"{name}-curve"
        shutil.rmtree(folder, ignore_errors=True)
        run = train(config, dataset, bench.paths, run_id=folder.name)
        table = run.predictions[run.predictions["split"] == "test"]
        shutil.rmtree(run.folder)
        return dict(zip(table["path"], table["predicted_label"], strict=True))

    return run_once


def _record_file(bench: Bench, name: str, seed: int, preset_name: str | None = None) -> Path:
    config = asdict(preset(preset_name or name, seed=seed))
    what = json.dumps([config, bench.dataset.fingerprint], sort_keys=True)
    key = hashlib.sha256(what.encode()).hexdigest()[:12]
    return bench.paths.data_dir.parent / "records" / f"{name}-seed{seed}-{key}.json"


def _read(file: Path) -> dict | None:
    try:
        return read_json(file)
    except (OSError, ValueError):
        return None
