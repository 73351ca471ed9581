"""Follows the served run: a promotion is seen by every process with its next prediction."""

import threading

from core.errors import NoActiveRunError, RunInvalidError
from core.memory import release_freed
from core.paths import Paths
from core.prediction.predictor import Predictor
from core.runs import registry


class ActivePredictor:
    """Gives the predictor of the served run, loaded once and swapped when `models/active` changes.

    The first caller after a promotion loads and warms up the new run; callers meanwhile get the old one, so nobody
    waits for a file and no answer mixes two runs.

    Args:
        paths: Where the runs lie.
        pool_size: As in `Predictor`.
    """

    def __init__(self, paths: Paths, pool_size: int = 1):
        self._paths = paths
        self._pool_size = pool_size
        self._lock = threading.Lock()
        self._loaded: tuple[tuple, Predictor] | None = None

    def get(self) -> Predictor:
        """The predictor of the served run; a caller keeps one for a whole request.

        A run that cannot be loaded never replaces one that works: the old one goes on from memory.

        Raises:
            NoActiveRunError: If nothing is served.
            RunInvalidError: If the served run is damaged and none was loaded before.
        """
        mark = self._mark()
        loaded = self._loaded
        if loaded is None:
            self._lock.acquire()
        elif loaded[0] == mark or not self._lock.acquire(blocking=False):
            return loaded[1]  # nothing is new, or somebody else is loading it
        try:
            if not self._loaded or self._loaded[0] != mark:
                self._loaded = (mark, self._load())
            return self._loaded[1]
        finally:
            self._lock.release()

    def _load(self) -> Predictor:
        old = self._loaded[1] if self._loaded else None
        try:
            run = registry.active(self._paths)
            if old and old.run.run_id == run.run_id:
                return old
            release_freed()  # what the run before the last one left: the last one may still be answering
            return Predictor(run, self._pool_size)
        except (NoActiveRunError, RunInvalidError):
            if old is None:
                raise
            return old

    def _mark(self) -> tuple:
        """Changes whenever another run may be served; costs one `stat`."""
        try:
            status = registry.active_file(self._paths).stat()
            return status.st_mtime_ns, status.st_ino
        except OSError:
            return (len(registry.runs(self._paths)),)
