"""Confidence intervals: no figure of Tuskscope is shown without one."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

Z = NormalDist().inv_cdf(0.975)  # standard deviations to either side that hold 95 % of a normal distribution
# Weights of one batch of resamples stay below this many numbers (32 MB), whatever the number of photos.
_BATCH_NUMBERS = 4_000_000


@dataclass(frozen=True)
class Interval:
    """The two ends of a confidence interval, in the unit of the figure it belongs to."""

    low: float
    high: float


@dataclass(frozen=True)
class Measured:
    """A figure with its 95 % interval and the number of photos behind it.

    Attributes:
        value: The estimate; a share is 0–1, not percent.
        low: Lower end of the interval.
        high: Upper end of the interval.
        n: Photos measured.
    """

    value: float
    low: float
    high: float
    n: int

    def percent(self, noun: str = "", *context: str) -> str:
        """A share with its interval: `92.2 % (87.3–95.3, n = 179)`.

        Args:
            noun: What it is a share of, written behind it: `92.2 % accuracy (…)`.
            context: What else one must know, at the end of the brackets.
        """
        inside = ", ".join((f"{100 * self.low:.1f}–{100 * self.high:.1f}", f"n = {self.n}", *context))
        return f"{100 * self.value:.1f} % {noun} ({inside})".replace("  ", " ")

    def text(self, labels: str, split: str, noun: str = "") -> str:
        """The one way a figure is written: `92.2 % accuracy (87.3–95.3, n = 179, given labels, test)`.

        Args:
            labels: `given` or `reviewed`.
            split: `train`, `validation` or `test`.
            noun: As in `percent`.
        """
        return self.percent(noun, f"{labels} labels", split)

    def points(self, name: str = "") -> str:
        """A difference of shares with its interval: `+3.4 points (+0.1 to +6.6)`; `name` stands before the interval."""
        return f"{_signed(self.value)} points ({name}{_signed(self.low)} to {_signed(self.high)})"


def _signed(share: float) -> str:
    """Percentage points with their sign: `+3.4`, `−1.1`, `0.0`."""
    text = f"{100 * share:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def proportion(successes: int, n: int) -> Measured:
    """A share of photos, with an interval that stays inside 0–1 and is honest for few photos and for 0 or 100 %.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22, 209–212.

    Args:
        successes: Between 0 and `n`.
        n: Trials, at least 1.

    Raises:
        ValueError: If the counts are impossible.
    """
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"Expected 0 <= successes <= n and at least one photo. Received {successes} of n={n}.")
    share = int(successes) / int(n)
    centre = share + Z * Z / (2 * n)
    half_width = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    # At 0 and n the formula gives exactly 0 and 1 but for rounding.
    low = 0.0 if successes == 0 else (centre - half_width) / scale
    high = 1.0 if successes == n else (centre + half_width) / scale
    return Measured(share, low, high, int(n))


def share_of(hits: Any) -> Measured:
    """The share of photos that are hits, as `proportion`; `bool`, shape `(n,)`."""
    return proportion(hits.sum(), len(hits))


def bootstrap(
    statistic: Callable[[np.ndarray], np.ndarray],
    n: int,
    resamples: int = 1000,
) -> Measured:
    """Percentile interval of any statistic, by drawing the photos again with replacement.

    Efron (1979), "Bootstrap methods: another look at the jackknife", Annals of Statistics 7, 1–26. It cannot
    see beyond the sample: a statistic without variation in it (an AUC of 1) gets an interval of width zero.

    Args:
        statistic: Takes `float64` weights, shape `(resamples, n)`, how often each photo was drawn (each row
            sums to `n`), and returns shape `(resamples,)`; NaN where a resample leaves it undefined, which is
            then ignored.
        n: Photos, at least 1.
        resamples: How many times the photos are drawn.

    Returns:
        The statistic of the photos as they are (every weight 1) and its interval, widened if needed to
        contain it: resampling shifts biased statistics such as the calibration error.

    Raises:
        ValueError: If there is no photo, or the statistic is undefined on the photos as they are.
    """
    if n < 1:
        raise ValueError(f"Expected at least one photo. Received n={n}.")
    value = float(statistic(np.ones((1, n)))[0])
    if math.isnan(value):
        raise ValueError("Expected a statistic that is defined on the photos as they are. Received NaN.")
    generator = np.random.default_rng(0)  # the same photos give the same interval
    batch = max(1, _BATCH_NUMBERS // n)
    found = [value]
    for start in range(0, resamples, batch):
        rows = min(batch, resamples - start)
        drawn = generator.integers(0, n, size=(rows, n)) + n * np.arange(rows)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)
        values = statistic(weights)
        found.extend(values[~np.isnan(values)].tolist())
    low, high = np.quantile(found, [0.025, 0.975])
    return Measured(value, min(float(low), value), max(float(high), value), n)
