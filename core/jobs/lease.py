"""Signs of life: whoever lives renews a file, whoever watches judges by its own clock how long nothing changed.

Clocks of two machines may be minutes apart, and a clock may be set at any time: times that others wrote down are never
compared with one's own.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from core.jobs.staged import PROCESS_FILE, is_taken_away
from core.process_identity import ProcessIdentity
from core.runs.progress import PROGRESS_FILE, note

LEASE_FILE = "lease.json"
LEASE_SECONDS = 120.0  # shared folders show a change up to a minute late
_RENEWAL_SECONDS = 2.0


class Observer:
    """Remembers since when something has not changed; what is seen for the first time has changed just now.

    Args:
        clock: Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._seen: dict[Path, tuple[object, float]] = {}
        self._lock = threading.Lock()  # a thread that read earlier must not be heard later

    def silence(self, key: Path, content: object) -> float:
        """For how many seconds this key has had this content."""
        now = self._clock()
        known, since = self._seen.get(key, (None, now))
        if known != content or key not in self._seen:
            since = now
        self._seen[key] = (content, since)
        return now - since

    def silence_of_run(self, folder: Path) -> float:
        """For how many seconds neither trainer nor worker of a live run, wherever they are, gave a sign of life."""
        with self._lock:
            signs = tuple(_content(folder / name) for name in (PROCESS_FILE, PROGRESS_FILE, LEASE_FILE))
            return self.silence(folder, signs)


OBSERVER = Observer()  # of this process


@contextlib.contextmanager
def kept_lease(folder: Path, attempt: int | None = None) -> Iterator[None]:
    """Renews the lease of the training in this folder while the block runs, and removes it afterwards.

    Args:
        folder: The staging folder.
        attempt: Which start of the run this is, if a worker started it: when the run was taken away meanwhile (this
            machine slept, say) the process ends at once, since two trainings must not write into one folder.
    """
    ended = threading.Event()
    me = asdict(ProcessIdentity.of())

    def renew() -> None:
        while True:
            with contextlib.suppress(OSError):  # a full disk, a network that hangs: the next one may pass
                if attempt is not None and is_taken_away(folder, attempt):
                    os.write(2, b"error: Another worker has taken this training over.\n")
                    os._exit(1)
                note(folder / LEASE_FILE, {"at": time.time(), "process": me})
            if ended.wait(_RENEWAL_SECONDS):
                return

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        (folder / LEASE_FILE).unlink(missing_ok=True)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
