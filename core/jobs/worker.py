"""The worker: takes waiting runs from the queue and trains each in a subprocess that it watches."""

import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.errors import RunInvalidError, StorageError, TuskscopeError
from core.files import check_writable, storage_error
from core.jobs.heartbeat import write_worker_heartbeat
from core.jobs.recovery import Recovery
from core.jobs.staged import (
    ATTEMPT,
    CANCELLED,
    LOG_FILE,
    MAX_STARTS,
    JobProcess,
    cancel_requested,
    finish,
    read_process,
    staging_folder,
    write_process,
)
from core.jobs.table import JobTable
from core.jobs.watchdog import Limits, Watchdog
from core.paths import Paths
from core.process_identity import ProcessIdentity
from core.processes import CORE, CoreProcess, why_ended
from core.runs.folder import State, read_run
from core.runs.staging import write

_TITLE = "The training process"

log = logging.getLogger(__name__)


def run_worker(paths: Paths) -> None:
    """Works until SIGTERM or Ctrl-C (`python -m core worker`); the next worker adopts a training."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    worker = Worker(paths)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, worker.stop)
    worker.run()


class Worker:
    """Trains one run at a time on this machine.

    Args:
        paths: Where runs and the queue lie.
        command: What to start; `work-on` and the run id are appended. Tests give a stub here.
        limits: When to give up on a trainer.
    """

    def __init__(self, paths: Paths, command: Sequence[str] = CORE, limits: Limits | None = None):
        self._paths, self._command, self._limits = paths, command, limits or Limits()
        self._table = JobTable(paths)
        self._stopping = threading.Event()
        self._mine: set[str] = set()
        self._recovery = Recovery(paths, self._limits, self._mine, self._adopt)
        self._trouble = ""

    def stop(self, *_: object) -> None:
        """Ends `run` soon, and leaves a training alone; fit for a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Trains what waits, in its order, until `stop`; a full or read-only disk only makes it wait."""
        try:
            self._recovery.at_start()
        except Exception as error:
            self._tell(error)
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        log.info("The worker waits for trainings.")
        while not self._stopping.is_set():
            try:
                run_id = self._table.take_next(self._begin)
                self._trouble = ""
                if run_id:
                    self._train(run_id)
                    continue
            except Exception as error:
                self._tell(error)
            self._stopping.wait(self._limits.poll_seconds)
        if any(in_slot for _, in_slot in self._table.rows()):
            log.info("A training goes on in the background; the next worker watches it again.")

    def _tell(self, error: Exception) -> None:
        """Logs what hinders the worker, once for as long as it is the same; nothing of it ends the worker."""
        found = storage_error(error) or error
        if repr(found) != self._trouble:
            is_expected = isinstance(found, TuskscopeError)
            log.error("The worker tries again: %s", found, exc_info=None if is_expected else found)
        self._trouble = repr(found)

    def _begin(self, run_id: str) -> None:
        """Says whose a run is, before anybody can see that it was taken from the queue."""
        check_writable(self._paths.models_dir)
        folder = staging_folder(self._paths, run_id)
        write_process(folder, JobProcess.next(read_process(folder)))
        self._mine.add(run_id)

    def _train(self, run_id: str) -> None:
        """Trains the run in the slot; returns when it ended."""
        folder = staging_folder(self._paths, run_id)
        try:
            process = read_process(folder) or JobProcess.next(None)
            again = f"Resumed after an interruption, start {process.attempt} of at most {MAX_STARTS}."
            write(read_run(folder), state="running", message=again if process.attempt > 1 else "")
            child = CoreProcess(
                ("work-on", run_id),
                self._paths,
                folder / LOG_FILE,
                _TITLE,
                {**_thread_settings(), ATTEMPT: str(process.attempt)},
                steps_back=True,
                outlives_us=True,
                command=self._command,
            )
            log.info("Training %s (process %d).", run_id, child.identity.pid)
            process = replace(process, trainer=child.identity)
            try:
                write_process(folder, process)
            except OSError:
                child.stop()  # nobody would know of it
                raise
            self._watch(run_id, process, child)
        except (OSError, RunInvalidError) as error:
            if storage_error(error):
                raise  # not the run's fault: it waits for space, as the queue's other runs do
            log.warning("The run %s could not be started: %s", run_id, error)
            finish(self._paths, run_id, "failed", f"{_TITLE} could not be started.")
        finally:
            self._mine.discard(run_id)  # what goes wrong from here on is mended by `Recovery`

    def _watch(self, run_id: str, process: JobProcess, child: CoreProcess | None = None) -> None:
        """Follows a trainer to its end; an adopted one is no child of ours and leaves no exit code."""
        trainer = child or process.trainer
        if process.trainer is None or trainer is None:
            return
        folder = staging_folder(self._paths, run_id)
        watchdog = Watchdog(folder, process.trainer, self._limits)
        message = ""
        while trainer.is_alive and not message:
            if cancel_requested(folder):
                message = CANCELLED
                trainer.stop(self._limits.grace_seconds)
            elif message := watchdog.complaint():
                trainer.stop(grace_seconds=0)  # politely it would call itself cancelled
            elif self._stopping.wait(self._limits.poll_seconds):
                return
        if not message and cancel_requested(folder):
            message = CANCELLED
        message = message or self._why_ended(child, folder / LOG_FILE, watchdog)
        with contextlib.suppress(OSError):
            if folder.exists():
                with (folder / LOG_FILE).open("a", encoding="utf-8") as file:
                    file.write(f"{time.strftime('%H:%M:%S')} {message}\n")
        self._close(run_id, "cancelled" if message == CANCELLED else "failed", message)

    def _why_ended(self, child: CoreProcess | None, log_file: Path, watchdog: Watchdog) -> str:
        try:
            check_writable(self._paths.models_dir)
        except StorageError as error:  # then the trainer could not even write what it had to say
            return str(error)
        return why_ended(_TITLE, child.exit_code if child else None, log_file, watchdog.memory_words)

    def _close(self, run_id: str, state: State, message: str) -> None:
        """Ends the run, if its trainer did not; when the disk is full, as soon as there is space."""
        while True:
            try:
                published = not finish(self._paths, run_id, state, message)
                log.info("The training of %s ended%s", run_id, "." if published else f": {state}. {message}")
                return
            except (OSError, TuskscopeError) as error:
                self._tell(error)
            if self._stopping.wait(self._limits.heartbeat_seconds):
                return

    def _adopt(self, run_id: str, process: JobProcess) -> None:
        def watch() -> None:
            try:
                self._watch(run_id, process)
            finally:
                self._mine.discard(run_id)

        pid = process.trainer.pid if process.trainer else 0
        log.info("Watching the training of %s again (process %d).", run_id, pid)
        self._mine.add(run_id)
        threading.Thread(target=watch, daemon=True).start()

    def _beat(self) -> None:
        worker = ProcessIdentity.of()
        while True:
            try:
                write_worker_heartbeat(self._paths, worker)
                self._renew(worker)
                self._recovery.look()
            except Exception as error:  # a full disk must not end the heartbeat for good
                self._tell(error)
            if self._stopping.wait(self._limits.heartbeat_seconds):
                return

    def _renew(self, worker: ProcessIdentity) -> None:
        """Tells other machines that this worker looks after its runs."""
        for run_id in tuple(self._mine):
            folder = staging_folder(self._paths, run_id)
            process = read_process(folder)
            if process and process.trainer and process.worker == worker:
                write_process(folder, replace(process, renewed_at=time.time()))


def _thread_settings() -> dict[str, str]:
    # All cores, but the trainer steps back: beside one that does not, the server answers five times fewer requests
    # a second. Set TUSKSCOPE_TRAIN_THREADS=1 where answers must stay fastest. OpenMP's threads would come on top.
    threads = os.environ.get("TUSKSCOPE_TRAIN_THREADS") or str(os.cpu_count() or 1)
    return {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": threads}
