"""What a worker finds when it starts, or when another one died: runs to adopt, to bury, to let wait again."""

import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import replace

from core.jobs.heartbeat import worker_alive
from core.jobs.queue import INTERRUPTED
from core.jobs.staged import (
    JobProcess,
    finish,
    read_process,
    staged,
    staging_folder,
    sweep,
    trainer_of,
    write_process,
)
from core.jobs.table import JobTable, set_aside_if_damaged
from core.jobs.watchdog import Limits
from core.paths import Paths
from core.process_identity import ProcessIdentity
from core.runs.folder import Run
from core.runs.progress import read_progress

# Of another machine's processes only their reports are known; its clock may differ by a little.
_REMOTE_SILENCE_SECONDS = 300.0

log = logging.getLogger(__name__)


class Recovery:
    """Brings run folders and table back into agreement; the folders are the truth.

    Args:
        paths: Where they lie.
        limits: The worker's patience.
        adopt: Called with a run that is trained by a living process whose worker died.
    """

    def __init__(self, paths: Paths, limits: Limits, adopt: Callable[[str, JobProcess], None]):
        self._paths, self._table, self._limits, self._adopt = paths, JobTable(paths), limits, adopt

    def at_start(self) -> None:
        """Mends what a crash left: a damaged queue file, remains in `models/`, orphans, lost places."""
        kept = set_aside_if_damaged(self._paths.queue_file)
        if kept:
            log.warning("The job queue was damaged; it is kept as %s and rebuilt from the runs.", kept.name)
        sweep(self._paths)
        self.of_orphans()
        self._of_places()

    def of_orphans(self) -> None:
        """Adopts or buries the runs in training that no living worker looks after."""
        for run in staged(self._paths):
            if run.state == "queued":
                continue
            process = read_process(run.folder)
            if process and process.worker.is_alive:
                continue
            trainer = trainer_of(run.folder)
            if trainer and trainer.is_alive:
                if process:  # without one it runs at a terminal, whose own business it is
                    self._take_over(run, process)
            elif self._is_dead(run, trainer) and finish(self._paths, run.run_id, "failed", INTERRUPTED):
                log.info("The training of %s was interrupted.", run.run_id)

    def _is_dead(self, run: Run, trainer: ProcessIdentity | None) -> bool:
        """Whether a run whose trainer is not known to live is surely not trained any more."""
        if trainer and trainer.is_local:
            return True
        heartbeat = read_progress(run.folder)
        if heartbeat:
            return time.time() - heartbeat.at > _REMOTE_SILENCE_SECONDS
        with contextlib.suppress(FileNotFoundError):  # nobody said anything yet: it may have started just now
            return time.time() - (run.folder / "run.json").stat().st_mtime > self._limits.startup_seconds
        return False

    def _take_over(self, run: Run, process: JobProcess) -> None:
        with self._table.transaction() as connection:
            if read_process(run.folder) != process:
                return  # another worker was faster
            self._table.occupy(connection, run.run_id)
            process = replace(process, worker=ProcessIdentity.of())
            write_process(run.folder, process)
        self._adopt(run.run_id, process)

    def _of_places(self) -> None:
        """Lets queued runs wait again whose place was lost; forgets places of runs that are gone."""
        alone = not worker_alive(self._paths)  # else a queued run in a slot is about to start
        with self._table.transaction() as connection:
            for run in staged(self._paths):
                if run.state == "queued":
                    self._table.restore(connection, run.run_id, forget_slot=alone)
            for run_id, _ in self._table.rows():
                if not staging_folder(self._paths, run_id).exists():
                    self._table.remove(connection, run_id)
