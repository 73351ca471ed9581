"""Times calls in turn, so that a busy machine slows all of them alike."""

import time
from collections.abc import Callable
from statistics import median


def interleaved_ms(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median milliseconds of each call, as `percentiles_ms`."""
    return {name: values["p50"] for name, values in percentiles_ms(calls, rounds).items()}


def percentiles_ms(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, dict[str, float]]:
    """`p50` and `p99` milliseconds of each call; every round times each call once, after one untimed round.

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
    return {
        name: {"p50": median(values), "p99": sorted(values)[len(values) * 99 // 100]} for name, values in times.items()
    }
