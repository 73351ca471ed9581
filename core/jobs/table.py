"""Where jobs wait: one SQLite table that is the queue and guards order, length and the slot."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from core.errors import BusyError, ConfigError, StorageError, TrainingError
from core.files import FULL, READ_ONLY, storage_error
from core.paths import Paths
from core.process_identity import machine

MAX_WAITING = 16
_TABLE = """
create table if not exists job (
    number integer primary key autoincrement,
    run_id text not null unique,
    slot text)
"""
_ONE_JOB_A_SLOT = "create unique index if not exists one_job_a_slot on job (slot) where slot is not null"
_KEYS = "create table if not exists start (key text primary key, run_id text not null, asked text not null)"
_MAX_KEYS = 1000
_TAKE_NEXT = """
update job set slot = :slot
where number = (select min(number) from job where slot is null)
    and not exists (select 1 from job where slot = :slot)
returning run_id
"""


class JobTable:
    """The jobs of a data folder: those that wait (`slot` is null), those that run (`slot` names the machine).

    A partial unique index lets one job in a slot, however many workers race for it; the slot is the machine,
    whose cores a second training would only share. Every change runs in `transaction()`, which also keeps two
    processes from finishing the same run twice.
    """

    def __init__(self, paths: Paths):
        self._file = paths.queue_file
        self._slot = machine()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Holds the file's write lock; rolls back if the block raises.

        Raises:
            StorageError: If its disk is full or read-only.
            TrainingError: If the queue file is damaged or stays locked.
        """
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            opened = sqlite3.connect(self._file, timeout=10.0, isolation_level=None)
            with contextlib.closing(opened) as connection, connection:  # the inner one commits or rolls back
                connection.execute("begin immediate")
                connection.execute(_TABLE)
                connection.execute(_ONE_JOB_A_SLOT)
                connection.execute(_KEYS)
                yield connection
        except (sqlite3.Error, OSError) as error:
            if found := _storage_error(error):
                raise found from error
            if isinstance(error, OSError):
                raise
            raise TrainingError(
                "The job queue cannot be read or stays locked. Restart the worker; it mends a damaged file."
            ) from error

    def add(self, connection: sqlite3.Connection, run_id: str) -> None:
        """Lets a run wait; a run that waits or runs already stays what it is.

        Raises:
            BusyError: If `MAX_WAITING` runs wait.
        """
        (waiting,) = connection.execute("select count(*) from job where slot is null").fetchone()
        if waiting >= MAX_WAITING:
            raise BusyError(f"{waiting} trainings wait already. Wait until one has started, or cancel one.")
        self.restore(connection, run_id)

    def started_by(self, connection: sqlite3.Connection, key: str, asked: str) -> str | None:
        """The run that was started with this key before; `None` if there is none.

        Raises:
            ConfigError: If another training was asked for with this key.
        """
        found = connection.execute("select run_id, asked from start where key = ?", (key,)).fetchone()
        if found and found[1] != asked:
            raise ConfigError("Another training was started with this key before. Send a fresh key for a new training.")
        return str(found[0]) if found else None

    def remember_start(self, connection: sqlite3.Connection, key: str, asked: str, run_id: str) -> None:
        """Remembers the run of a key; of many keys the latest."""
        connection.execute("insert or replace into start values (?, ?, ?)", (key, run_id, asked))
        connection.execute(
            "delete from start where rowid <= (select max(rowid) from start) - ?",
            (_MAX_KEYS,),
        )

    def restore(self, connection: sqlite3.Connection, run_id: str, forget_slot: bool = False) -> None:
        """Lets a run wait again whose row was lost or, if asked, whose worker died before it began."""
        connection.execute("insert or ignore into job (run_id) values (?)", (run_id,))
        if forget_slot:
            connection.execute("update job set slot = null where run_id = ?", (run_id,))

    def occupy(self, connection: sqlite3.Connection, run_id: str) -> None:
        """Puts a run that is being trained into the slot, if its row was lost and the slot is free."""
        self.restore(connection, run_id)
        connection.execute("update or ignore job set slot = ? where run_id = ?", (self._slot, run_id))

    def take_next(self, begin: Callable[[str], None] = lambda run_id: None) -> str | None:
        """Moves the run that waits longest into this machine's slot; `None` if none waits or the slot is taken.

        Args:
            begin: Called with the run before anybody sees that it is taken; what it raises lets the run wait on.
        """
        if not self.waiting():  # asked a few times a second, so without the write lock
            return None
        with self.transaction() as connection:
            taken = connection.execute(_TAKE_NEXT, {"slot": self._slot}).fetchone()
            if taken is None:
                return None
            begin(str(taken[0]))
            return str(taken[0])

    def remove(self, connection: sqlite3.Connection, run_id: str) -> None:
        """Frees the run's place or slot."""
        connection.execute("delete from job where run_id = ?", (run_id,))

    def rows(self) -> list[tuple[str, bool]]:
        """`(run_id, is in a slot)` in the order of arrival; empty if the file is missing or unreadable."""
        if not self._file.exists():
            return []
        try:
            with contextlib.closing(sqlite3.connect(self._file, timeout=2.0)) as connection:
                return [
                    (run_id, slot is not None)
                    for run_id, slot in connection.execute("select run_id, slot from job order by number")
                ]
        except sqlite3.Error:
            return []  # the run folders tell the states; only the positions are lost

    def waiting(self) -> list[str]:
        """The ids of the runs that wait, first the next one."""
        return [run_id for run_id, in_slot in self.rows() if not in_slot]


def _storage_error(error: Exception) -> StorageError | None:
    """The sentence for a full or read-only disk, whether the system or SQLite noticed it."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return storage_error(error)
    if code & 0xFF == sqlite3.SQLITE_FULL:
        return StorageError(FULL)
    return StorageError(READ_ONLY) if code & 0xFF == sqlite3.SQLITE_READONLY else None


def set_aside_if_damaged(file: Path) -> Path | None:
    """Renames a queue file that is no database any more (never deletes it); returns the new name."""
    if not file.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(file, timeout=10.0)) as connection:
            (answer,) = connection.execute("pragma quick_check(1)").fetchone()
            if answer == "ok":
                return None
    except sqlite3.OperationalError:
        return None  # locked or not allowed: not a damage
    except sqlite3.DatabaseError:
        pass
    kept = file.with_name(f"{file.name}.damaged-{time.time_ns()}")
    for suffix in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.replace(file.with_name(file.name + suffix), kept.with_name(kept.name + suffix))
    os.replace(file, kept)
    return kept
