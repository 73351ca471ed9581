"""What a worker finds when it starts, or when another one died: runs to adopt, to let go on, to bury."""

import logging
from collections.abc import Callable, Set
from dataclasses import replace

from core.errors import TrainingError, TuskscopeError
from core.jobs.lease import OBSERVER
from core.jobs.leftovers import sweep
from core.jobs.staged import (
    CANCELLED,
    INTERRUPTED,
    JobProcess,
    cancel_requested,
    finish,
    let_go_on,
    read_process,
    staged,
    staging_folder,
    trainer_of,
    write_process,
)
from core.jobs.table import JobTable, set_aside_if_damaged
from core.jobs.watchdog import Limits
from core.paths import Paths
from core.process_identity import ProcessIdentity
from core.runs.folder import Run

log = logging.getLogger(__name__)


class Recovery:
    """Brings run folders and table back into agreement, again and again; the folders are the truth.

    Args:
        paths: Where they lie.
        limits: The worker's patience.
        mine: Runs that this worker looks after.
        adopt: Called with a run that is trained by a living process whose worker died.
    """

    def __init__(self, paths: Paths, limits: Limits, mine: Set[str], adopt: Callable[[str, JobProcess], None]):
        self._paths, self._table, self._limits, self._mine, self._adopt = paths, JobTable(paths), limits, mine, adopt
        self._me = ProcessIdentity.of()

    def at_start(self) -> None:
        """Mends what a crash left: a damaged queue file, remains in `models/`, orphans, lost places."""
        self._mend_table()
        sweep(self._paths)
        self.look()

    def look(self) -> None:
        """Looks after orphans and lost places; one run that cannot be mended is no harm to the others."""
        for run in staged(self._paths):
            try:
                if run.state != "queued" and run.run_id not in self._mine:
                    self._of_orphan(run)
            except (OSError, TuskscopeError) as error:
                log.info("The run %s has to wait: %s", run.run_id, error)
        try:
            self._of_places()
        except TrainingError:
            self._mend_table()
            raise

    def _of_orphan(self, run: Run) -> None:
        """Adopts a run in training, lets it go on or buries it, if no living worker looks after it."""
        process, trainer = read_process(run.folder), trainer_of(run.folder)
        if process and self._lives(process.worker):
            return
        if trainer and trainer.is_alive:
            if process:  # without one it runs at a terminal, whose own business it is
                self._take_over(run, replace(process, trainer=trainer), process)
            return
        surely_gone = trainer.is_local if trainer else bool(process and process.worker == self._me)
        if surely_gone or OBSERVER.silence_of_run(run.folder) > self._limits.lease_seconds:
            self._end(run, process)

    def _lives(self, worker: ProcessIdentity) -> bool:
        """Whether another worker of this machine is there; what this one looks after is in `mine`."""
        return worker != self._me and worker.is_alive

    def _end(self, run: Run, process: JobProcess | None) -> None:
        if cancel_requested(run.folder):
            finish(self._paths, run.run_id, "cancelled", CANCELLED)
        elif process and process.may_go_on:
            if let_go_on(self._paths, run, process):
                log.info("The training of %s was interrupted; it goes on where it stopped.", run.run_id)
        elif finish(self._paths, run.run_id, "failed", INTERRUPTED):
            log.info("The training of %s was interrupted.", run.run_id)

    def _take_over(self, run: Run, process: JobProcess, seen: JobProcess) -> None:
        with self._table.transaction() as connection:
            if read_process(run.folder) != seen:
                return  # another worker was faster
            self._table.occupy(connection, run.run_id)
            process = replace(process, worker=self._me)
            write_process(run.folder, process)
        self._adopt(run.run_id, process)

    def _of_places(self) -> None:
        """Lets queued runs wait again whose place was lost; forgets places of runs that are gone."""
        rows, queued = dict(self._table.rows()), {run.run_id for run in staged(self._paths) if run.state == "queued"}
        lost = {run_id for run_id in queued - self._mine if rows.get(run_id, True) and not self._is_taken(run_id)}
        gone = {run_id for run_id in rows.keys() - self._mine if not staging_folder(self._paths, run_id).exists()}
        if not lost | gone:
            return
        with self._table.transaction() as connection:
            for run in staged(self._paths):
                if run.run_id in lost and run.state == "queued" and not self._is_taken(run.run_id):
                    self._table.restore(connection, run.run_id, forget_slot=True)
            for run_id in gone:
                if not staging_folder(self._paths, run_id).exists():
                    self._table.remove(connection, run_id)

    def _is_taken(self, run_id: str) -> bool:
        """Whether a worker that lives, as far as one can tell, is about to start a queued run."""
        folder = staging_folder(self._paths, run_id)
        process = read_process(folder)
        if process is None or process.worker.is_local:
            return process is not None and (run_id in self._mine or self._lives(process.worker))
        return OBSERVER.silence_of_run(folder) <= self._limits.lease_seconds

    def _mend_table(self) -> None:
        if kept := set_aside_if_damaged(self._paths.queue_file):
            log.warning("The job queue was damaged; it is kept as %s and rebuilt from the runs.", kept.name)
