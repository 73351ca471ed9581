"""A run is built in a staging folder and becomes visible in one step, whole or not at all."""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from secrets import token_hex
from typing import Any

from core.errors import RunInvalidError, TrainingError
from core.files import fsync_dir, sha256_of, write_json
from core.paths import Paths
from core.runs.config import TrainingConfig
from core.runs.contents import DatasetReference
from core.runs.folder import RUN_ID, STAGING_PREFIX, Run, State

CHECKPOINT_FILE = "checkpoint.npz"  # how far a training has come, for its next start; never published
_MODEL_FILES = ("model.keras", "model.tflite", "history.csv", "evaluation.json", "predictions.parquet")
_OPTIONAL_FILES = ("README.md", "learned.parquet")  # runs from before there were cards or lists of photos have none


def run_kind(config: TrainingConfig, has_decisions: bool) -> str:
    """What the id of a run says of it: the preset, and the labels it learns from."""
    return f"{config.preset}-{config.labels if has_decisions else 'given'}"


def new_run_id(preset: str) -> str:
    """A fresh id such as `2026-11-23-quick-given-7f3a`."""
    return f"{datetime.now(UTC):%Y-%m-%d}-{preset}-{token_hex(2)}"


def free_run_id(paths: Paths, preset: str) -> str:
    """A fresh id that no run has: among a few hundred of a day two would soon be equal."""
    while True:
        run_id = new_run_id(preset)
        if not any((paths.models_dir / (prefix + run_id)).exists() for prefix in ("", STAGING_PREFIX)):
            return run_id


def stage(paths: Paths, run_id: str, config: TrainingConfig, dataset: DatasetReference, state: State) -> Run:
    """Creates the staging folder of a new run and writes its `run.json`.

    Raises:
        TrainingError: If the id breaks the grammar or is taken.
    """
    if not RUN_ID.fullmatch(run_id):
        raise TrainingError(
            f"Expected a run id of lower-case letters, digits, '.', '_' and '-' (at most 64), but got {run_id!r}."
        )
    folder = paths.models_dir / (STAGING_PREFIX + run_id)
    if (paths.models_dir / run_id).exists():
        raise TrainingError(f"A run named {run_id} exists already. Choose another id.")
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise TrainingError(f"A run named {run_id} is queued or running already. Choose another id.") from None
    run = Run(
        run_id=run_id,
        folder=folder,
        state=state,
        config=config,
        dataset=dataset,
        created_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        labels=config.labels,
        image_size=config.image_size,
        versions=_versions(),
    )
    return write(run)


def write(run: Run, **changes: Any) -> Run:
    """Writes `run.json` with some fields changed; returns the changed run."""
    run = replace(run, **changes)
    write_json(run.folder / "run.json", run.as_dict())
    return run


def publish(run: Run, paths: Paths, **changes: Any) -> Run:
    """Makes a finished run visible: hashes, fsync of every file, rename, fsync of `models/`.

    Args:
        run: A staged run.
        **changes: Last fields to set, such as `state` and `seconds`.

    Raises:
        RunInvalidError: If a succeeded run lacks a file.
    """
    names = [name for name in (*_MODEL_FILES, *_OPTIONAL_FILES) if (run.folder / name).is_file()]
    missing = sorted(set(_MODEL_FILES) - set(names))
    if changes.get("state") == "succeeded" and missing:
        raise RunInvalidError(f"The run {run.run_id} is not complete: {', '.join(missing)} missing.")
    run = write(run, **changes, files={name: sha256_of(run.folder / name) for name in names})
    for path in run.folder.iterdir():
        with path.open("r+b") as file:  # Windows syncs only what may be written
            os.fsync(file.fileno())
    fsync_dir(run.folder)
    target = paths.models_dir / run.run_id
    with _output_elsewhere(run.folder, target):
        os.rename(run.folder, target)
    fsync_dir(paths.models_dir)
    return replace(run, folder=target)


@contextlib.contextmanager
def _output_elsewhere(folder: Path, target: Path) -> Iterator[None]:
    """Lets go of `log.txt` while its folder is renamed, if our own output goes there: Windows renames no open files."""
    log = "log.txt"
    try:
        own = [number for number in (1, 2) if os.path.samestat(os.fstat(number), (folder / log).stat())]
    except OSError:
        own = []
    if not own:
        yield
        return
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    _reopen(Path(os.devnull), own)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            _reopen((target if target.exists() else folder) / log, own)


def _reopen(file: Path, numbers: list[int]) -> None:
    opened = os.open(file, os.O_WRONLY | os.O_APPEND)
    for number in numbers:
        os.dup2(opened, number)
    os.close(opened)


def discard(folder: Path) -> None:
    """Removes a staging folder; a missing one is fine."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _versions() -> dict[str, str]:
    found = {}
    for package in ("keras", "tensorflow-cpu", "tensorflow", "ai-edge-litert", "numpy", "pillow", "scikit-learn"):
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found
