"""Follows the served run: a promotion is seen by every process with its next prediction."""

import threading
from pathlib import Path

from core.errors import RunInvalidError
from core.memory import release_freed
from core.paths import Paths
from core.prediction.predictor import Predictor
from core.runs import registry
from core.runs.folder import SERVED_FILE


class ActivePredictor:
    """Gives the predictor of the served run, loaded once and swapped when `models/active` changes.

    The first caller after a promotion loads and warms up the new run; callers meanwhile get the old one, so nobody
    waits for a file and no answer mixes two runs.

    Args:
        paths: Where the runs lie.
        pool_size: As in `Predictor`.

    Attributes:
        problem: Why another run answers than the one that `models/active` names, or this one from memory only; "" if
            all is well.
    """

    def __init__(self, paths: Paths, pool_size: int = 1):
        self._paths = paths
        self._pool_size = pool_size
        self._lock = threading.Lock()
        self._loaded: Predictor | None = None
        self._mark: tuple = ()
        self.problem = ""

    def get(self) -> Predictor:
        """The predictor of the served run; a caller keeps one for a whole request.

        A run that cannot be loaded never replaces one that works: the old one goes on from memory. Without one, the
        run before it answers. Either way `problem` says so.

        Raises:
            NoActiveRunError: If nothing is served.
            RunInvalidError: If the served run is damaged and no other can answer.
        """
        mark, loaded = self._look(), self._loaded
        if loaded and self._mark == mark:
            return loaded
        if not self._lock.acquire(blocking=loaded is None) and loaded:
            return loaded
        try:
            if not self._loaded or self._mark != mark:
                self._loaded, self.problem = self._load(self._loaded)
                self._mark = mark
            return self._loaded
        finally:
            self._lock.release()

    def _load(self, old: Predictor | None) -> tuple[Predictor, str]:
        problem = ""
        for run in registry.serving_order(self._paths):
            try:
                if old and old.run == run:
                    return old, problem
                release_freed()  # what the run before the last one left: the last one may still be answering
                return Predictor(run, self._pool_size), problem
            except RunInvalidError as error:
                problem = problem or str(error)
            if old:
                return old, problem
        registry.served(self._paths)  # says what is wrong, if it is not the network itself
        raise RunInvalidError(problem)

    def _look(self) -> tuple:
        """Changes whenever another run may be served or the named one was touched: a short read, four `stat`."""
        folder = self._paths.models_dir
        run = folder / (registry.active_id(self._paths) or "active")
        return tuple(map(_identity, (folder, registry.active_file(self._paths), run / "run.json", run / SERVED_FILE)))


def _identity(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
