"""Works through a plan on this machine: a process a core, each chunk without a result; killed, it goes on."""

import contextlib
import multiprocessing
import os
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from pathlib import Path

from core.errors import DatasetError, ProcessFailedError
from core.paths import Paths
from core.prediction.predictor import available_cores
from core.prediction.scoring.chunk import result, score_chunk
from core.prediction.scoring.plan import RESULTS, Plan

_ATTEMPTS = 3  # that a killed process may cost without a chunk being done in between
_LEFTOVER_SECONDS = 3600  # no chunk is being written for so long

Done = Callable[[int], None]  # done(photos scored)


def work(target: Path, plan: Plan, paths: Paths, done: Done | None = None, processes: int | None = None) -> None:
    """Scores each chunk without a result; several at once, here or elsewhere, do no harm.

    The processes are spawned, never forked: LiteRT does not survive that. They end with this one. Chunks are taken in
    random order, so that two who work at once seldom do the same.

    Args:
        target: The plan's folder.
        plan: What lies in it.
        paths: Where the run lies.
        done: Called with the photos of each chunk that is done.
        processes: How many; one a core by default.

    Raises:
        ProcessFailedError: If processes are killed again and again.
        TuskscopeError, OSError: As `score_chunk`.
    """
    _tidy(target)
    left, failures = missing(target, plan), 0
    random.shuffle(left)
    while left:
        before = len(left)
        try:
            _attempt(target, left, paths, done, min(processes or available_cores(), len(left)))
        except BrokenProcessPool:
            left = missing(target, plan)
            failures = failures + 1 if len(left) == before else 0
            if failures >= _ATTEMPTS:
                raise ProcessFailedError(
                    f"A scoring process was killed {failures} times without a result; {len(left)} chunks are left. "
                    "Perhaps the memory was not enough. Close other programs, or use fewer processes, and go on."
                ) from None
        else:
            return


def missing(target: Path, plan: Plan) -> list[int]:
    """The chunks without a sound result."""
    return [number for number in range(plan.num_chunks) if result(target, plan, number) is None]


def _attempt(target: Path, numbers: Sequence[int], paths: Paths, done: Done | None, processes: int) -> None:
    context = multiprocessing.get_context("spawn")
    others, damaged = multiprocessing.active_children(), None
    pool = ProcessPoolExecutor(processes, context, initializer=_end_with_parent)
    try:
        for future in as_completed([pool.submit(score_chunk, target, number, paths) for number in numbers]):
            try:
                photos = future.result()
            except DatasetError as error:  # one bad list does not cost the night
                damaged, photos = error, 0
            if done:
                done(photos)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - set(others):
            process.terminate()
        raise
    pool.shutdown()
    if damaged:
        raise damaged


def _end_with_parent() -> None:
    """Without it the processes of a killed parent would wait for work for ever."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent:
            wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _tidy(target: Path) -> None:
    """Removes what killed processes left half written."""
    for file in (target / RESULTS).glob(".*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - file.stat().st_mtime > _LEFTOVER_SECONDS:
                file.unlink()
