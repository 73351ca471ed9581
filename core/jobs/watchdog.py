"""When to give up on a trainer: it gives no sign of life, or it takes too much memory."""

import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.jobs.lease import LEASE_SECONDS
from core.process_identity import ProcessIdentity
from core.runs.progress import read_progress

_GIB = 2**30


@dataclass(frozen=True)
class Limits:
    """The worker's patience.

    Attributes:
        startup_seconds: Until the first report; importing TensorFlow on a busy machine takes a while.
        stall_seconds: Without a report and without using the processor.
        silence_seconds: Without a report, however busy it seems.
        memory_bytes: Resident memory of the trainer.
        lease_seconds: Without a sign of life of another machine that trains.
        grace_seconds: Between TERM and KILL when it is cancelled.
        poll_seconds: Between two looks at it.
        heartbeat_seconds: Between two signs of life of the worker itself.
    """

    startup_seconds: float = 120.0
    stall_seconds: float = 60.0
    silence_seconds: float = 600.0
    memory_bytes: int = 6 * _GIB
    lease_seconds: float = LEASE_SECONDS
    grace_seconds: float = 8.0
    poll_seconds: float = 0.25
    heartbeat_seconds: float = 2.0


class Watchdog:
    """Remembers when a trainer last gave a sign of life.

    Silence alone proves nothing within a minute: writing a model reports nothing but computes; a hanging
    process does not compute. Ages are taken from this process's own clock, so that neither a changed
    system time nor a laptop's sleep looks like a stall.
    """

    _BUSY_CPU_SECONDS = 0.5  # an idle interpreter with many threads uses less in a minute

    def __init__(self, folder: Path, trainer: ProcessIdentity, limits: Limits):
        self._folder, self._trainer, self._limits = folder, trainer, limits
        self._report: float | None = None
        self._reported_at = self._active_at = time.monotonic()
        self._cpu_seconds, self._memory_bytes = trainer.usage()
        self._free_bytes = psutil.virtual_memory().available

    @property
    def memory_words(self) -> str:
        """One sentence about the last measurement, for a trainer that the system ended."""
        return (
            f"It used {self._memory_bytes / _GIB:.2f} GiB of memory when last measured, "
            f"{self._free_bytes / _GIB:.1f} GiB were free."
        )

    def complaint(self) -> str:
        """One sentence that says why the trainer has to be stopped; empty if all is well."""
        now = time.monotonic()
        heartbeat = read_progress(self._folder)
        if heartbeat and heartbeat.at != self._report:
            self._report, self._reported_at, self._active_at = heartbeat.at, now, now
        cpu_seconds, memory_bytes = self._trainer.usage()
        if memory_bytes:
            self._memory_bytes, self._free_bytes = memory_bytes, psutil.virtual_memory().available
        if cpu_seconds - self._cpu_seconds >= self._BUSY_CPU_SECONDS:
            self._cpu_seconds, self._active_at = cpu_seconds, now
        patience = self._limits.stall_seconds if self._report else self._limits.startup_seconds
        silence = now - self._reported_at
        if now - self._active_at > patience or silence > max(patience, self._limits.silence_seconds):
            return f"The training stalled: no sign of life for {silence:.0f} seconds. Train again."
        if memory_bytes > self._limits.memory_bytes:
            return (
                f"The training used {memory_bytes / _GIB:.2f} GiB of memory; it may use at most "
                f"{self._limits.memory_bytes / _GIB:.1f} GiB of memory. "
                "Lower batch_size or image_size."
            )
        return ""
