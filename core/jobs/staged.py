"""The staging folder of a live run: whose it is, who wants it cancelled, how it ends without its trainer."""

import contextlib
import logging
import os
import shutil
from collections.abc import Set
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from core.errors import RunInvalidError
from core.files import read_json, storage_error
from core.jobs.table import JobTable
from core.paths import Paths
from core.process_identity import ProcessIdentity
from core.records import from_json
from core.runs.folder import STAGING_PREFIX, Run, State, read_run
from core.runs.progress import PROGRESS_FILE, note, read_progress
from core.runs.staging import CHECKPOINT_FILE, discard, publish, write

LOG_FILE = "log.txt"
PROCESS_FILE = "process.json"
MAX_STARTS = 3
ATTEMPT = "TUSKSCOPE_ATTEMPT"  # tells a trainer which start it is
INTERRUPTED = "The training was interrupted: its process is gone. Train again."
CANCELLED = "Cancelled."
GOES_ON = "The training was interrupted; it goes on where it stopped."
_CANCEL_FILE = "cancel-requested"
_KEPT = {"run.json", "history.csv", LOG_FILE, PROGRESS_FILE, PROCESS_FILE}  # of a run that has no model
_RESUMED_WITH = {"run.json", LOG_FILE, PROCESS_FILE, CHECKPOINT_FILE}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class JobProcess:
    """Who trains a run and who watches.

    Attributes:
        trainer: The subprocess, leader of its own process group; `None` until it is started.
        worker: The worker that started or adopted it.
        started_at: When the training began, ISO 8601, UTC.
        attempt: 1 for the first start of the run; more after interruptions.
        renewed_at: The worker's last look, in seconds since 1970 by its clock.
    """

    trainer: ProcessIdentity | None
    worker: ProcessIdentity
    started_at: str
    attempt: int = 1
    renewed_at: float = 0.0

    @classmethod
    def next(cls, last: "JobProcess | None") -> "JobProcess":
        """Of the next start, by this process, after the last one."""
        attempt = last.attempt + 1 if last else 1
        return cls(None, ProcessIdentity.of(), datetime.now(UTC).isoformat(timespec="seconds"), attempt)

    @property
    def may_go_on(self) -> bool:
        """Whether the run is started once more if its process is gone."""
        return self.attempt < MAX_STARTS


def write_process(folder: Path, process: JobProcess) -> None:
    note(folder / PROCESS_FILE, asdict(process))


def read_process(folder: Path) -> JobProcess | None:
    """Who trains; `None` if no worker started this run, as with `python -m core train` at a terminal."""
    try:
        return from_json(JobProcess, read_json(folder / PROCESS_FILE))
    except (OSError, ValueError, TypeError):
        return None


def is_taken_away(folder: Path, attempt: int) -> bool:
    """Whether a later start of the run is under way, or its end was written by somebody else."""
    process = read_process(folder)
    return bool(process and process.attempt > attempt) or (process is None and not folder.exists())


def trainer_of(folder: Path) -> ProcessIdentity | None:
    """The process that trains in this folder, whoever started it; `None` if it never said."""
    process = read_process(folder)
    if process and process.trainer:
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
            run = read_run(folder)
            if folder == staging_folder(paths, run.run_id):  # else somebody's copy
                found.append(run)
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

    Raises:
        OSError: If the disk is full or read-only; nothing has changed then but that files of the run may be gone.
        TrainingError, StorageError: If the queue cannot be written.
    """
    table = JobTable(paths)
    with table.transaction() as connection:
        if if_waiting and (run_id, True) in table.rows():
            return False
        table.remove(connection, run_id)
        folder = staging_folder(paths, run_id)
        try:
            run = read_run(folder)
            if (paths.models_dir / run_id).exists():
                _set_aside(folder)
                return False
            _clear(folder, keep=_KEPT)
            publish(run, paths, state=state, message=message)
            return True
        except RunInvalidError:
            if not (folder / "run.json").exists():
                discard(folder)
        except OSError as error:
            if storage_error(error):
                raise
            log.warning("The run %s cannot be closed and is left alone: %s", run_id, error)  # it stops nobody else
        return False


def let_go_on(paths: Paths, run: Run, process: JobProcess) -> bool:
    """Lets an interrupted run wait again, with what it has reached; `False` if somebody else was faster.

    Raises:
        OSError: If the disk is full or read-only.
    """
    table = JobTable(paths)
    with table.transaction() as connection:
        if read_process(run.folder) != process:
            return False
        _clear(run.folder, keep=_RESUMED_WITH)
        write(run, state="queued", message=GOES_ON)
        table.restore(connection, run.run_id, forget_slot=True)
    return True


def _clear(folder: Path, keep: Set[str]) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name not in keep:
            path.unlink()


def _set_aside(folder: Path) -> None:
    """Renames a staging folder whose run is published already, so that it bothers nobody; nothing is deleted."""
    aside = folder.with_name(folder.name.replace(STAGING_PREFIX, ".left-over-", 1) + "-" + token_hex(2))
    os.rename(folder, aside)
    log.warning("A run named like %s is published already; the folder is kept as %s.", folder.name, aside.name)
