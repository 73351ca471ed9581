"""Who a process is, whether it lives, how to stop it: pids are reused, so a pid alone proves nothing."""

import contextlib
import socket
import time
from dataclasses import dataclass

import psutil

# Linux derives a start time from clock ticks and the boot time; both are rounded.
_START_TOLERANCE_SECONDS = 2.0
KILL_SECONDS = 5.0


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
        process = psutil.Process(pid)
        return cls(host=socket.gethostname(), pid=process.pid, started=process.create_time())

    @property
    def is_local(self) -> bool:
        """Whether it is a process of this machine."""
        return self.host == socket.gethostname()

    @property
    def is_alive(self) -> bool:
        """Whether this very process runs on this machine; `False` if it is another machine's."""
        if not self.is_local:
            return False
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            return abs(process.create_time() - self.started) < _START_TOLERANCE_SECONDS and _runs(process)
        return False

    def usage(self) -> tuple[float, int]:
        """Processor seconds used so far and bytes of resident memory; zeros if the process is gone."""
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            return sum(process.cpu_times()[:2]), process.memory_info().rss
        return 0.0, 0

    def stop(self, grace_seconds: float, with_children: bool = True) -> None:
        """Ends the process politely (TERM), then by force (KILL) when the time is over.

        Args:
            grace_seconds: How long to wait after TERM, which Windows does not know; 0 goes straight to KILL.
            with_children: Also all that it started.
        """
        if not self.is_alive:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            left = [process, *(process.children(recursive=True) if with_children else ())]
            for end, patience in (("terminate", grace_seconds), ("kill", KILL_SECONDS)):
                deadline = time.monotonic() + patience
                for one in left if patience else ():
                    with contextlib.suppress(psutil.Error):
                        getattr(one, end)()
                while (left := [one for one in left if _runs(one)]) and time.monotonic() < deadline:
                    time.sleep(0.05)


def _runs(process: psutil.Process) -> bool:
    """Whether a process is neither gone nor only waiting to be reaped."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False
