"""Trainings in the background, as pages and API see them: enqueue one, ask how far it is, cancel it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from core.dataset.overlay import DECISIONS_FILE, Decision, current
from core.errors import DatasetError, RunInvalidError, RunNotFoundError, StorageError
from core.files import check_writable
from core.jobs.heartbeat import worker_alive as worker_alive
from core.jobs.lease import LEASE_SECONDS, OBSERVER
from core.jobs.staged import (
    CANCELLED,
    GOES_ON,
    INTERRUPTED,
    finish,
    read_process,
    request_cancel,
    staged,
    trainer_of,
)
from core.jobs.table import JobTable
from core.jobs.watchdog import Limits
from core.paths import Paths
from core.records import read_log
from core.runs import registry
from core.runs.config import TrainingConfig
from core.runs.contents import DatasetReference
from core.runs.folder import LIVE_STATES, Run, State
from core.runs.progress import Progress, read_progress
from core.runs.staging import free_run_id, run_kind, stage

NO_WORKER = "It waits for a worker. Start one with: python -m core worker"


@dataclass(frozen=True)
class JobStatus:
    """How far a training is; safe to show while it runs.

    Attributes:
        run_id: Which run.
        state: `queued`, `running`, `succeeded`, `failed` or `cancelled`.
        stage: What it is doing; empty unless it runs.
        fraction: Share of the stage that is done, 0-1; 1 when it succeeded.
        epoch, epochs: Epochs that are done, and at most.
        eta_seconds: Expected seconds to the end; `None` if unknown.
        message: One sentence when it failed, was cancelled, cannot start or goes on after an interruption.
        queue_position: 1 for the next one; `None` unless it is queued.
        pid: The training process; `None` unless it runs.
        started_at: When a worker began it, ISO 8601, UTC; `None` before.
        metrics: Latest `loss`, `accuracy`, `val_loss`, `val_accuracy`.
    """

    run_id: str
    state: State
    stage: str = ""
    fraction: float = 0.0
    epoch: int = 0
    epochs: int = 0
    eta_seconds: float | None = None
    message: str = ""
    queue_position: int | None = None
    pid: int | None = None
    started_at: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


def enqueue(
    paths: Paths, dataset_folder: Path, config: TrainingConfig, run_id: str | None = None, key: str | None = None
) -> str:
    """Lets a training wait for a worker.

    Args:
        paths: Where runs and the queue lie.
        dataset_folder: The photos.
        config: What to train.
        run_id: Its id; `None` makes a fresh one.
        key: Of equal requests with one key the first starts a training; the others get its run, unless that was
            deleted.

    Returns:
        The id of the queued run.

    Raises:
        DatasetError: If there is no such folder.
        ConfigError: If another training was asked for with this key.
        StorageError: If the disk is full or read-only.
        BusyError: If too many trainings wait already.
        TrainingError: If the id is taken or breaks the grammar, or the queue cannot be reached.
    """
    folder = Path(dataset_folder).resolve()
    if not folder.is_dir():
        raise DatasetError(f"Expected a folder of photos, but {folder.name} is none. Choose another dataset.")
    check_writable(paths.models_dir)
    has_decisions = bool(current(read_log(Decision, paths.cache_dir(folder) / DECISIONS_FILE)))
    dataset = DatasetReference(folder.name, paths.reference(folder))
    asked = json.dumps([dataset.folder, asdict(config)], sort_keys=True)
    table = JobTable(paths)
    with table.transaction() as connection:
        earlier = table.started_by(connection, key, asked) if key else None
        if earlier and registry.exists(paths, earlier):
            return earlier
        run_id = run_id or free_run_id(paths, run_kind(config, has_decisions))  # no other start makes one meanwhile
        table.add(connection, run_id)
        if key:
            table.remember_start(connection, key, asked, run_id)
        stage(paths, run_id, config, dataset, "queued")
    return run_id


def status(paths: Paths, run_id: str) -> JobStatus:
    """How far a run is, live or finished.

    Raises:
        RunNotFoundError: If no run has this id.
        RunInvalidError: If its folder is damaged.
    """
    run = _load(paths, run_id)
    return _status(paths, run, JobTable(paths).waiting() if run.state == "queued" else [])


def jobs(paths: Paths) -> list[JobStatus]:
    """The live trainings: the running ones, then the queued ones in their order."""
    waiting = JobTable(paths).waiting()
    found = [_status(paths, run, waiting) for run in staged(paths)]
    live = [job for job in found if job.state in LIVE_STATES]
    return sorted(live, key=lambda job: (job.state == "queued", job.queue_position or 0))


def cancel(paths: Paths, run_id: str) -> JobStatus:
    """Cancels a queued or running training; a finished one stays what it is.

    A queued run ends at once. A running one is asked to stop and ends within ten seconds; if no worker
    watches it, this call stops it itself and waits.

    Returns:
        Its status after the request.

    Raises:
        RunNotFoundError: If no run has this id.
    """
    run = _load(paths, run_id)
    if run.state == "queued" and finish(paths, run_id, "cancelled", CANCELLED, if_waiting=True):
        return status(paths, run_id)
    if run.state in LIVE_STATES:
        request_cancel(run.folder)
        if not _is_watched(run.folder):
            if trainer := trainer_of(run.folder):
                trainer.stop(Limits.grace_seconds)
            finish(paths, run_id, "cancelled", CANCELLED)
    return status(paths, run_id)


def _load(paths: Paths, run_id: str) -> Run:
    try:
        return registry.load(paths, run_id)
    except (RunNotFoundError, RunInvalidError):  # its folder may just have been renamed: look again
        return registry.load(paths, run_id)


def _status(paths: Paths, run: Run, waiting: list[str]) -> JobStatus:
    heartbeat, process, trainer = read_progress(run.folder), read_process(run.folder), trainer_of(run.folder)
    progress = heartbeat.progress if heartbeat else Progress(stage="start")
    state, message = run.state, run.message
    if state == "running" and trainer and trainer.is_local and not trainer.is_alive:
        if not _is_watched(run.folder):
            goes_on = process is not None and process.may_go_on
            state, message = ("queued", GOES_ON) if goes_on else ("failed", INTERRUPTED)
    if state == "queued":
        message = " ".join(filter(None, (message, _why_it_waits(paths))))
    is_running = state == "running"
    return JobStatus(
        run.run_id,
        state,
        stage=progress.stage if is_running else "",
        fraction=progress.fraction if is_running else float(state == "succeeded"),
        epoch=progress.epoch,
        epochs=progress.epochs or run.config.epochs,
        eta_seconds=progress.eta_seconds if is_running else None,
        message=message,
        queue_position=waiting.index(run.run_id) + 1 if run.run_id in waiting else None,
        pid=trainer.pid if is_running and trainer else None,
        started_at=process.started_at if process else None,
        metrics=progress.metrics,
    )


def _why_it_waits(paths: Paths) -> str:
    try:
        check_writable(paths.models_dir)
    except StorageError as error:
        return f"{error} The training starts by itself then."
    return "" if worker_alive(paths) else NO_WORKER


def _is_watched(folder: Path) -> bool:
    """Whether a living worker looks after a run, or, as far as one can tell from here, another machine."""
    process, trainer = read_process(folder), trainer_of(folder)
    if process and process.worker.is_local:
        return process.worker.is_alive
    if process or (trainer and not trainer.is_local):
        return OBSERVER.silence_of_run(folder) <= LEASE_SECONDS
    return False  # it runs at a terminal of this machine
