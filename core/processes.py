"""Who a process is, whether it lives, how to stop it: pids are reused, so a pid alone proves nothing."""

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psutil

# Linux derives a start time from clock ticks and the boot time; both are rounded.
_START_TOLERANCE_SECONDS = 2.0


@dataclass(frozen=True)
class ProcessIdentity:
    """A process that cannot be mistaken for a later one with the same pid.

    Attributes:
        host: Name of the machine; several may share one `models/`.
        pid: Its number there.
        started: When it started, in seconds since 1970.
    """

    host: str
    pid: int
    started: float

    @classmethod
    def of(cls, pid: int | None = None) -> "ProcessIdentity":
        """The identity of a living process; without a pid, of this one.

        Raises:
            psutil.NoSuchProcess: If no process has this pid.
        """
        pid = os.getpid() if pid is None else pid
        return cls(host=socket.gethostname(), pid=pid, started=psutil.Process(pid).create_time())

    @classmethod
    def from_dict(cls, content: Any) -> "ProcessIdentity":
        """Reads what `dataclasses.asdict` wrote.

        Raises:
            KeyError, TypeError, ValueError: If it is something else.
        """
        return cls(host=str(content["host"]), pid=int(content["pid"]), started=float(content["started"]))

    @property
    def is_local(self) -> bool:
        return self.host == socket.gethostname()

    @property
    def is_alive(self) -> bool:
        """Whether this very process runs on this machine; `False` if it is another machine's."""
        if not self.is_local:
            return False
        try:
            process = psutil.Process(self.pid)
            return (
                abs(process.create_time() - self.started) < _START_TOLERANCE_SECONDS
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.Error:
            return False

    @property
    def cpu_seconds(self) -> float:
        """Processor time used so far; 0 if the process is gone."""
        try:
            times = psutil.Process(self.pid).cpu_times()
            return times.user + times.system
        except psutil.Error:
            return 0.0

    @property
    def memory_bytes(self) -> int:
        """Resident memory; 0 if the process is gone."""
        try:
            return psutil.Process(self.pid).memory_info().rss
        except psutil.Error:
            return 0


def stop(
    process: ProcessIdentity,
    grace_seconds: float,
    whole_group: bool = True,
    ended: Callable[[], bool] | None = None,
) -> None:
    """Ends a process politely (TERM), then by force (KILL) when `grace_seconds` are over.

    Args:
        process: Which one; nothing happens if it is gone or is another process by now.
        grace_seconds: How long to wait after TERM; 0 goes straight to KILL.
        whole_group: Also its children; only right if it was started in a session of its own.
        ended: Says whether it ended; needed for a child of ours, which only its `Popen` can reap.
    """
    if not process.is_alive:
        return
    ended = ended or (lambda: not process.is_alive)
    send = os.killpg if whole_group else os.kill
    politely = ((signal.SIGTERM, grace_seconds),) if grace_seconds > 0 else ()
    for signal_number, patience in (*politely, (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            send(process.pid, signal_number)
        deadline = time.monotonic() + patience
        while not ended() and time.monotonic() < deadline:
            time.sleep(0.05)
        if ended():
            break
    if whole_group:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # children that outlived their parent
            os.killpg(process.pid, signal.SIGKILL)
