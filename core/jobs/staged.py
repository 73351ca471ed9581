"""The staging folder of a live run: whose it is, who wants it cancelled, how it ends without its trainer."""

import contextlib
import shutil
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.errors import RunInvalidError
from core.files import read_json
from core.jobs.table import JobTable
from core.paths import Paths
from core.process_identity import ProcessIdentity
from core.records import from_json
from core.runs.folder import RUN_ID, STAGING_PREFIX, Run, State, read_run
from core.runs.progress import PROGRESS_FILE, note, read_progress
from core.runs.staging import discard, publish

LOG_FILE = "log.txt"
_PROCESS_FILE = "process.json"
_CANCEL_FILE = "cancel-requested"
_KEPT = {"run.json", "history.csv", LOG_FILE, PROGRESS_FILE, _PROCESS_FILE}  # of a run that has no model
_STALE_SECONDS = 3600.0


@dataclass(frozen=True)
class JobProcess:
    """Who trains a run and who watches.

    Attributes:
        trainer: The subprocess, leader of its own process group.
        worker: The worker that started or adopted it.
        started_at: When the training began, ISO 8601, UTC.
    """

    trainer: ProcessIdentity
    worker: ProcessIdentity
    started_at: str

    @classmethod
    def now(cls, trainer: ProcessIdentity) -> "JobProcess":
        return cls(trainer, ProcessIdentity.of(), datetime.now(UTC).isoformat(timespec="seconds"))


def write_process(folder: Path, process: JobProcess) -> None:
    note(folder / _PROCESS_FILE, asdict(process))


def read_process(folder: Path) -> JobProcess | None:
    """Who trains; `None` if no worker started this run, as with `python -m core train` at a terminal."""
    try:
        return from_json(JobProcess, read_json(folder / _PROCESS_FILE))
    except (OSError, ValueError, TypeError):
        return None


def trainer_of(folder: Path) -> ProcessIdentity | None:
    """The process that trains in this folder, whoever started it; `None` if it never said."""
    process = read_process(folder)
    if process:
        return process.trainer
    heartbeat = read_progress(folder)
    return heartbeat.process if heartbeat else None


def staging_folder(paths: Paths, run_id: str) -> Path:
    return paths.models_dir / (STAGING_PREFIX + run_id)


def staged(paths: Paths) -> list[Run]:
    """All readable runs that are not published, oldest first; one that is not queued is being trained."""
    found = []
    for folder in paths.models_dir.glob(STAGING_PREFIX + "*"):
        with contextlib.suppress(RunInvalidError):
            found.append(read_run(folder))
    return sorted(found, key=lambda run: (run.created_at, run.run_id))


def request_cancel(folder: Path) -> None:
    """Asks whoever watches the run to stop it; asking twice, or after its end, changes nothing."""
    with contextlib.suppress(FileNotFoundError):
        (folder / _CANCEL_FILE).touch()


def cancel_requested(folder: Path) -> bool:
    return (folder / _CANCEL_FILE).exists()


def finish(paths: Paths, run_id: str, state: State, message: str, if_waiting: bool = False) -> bool:
    """Ends a run whose trainer did not publish it: no model, but its log; frees its place in the queue.

    Args:
        paths: Where the run and the queue lie.
        run_id: Which run.
        state: `failed` or `cancelled`.
        message: One sentence that says why.
        if_waiting: Leave a run alone that a worker took.

    Returns:
        Whether there was anything to end; a run that is published already stays as it is.
    """
    table = JobTable(paths)
    with table.transaction() as connection:
        if if_waiting and (run_id, True) in table.rows():
            return False
        table.remove(connection, run_id)
        folder = staging_folder(paths, run_id)
        try:
            run = read_run(folder)
        except RunInvalidError:
            discard(folder)
            return False
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name not in _KEPT:
                path.unlink()
        publish(run, paths, state=state, message=message)
        return True


def sweep(paths: Paths) -> None:
    """Removes what a crash left in `models/`: half-deleted runs, old temporary files, empty stages."""
    for folder in paths.models_dir.glob(".deleted-*"):
        shutil.rmtree(folder, ignore_errors=True)
    for pattern in (".*.tmp", "*/.*.tmp"):
        for path in paths.models_dir.glob(pattern):
            if path.is_file() and _is_stale(path):
                path.unlink(missing_ok=True)
    for folder in paths.models_dir.glob(STAGING_PREFIX + "*"):
        name = folder.name.removeprefix(STAGING_PREFIX)
        if RUN_ID.fullmatch(name) and not (folder / "run.json").exists() and _is_stale(folder):
            discard(folder)


def _is_stale(path: Path) -> bool:
    """A file that is being written is seconds old."""
    with contextlib.suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime > _STALE_SECONDS
    return False
