"""The scorings that pages start: plans in one place, worked on by processes that outlive whoever started them."""

import contextlib
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from core.dataset.names import DATASET_NAME, suggested_name
from core.errors import DatasetError
from core.files import read_json, write_json
from core.paths import Paths
from core.prediction.scoring.plan import PLAN_FILE, RESULTS, Plan, read_plan
from core.prediction.scoring.planning import make_plan
from core.process_identity import ProcessIdentity
from core.processes import CoreProcess, why_ended
from core.records import from_json
from core.runs.folder import Run

CHUNK = 100  # photos: progress is seen after each chunk
_WORKER_FILE, _LOG_FILE = "worker.json", "log.txt"
_TITLE = "The scoring process"
_started: dict[Path, CoreProcess] = {}  # by us: kept so that it can be asked how it ended


def start(folder: Path, run: Run, paths: Paths, progress: Callable[[int], object] | None = None) -> str:
    """Plans a folder and starts the work; gives the id of the scoring.

    Raises:
        DatasetError, RunInvalidError: As `make_plan`.
        OSError: If no process can be started.
    """
    stem = f"{suggested_name(folder.name)[:40]}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    make_plan(folder, run, _root(paths) / stem, CHUNK, progress=progress)
    go_on(stem, paths)
    return stem


def go_on(scoring: str, paths: Paths) -> None:
    """Starts the work where it stopped; nothing happens while it is being done."""
    target = folder_of(scoring, paths)
    if not is_working(scoring, paths):
        words = ("score", "work", target)
        process = CoreProcess(words, paths, target / _LOG_FILE, _TITLE, steps_back=True, outlives_us=True)
        _started[target] = process
        write_json(target / _WORKER_FILE, asdict(process.identity))


def stop(scoring: str, paths: Paths) -> None:
    """Ends the work; what is scored stays."""
    if worker := _worker(scoring, paths):
        worker.stop(grace_seconds=0)


def is_working(scoring: str, paths: Paths) -> bool:
    """Whether a process is at it, whoever started it."""
    if process := _started.get(folder_of(scoring, paths)):
        return process.is_alive
    worker = _worker(scoring, paths)
    return worker is not None and worker.is_alive


def problem(scoring: str, paths: Paths) -> str:
    """Why the work ended before it was done, as far as anybody knows; "" if it goes on, is done or was stopped."""
    target = folder_of(scoring, paths)
    process = _started.get(target)
    if not process or not process.exit_code or process.exit_code < 0:
        return ""
    return why_ended(_TITLE, process.exit_code, target / _LOG_FILE)


def scorings(paths: Paths) -> dict[str, Plan]:
    """All scorings that can be read, the newest first."""
    found = {}
    for file in _root(paths).glob(f"*/{PLAN_FILE}"):
        with contextlib.suppress(DatasetError):
            found[file.parent.name] = read_plan(file.parent)
    return dict(sorted(found.items(), key=lambda item: item[1].created_at, reverse=True))


def chunks_done(scoring: str, paths: Paths) -> int:
    """How many results there are; whether they are sound is seen when they are read."""
    return sum(1 for _ in (folder_of(scoring, paths) / RESULTS).glob("[0-9]*.parquet"))


def folder_of(scoring: str, paths: Paths) -> Path:
    """Where a scoring lies.

    Raises:
        DatasetError: If this is no name of one.
    """
    if not DATASET_NAME.fullmatch(scoring):
        raise DatasetError(f"Expected the id of a scoring, but got {scoring!r:.80}.")
    return _root(paths) / scoring


def _root(paths: Paths) -> Path:
    return paths.shared_cache_dir / "scorings"


def _worker(scoring: str, paths: Paths) -> ProcessIdentity | None:
    try:
        return from_json(ProcessIdentity, read_json(folder_of(scoring, paths) / _WORKER_FILE))
    except (OSError, ValueError, TypeError):
        return None
