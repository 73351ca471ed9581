"""Times calls in turn, so that a busy machine slows all of them alike."""

import time
from collections.abc import Callable
from statistics import median


def interleaved_ms(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median milliseconds of each call; every round times each call once, after one untimed round.

    Args:
        calls: Name to function.
        rounds: How often each is timed.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if number:
                times[name].append((time.perf_counter() - start) * 1000)
    return {name: median(values) for name, values in times.items()}
