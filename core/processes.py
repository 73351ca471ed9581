"""`python -m core …` in another process: one way to start it, to follow it, and to say why it ended."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from core.errors import ProcessFailedError
from core.files import tail
from core.paths import Paths
from core.process_identity import KILL_SECONDS, ProcessIdentity

PROJECT = Path(__file__).resolve().parent.parent
CORE = (sys.executable, "-m", "core")
_LOG_TAIL_BYTES = 8192
_SENTENCE_CHARACTERS = 500
# Ctrl-C at our terminal does not reach a process in a session (on Windows: a group) of its own.
_OWN_SESSION: dict[str, Any]
if sys.platform == "win32":
    _OWN_SESSION, _LOW_PRIORITY = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}, psutil.IDLE_PRIORITY_CLASS
else:
    _OWN_SESSION, _LOW_PRIORITY = {"start_new_session": True}, 15


class CoreProcess:
    """`python -m core …`, or another command of ours, that runs in another process.

    Args:
        arguments: The words after `python -m core`.
        paths: The folders it shall use.
        log: The file to append its output to; `None` leaves it on our own terminal.
        title: What it is, as its failure names it, such as `The training process`.
        settings: More variables of its environment.
        steps_back: Whether others get the processor first.
        outlives_us: Signals of our terminal do not reach it and it goes on without us.
        command: What to start instead of `python -m core`.

    Raises:
        OSError: If no process can be started.
    """

    def __init__(
        self,
        arguments: Sequence[str | Path],
        paths: Paths,
        log: Path | None,
        title: str,
        settings: Mapping[str, str] | None = None,
        steps_back: bool = False,
        outlives_us: bool = False,
        command: Sequence[str] = CORE,
    ):
        self._log, self._title = log, title
        folders = {"TUSKSCOPE_DATA": str(paths.data_dir), "TUSKSCOPE_MODELS": str(paths.models_dir)}
        with log.open("ab") if log else contextlib.nullcontext() as output:
            self._process = subprocess.Popen(
                [*command, *map(str, arguments)],
                cwd=PROJECT,
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONUNBUFFERED": "1", **folders, **(settings or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **(_OWN_SESSION if outlives_us else {}),
            )
        self.identity = ProcessIdentity.of(self._process.pid)
        with contextlib.suppress(psutil.Error, OSError):  # where that is not allowed it keeps the usual priority
            if steps_back:
                psutil.Process(self._process.pid).nice(_LOW_PRIORITY)

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.exit_code is None

    @property
    def exit_code(self) -> int | None:
        """`None` while it runs; below 0 if a signal ended it."""
        return self._process.poll()

    def wait(self, seconds: float) -> None:
        """Waits for its end; raises `subprocess.TimeoutExpired` if it takes longer."""
        self._process.wait(seconds)

    @property
    def failure(self) -> str:
        """Why it ended, in one sentence; empty while it runs and after a success."""
        return why_ended(self._title, self.exit_code, self._log) if self.exit_code else ""

    def stop(self, grace_seconds: float = 0, with_children: bool = True) -> None:
        """Ends it, as `ProcessIdentity.stop` does; harmless if it is over."""
        self.identity.stop(grace_seconds, with_children)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(KILL_SECONDS)  # reaps it


def run_core(arguments: Sequence[str | Path], paths: Paths, title: str, seconds: float) -> None:
    """Runs `python -m core …` in another process to its end; it steps back for others.

    Args:
        arguments, paths, title: As of `CoreProcess`.
        seconds: It is stopped if it takes longer.

    Raises:
        ProcessFailedError: If it failed, took longer than `seconds` or could not be started; one sentence says why.
    """
    with tempfile.TemporaryDirectory(prefix="tuskscope-") as folder:
        try:
            process = CoreProcess(arguments, paths, Path(folder) / "log.txt", title, steps_back=True)
        except OSError as error:
            raise ProcessFailedError(f"{title} could not be started. Close other programs and try again.") from error
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise ProcessFailedError(
                f"{title} took longer than {seconds / 60:.0f} minutes and was stopped. "
                "Try again when the machine is less busy."
            ) from None
        finally:
            process.stop()
        if process.failure:
            raise ProcessFailedError(process.failure)


def why_ended(title: str, exit_code: int | None, log: Path | None, memory: str = "") -> str:
    """One sentence for a process that ended without a result: its own `error: …`, the signal, or its last words.

    Args:
        title: What it was, such as `The training process`.
        exit_code: `None` if nobody knows.
        log: What it said; `None` if it said it at our terminal.
        memory: A sentence about the memory that it used, if somebody measured.
    """
    if exit_code is not None and exit_code < 0:
        guess = "Perhaps the memory was not enough." if _signal_name(-exit_code) == "SIGKILL" else ""
        return " ".join(
            filter(None, (f"{title} was killed ({_signal_name(-exit_code)}).", memory or guess, "Try again."))
        )
    lines = _last_lines(log) if log else []
    if own := [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]:
        return own[-1]
    ending = "ended" if exit_code is None else f"ended with exit code {exit_code}"
    words = f" Its last words: {lines[-1]}" if lines else ""
    words += f" {memory}" if memory and exit_code is None else ""
    return f"{title} {ending} without a result.{words}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_lines(log: Path) -> list[str]:
    """The printable lines near the end of a log."""
    lines = ("".join(filter(str.isprintable, line)).strip() for line in tail(log, _LOG_TAIL_BYTES).splitlines())
    return [line[:_SENTENCE_CHARACTERS] for line in lines if line]
