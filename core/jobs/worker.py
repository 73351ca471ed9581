"""The worker: takes waiting runs from the queue and trains each in a subprocess that it watches."""

import logging
import os
import signal
import threading
from collections.abc import Sequence

from core.errors import RunInvalidError
from core.jobs.heartbeat import write_worker_heartbeat
from core.jobs.queue import CANCELLED
from core.jobs.recovery import Recovery
from core.jobs.staged import LOG_FILE, JobProcess, cancel_requested, finish, staging_folder, write_process
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
        self._recovery = Recovery(paths, self._limits, self._adopt)

    def stop(self, *_: object) -> None:
        """Ends `run` soon, and leaves a training alone; fit for a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Trains what waits, in its order, until `stop`."""
        self._recovery.at_start()
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        log.info("The worker waits for trainings.")
        while not self._stopping.is_set():
            try:
                run_id = self._table.take_next()
                if run_id:
                    self._train(run_id)
                    continue
            except Exception:  # a locked table or a full disk must not end the worker for good
                log.exception("The worker could not train; it tries again.")
            self._stopping.wait(self._limits.poll_seconds)
        if any(in_slot for _, in_slot in self._table.rows()):
            log.info("A training goes on in the background; the next worker watches it again.")

    def _train(self, run_id: str) -> None:
        """Trains the run in the slot; returns when it ended."""
        folder = staging_folder(self._paths, run_id)
        try:
            write(read_run(folder), state="running")
            child = CoreProcess(
                ("work-on", run_id),
                self._paths,
                folder / LOG_FILE,
                _TITLE,
                _thread_settings(),
                steps_back=True,
                outlives_us=True,
                command=self._command,
            )
        except (OSError, RunInvalidError) as error:
            log.warning("The run %s could not be started: %s", run_id, error)
            finish(self._paths, run_id, "failed", f"{_TITLE} could not be started.")
            return
        log.info("Training %s (process %d).", run_id, child.identity.pid)
        process = JobProcess.now(child.identity)
        write_process(folder, process)
        self._watch(run_id, process, child)

    def _watch(self, run_id: str, process: JobProcess, child: CoreProcess | None = None) -> None:
        """Follows a trainer to its end; an adopted one is no child of ours and leaves no exit code."""
        folder, trainer = staging_folder(self._paths, run_id), child or process.trainer
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
        message = message or why_ended(_TITLE, child.exit_code if child else None, folder / LOG_FILE)
        state: State = "cancelled" if message == CANCELLED else "failed"
        published = not finish(self._paths, run_id, state, message)
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


def _thread_settings() -> dict[str, str]:
    # All cores, but the trainer steps back: beside one that does not, the server answers five times fewer requests
    # a second. Set TUSKSCOPE_TRAIN_THREADS=1 where answers must stay fastest. OpenMP's threads would come on top.
    threads = os.environ.get("TUSKSCOPE_TRAIN_THREADS") or str(os.cpu_count() or 1)
    return {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": threads}
