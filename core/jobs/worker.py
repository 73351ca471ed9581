"""The worker: takes waiting runs from the queue and trains each in a subprocess that it watches."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import psutil

from core.errors import RunInvalidError
from core.jobs.heartbeat import write_worker_heartbeat
from core.jobs.queue import CANCELLED
from core.jobs.recovery import Recovery
from core.jobs.staged import (
    LOG_FILE,
    JobProcess,
    cancel_requested,
    finish,
    last_error,
    staging_folder,
    write_process,
)
from core.jobs.table import JobTable, queue, training_task
from core.jobs.watchdog import Limits, Watchdog
from core.paths import Paths
from core.processes import ProcessIdentity, stop
from core.runs.folder import read_run
from core.runs.staging import write

NICENESS = 15  # beside a trainer that is not niced, the server answers five times fewer requests a second
_PROJECT = Path(__file__).resolve().parents[2]

log = logging.getLogger(__name__)


def run_worker(paths: Paths) -> None:
    """Works until SIGTERM or Ctrl-C (`python -m core worker`); the next worker adopts a training."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("huey").setLevel(logging.WARNING)
    Worker(paths).run()


class Worker:
    """Trains one run at a time on this machine.

    Args:
        paths: Where runs and the queue lie.
        command: What to start; the run id is appended. Tests give a stub here.
        limits: When to give up on a trainer.
    """

    def __init__(self, paths: Paths, command: Sequence[str] | None = None, limits: Limits | None = None):
        self._paths = paths
        self._command = tuple(command or (sys.executable, "-m", "core", "work-on"))
        self._limits = limits or Limits()
        self._table = JobTable(paths)
        self._stopping = threading.Event()
        self._recovery = Recovery(paths, self._table, self._limits, self._adopt)

    def run(self) -> None:
        """Works until the process is told to stop; needs the main thread, where signals arrive."""
        self._recovery.at_start()
        huey = queue(self._paths)
        training_task(huey, self.work)
        consumer = huey.create_consumer(workers=1, periodic=False, max_delay=1.0, scheduler_interval=60)
        self._stopping = consumer.stop_flag
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        log.info("The worker waits for trainings.")
        consumer.run()
        for _, thread in consumer.worker_threads:
            thread.join(timeout=3.0)  # it may be about to publish; honcho waits five seconds
        huey.storage.close()
        if any(in_slot for _, in_slot in self._table.rows()):
            log.info("A training goes on in the background; the next worker watches it again.")

    def work_off(self) -> None:
        """Trains everything that waits, then returns."""
        self._recovery.at_start()
        huey = queue(self._paths)
        training_task(huey, self.work)
        while (task := huey.dequeue()) is not None:
            huey.execute(task)
        huey.storage.close()

    def work(self, run_id: str) -> None:
        """Trains one waiting run; returns when it ended, or at once if it does not wait any more."""
        while (taken := self._table.take_slot(run_id)) is False:
            if self._stopping.wait(self._limits.poll_seconds):
                return  # it keeps its place in the table; the next worker puts it back into the queue
        if not taken:
            return
        folder = staging_folder(self._paths, run_id)
        try:
            write(read_run(folder), state="running")
            with (folder / LOG_FILE).open("ab") as output:
                child = subprocess.Popen(
                    [*self._command, run_id],
                    cwd=_PROJECT,
                    env=self._environment(),
                    start_new_session=True,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
        except (OSError, RunInvalidError) as error:
            log.warning("The run %s could not be started: %s", run_id, error)
            finish(self._paths, self._table, run_id, "failed", "The training process could not be started.")
            return
        log.info("Training %s (process %d).", run_id, child.pid)
        _be_nice(child.pid)
        process = JobProcess.now(ProcessIdentity.of(child.pid))
        write_process(folder, process)
        self._watch(run_id, process, child)

    def _watch(self, run_id: str, process: JobProcess, child: subprocess.Popen | None = None) -> None:
        """Follows a trainer to its end; an adopted one is no child of ours and leaves no exit code."""

        def ended() -> bool:
            return not process.trainer.is_alive if child is None else child.poll() is not None

        folder = staging_folder(self._paths, run_id)
        watchdog = Watchdog(folder, process.trainer, self._limits)
        state, message = "failed", ""
        while not ended() and not message:
            if cancel_requested(folder):
                state, message = "cancelled", CANCELLED
                stop(process.trainer, self._limits.grace_seconds, ended=ended)
            elif message := watchdog.complaint():
                stop(process.trainer, grace_seconds=0, ended=ended)  # politely it would call itself cancelled
            elif self._stopping.wait(self._limits.poll_seconds):
                return
        if not message and cancel_requested(folder):
            state, message = "cancelled", CANCELLED
        message = message or _why(folder, None if child is None else child.returncode)
        published = not finish(self._paths, self._table, run_id, state, message)
        log.info("The training of %s ended%s", run_id, "." if published else f": {state}. {message}")

    def _adopt(self, run_id: str, process: JobProcess) -> None:
        log.info("Watching the training of %s again (process %d).", run_id, process.trainer.pid)
        threading.Thread(target=self._watch, args=(run_id, process), daemon=True).start()

    def _beat(self) -> None:
        worker = ProcessIdentity.of()
        while True:
            try:
                write_worker_heartbeat(self._paths, worker)
                self._recovery.of_orphans()
            except Exception:  # a full disk must not end the heartbeat for good
                log.exception("The worker could not look after its runs; it tries again.")
            if self._stopping.wait(self._limits.heartbeat_seconds):
                return

    def _environment(self) -> dict[str, str]:
        # All cores, but niced: requests come first and a training uses what they leave. Set
        # TUSKSCOPE_TRAIN_THREADS=1 where answers must stay fastest. OpenMP's threads would come on top.
        threads = os.environ.get("TUSKSCOPE_TRAIN_THREADS") or str(os.cpu_count() or 1)
        return {
            **os.environ,
            "TUSKSCOPE_DATA": str(self._paths.data_dir),
            "TUSKSCOPE_MODELS": str(self._paths.models_dir),
            "OMP_NUM_THREADS": "1",
            "TF_NUM_INTRAOP_THREADS": threads,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PYTHONUNBUFFERED": "1",
        }


def _be_nice(pid: int) -> None:
    try:
        psutil.Process(pid).nice(NICENESS)
    except (psutil.Error, OSError) as error:
        log.warning("The training runs at normal priority: %s", error)


def _why(folder: Path, exit_code: int | None) -> str:
    """One sentence for a trainer that ended without publishing its run."""
    if exit_code is not None and exit_code < 0:
        reason = " Perhaps the memory was not enough." if exit_code == -9 else ""
        return f"The training process was killed (signal {-exit_code}).{reason} Train again."
    ending = "ended" if exit_code is None else f"ended with exit code {exit_code}"
    return last_error(folder) or f"The training process {ending} without a result. The log has the details."
