"""Who a process is, whether it lives, how to stop it: pids are reused, so a pid alone proves nothing."""

import contextlib
import os
import socket
import sys
import time
import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

_START_TOLERANCE_SECONDS = 2.0
KILL_SECONDS = 5.0


@dataclass(frozen=True)
class ProcessIdentity:
    """A process that cannot be mistaken for a later one with the same pid.

    Attributes:
        host: Where its pid counts: `machine()` there; several machines may share one `models/`.
        pid: Its number there.
        started: When it started, in seconds: on Linux since the boot, which no change of the clock moves, else since
            1970.
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
        return cls(machine(), process.pid, _started(process))

    @property
    def is_local(self) -> bool:
        """Whether it is a process of this machine."""
        return self.host == machine()

    @property
    def is_alive(self) -> bool:
        """Whether this very process runs on this machine; `False` if it is another machine's."""
        if not self.is_local:
            return False
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            return abs(_started(process) - self.started) < _START_TOLERANCE_SECONDS and _runs(process)
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


@cache
def machine() -> str:
    """An id of this machine, since its boot, as far as pids are seen from here.

    Host names do not tell machines apart: cloned images and containers share them. Linux numbers its boots at random,
    and its pid namespaces, of which every container has its own.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
            return f"{boot}/{os.readlink('/proc/self/ns/pid')}"
    return f"{socket.gethostname()}/{uuid.getnode():x}"


def _started(process: psutil.Process) -> float:
    # Linux knows clock ticks since the boot; psutil adds a boot time that moves whenever the clock is set.
    return process.create_time() - (psutil.boot_time() if sys.platform == "linux" else 0.0)


def _runs(process: psutil.Process) -> bool:
    """Whether a process is neither gone nor only waiting to be reaped."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False
