"""Where jobs wait: a huey queue that carries run ids, and a table that guards order, length and the slot."""

import contextlib
import json
import os
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.api import TaskWrapper
from huey.registry import Message
from huey.serializer import Serializer

from core.errors import BusyError, TrainingError
from core.paths import Paths

MAX_WAITING = 16
_NAME = "tuskscope"
_TABLE = """
create table if not exists job (
    number integer primary key autoincrement,
    run_id text not null unique,
    slot text);
create unique index if not exists one_job_a_slot on job (slot) where slot is not null;
"""
_HAS_TABLE = "select 1 from sqlite_master where name = 'one_job_a_slot'"


class JsonSerializer(Serializer):
    """Tasks as JSON: huey's own serializer is pickle, which runs the code of whoever wrote the queue file."""

    def _serialize(self, data: Message) -> bytes:
        return json.dumps(data._asdict()).encode("utf-8")

    def _deserialize(self, data: bytes) -> Message:
        return Message(**json.loads(bytes(data)))


def queue(paths: Paths) -> Huey:
    """The huey queue: an SQLite file, or what `TUSKSCOPE_QUEUE` names (`redis://…`, `postgresql://…`).

    Raises:
        TrainingError: If `TUSKSCOPE_QUEUE` names something else.
    """
    url = os.environ.get("TUSKSCOPE_QUEUE", "")
    options = {"name": _NAME, "results": False, "serializer": JsonSerializer()}
    if url.startswith(("redis://", "rediss://")):
        return RedisHuey(url=url, **options)
    if url.startswith(("postgres://", "postgresql://")):
        return PostgresHuey(dsn=url, **options)
    if url:
        raise TrainingError("Expected TUSKSCOPE_QUEUE to start with redis:// or postgresql://. Unset it for SQLite.")
    paths.queue_file.parent.mkdir(parents=True, exist_ok=True)
    return SqliteHuey(filename=str(paths.queue_file), strict_fifo=True, **options)


def training_task(huey: Huey, work: Callable[[str], None] | None = None) -> TaskWrapper:
    """Registers the one task there is; a process that only enqueues has no `work`."""

    def train(run_id: str) -> None:
        work(run_id)

    return huey.task(name="train")(train)


def put(paths: Paths, run_id: str) -> None:
    """Tells the workers that a run waits."""
    huey = queue(paths)
    with contextlib.closing(huey.storage):
        huey.enqueue(training_task(huey).s(run_id))


class JobTable:
    """The jobs of a data folder: those that wait (`slot` is null), those that run (`slot` names the machine).

    A partial unique index lets one job in a slot, however many workers race for it; the slot is the machine,
    whose cores a second training would only share. Every change runs in `transaction()`, which also keeps two
    processes from finishing the same run twice.
    """

    def __init__(self, paths: Paths):
        self._file = paths.queue_file
        self._slot = socket.gethostname()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Holds the file's write lock; rolls back if the block raises.

        Raises:
            TrainingError: If the queue file is damaged or stays locked.
        """
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            opened = sqlite3.connect(self._file, timeout=10.0, isolation_level=None)
            with contextlib.closing(opened) as connection:
                if not connection.execute(_HAS_TABLE).fetchone():
                    connection.executescript(_TABLE)
                connection.execute("begin immediate")
                try:
                    yield connection
                except BaseException:
                    connection.execute("rollback")
                    raise
                connection.execute("commit")
        except sqlite3.Error as error:
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
        connection.execute("insert or ignore into job (run_id) values (?)", (run_id,))

    def restore(self, connection: sqlite3.Connection, run_id: str, forget_slot: bool) -> None:
        """Lets a run wait again whose row was lost or, if asked, whose worker died before it began."""
        connection.execute("insert or ignore into job (run_id) values (?)", (run_id,))
        if forget_slot:
            connection.execute("update job set slot = null where run_id = ?", (run_id,))

    def take_slot(self, run_id: str) -> bool | None:
        """Moves a waiting run into this machine's slot.

        Returns:
            `True` if it is in now, `False` if another run is, `None` if the run does not wait (any more).
        """
        with self.transaction() as connection:
            if connection.execute("select 1 from job where slot = ?", (self._slot,)).fetchone():
                waits = connection.execute("select 1 from job where run_id = ? and slot is null", (run_id,))
                return False if waits.fetchone() else None
            taken = connection.execute(
                "update job set slot = ? where run_id = ? and slot is null", (self._slot, run_id)
            )
            return True if taken.rowcount else None

    def occupy(self, connection: sqlite3.Connection, run_id: str) -> None:
        """Puts a run that is being trained into the slot, if its row was lost and the slot is free."""
        connection.execute("insert or ignore into job (run_id) values (?)", (run_id,))
        connection.execute("update or ignore job set slot = ? where run_id = ?", (self._slot, run_id))

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
