"""Shares of a large set of photos from a few checks and a prediction for every photo, with honest intervals."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import expit, logit, stdtrit

from core.metrics.intervals import Measured

_SURE = 0.005  # a guess is never nearer to 0 or 1: models are too sure of themselves
_STRETCH, _SHIFT = 1.0, 2.0  # how far guesses are off before anybody looked, as standard deviations in log-odds
_FARTHEST = 40.0  # shift of the log-odds at which every photo is a hit, or none


@dataclass(frozen=True)
class Checks:
    """What a person said of photos that were drawn at random within strata.

    Attributes:
        guesses: For every photo of the set how probable a hit is, by the model, `float`, shape `(photos,)`, 0–1.
        stratum: Of every photo, `int`, shape `(photos,)`, from 0.
        checked: Indices of the checked photos, shape `(checks,)`.
        hits: Whether each of them is a hit, `bool`, shape `(checks,)`.
    """

    guesses: np.ndarray
    stratum: np.ndarray
    checked: np.ndarray
    hits: np.ndarray


def share(checks: Checks) -> Measured:
    """The share of hits among all photos.

    The estimate is prediction-powered (Angelopoulos et al. 2023, "Prediction-powered inference", Science 382; in
    strata: Fisch et al. 2024, "Stratified prediction-powered inference", NeurIPS): the mean guess, corrected by how far
    the guesses, recalibrated, were off where somebody looked. So wrong guesses widen the interval and do not shift it.

    The interval is a score interval, as Wilson's, from which it hardly differs where all guesses are alike: a share
    belongs to it if the estimate lies within about two standard errors, these computed for that share (all guesses
    shifted alike in log-odds to reach it). With few checks and shares near 0 or 1 the usual normal interval is far
    too narrow.

    Raises:
        ValueError: If there is no check.
    """
    if not len(checks.checked):
        raise ValueError("Expected at least one check. Received none.")
    stratum = _with_checks(checks.stratum, checks.checked)
    sizes = np.bincount(stratum)
    of_checks = np.bincount(stratum[checks.checked], minlength=len(sizes))
    odds = logit(np.clip(checks.guesses.astype(np.float64), _SURE, 1 - _SURE))
    odds = _recalibrated(odds, checks, (sizes / of_checks)[stratum[checks.checked]])
    guesses = expit(odds)
    residuals = checks.hits - guesses[checks.checked]
    means = np.bincount(stratum[checks.checked], residuals, len(sizes)) / of_checks
    weights = sizes / sizes.sum()
    value = float(np.clip(guesses.mean() + weights @ means, 0, 1))
    spare = 1 - of_checks / sizes  # finite population: a stratum that was looked through leaves no doubt
    factor = weights**2 * spare / of_checks
    n = len(checks.checked)
    free = max(n - 2, 1)  # two numbers of the recalibration were taken from the same checks
    reach = stdtrit(free, 0.975) * math.sqrt(n / free)

    def excess(shift: float) -> float:
        """How far the estimate lies from the share of this shift, squared, less what chance explains."""
        shifted = expit(odds + shift)
        off = shifted - guesses
        noise = shifted * (1 - shifted) + off**2
        mean_off = np.bincount(stratum, off) / sizes
        variance = factor @ (np.bincount(stratum, noise) / sizes - mean_off**2)
        return (value - shifted.mean()) ** 2 - reach**2 * max(variance, 1e-18)

    middle = _shift_to(odds, value)
    low = 0.0 if excess(-_FARTHEST) < 0 else float(expit(odds + brentq(excess, -_FARTHEST, middle)).mean())
    high = 1.0 if excess(_FARTHEST) < 0 else float(expit(odds + brentq(excess, middle, _FARTHEST)).mean())
    return Measured(value, min(low, value), max(high, value), n)


def needed_checks(now: Measured, half_width: float) -> int:
    """Checks in all until the interval is so narrow, if they go on as they did: widths shrink with the square root.

    Args:
        now: A share.
        half_width: Wanted, such as 0.05.
    """
    return max(now.n, math.ceil(now.n * ((now.high - now.low) / 2 / half_width) ** 2))


def _recalibrated(odds: np.ndarray, checks: Checks, each_stands_for: np.ndarray) -> np.ndarray:
    """The log-odds of the guesses, stretched and shifted to fit the checks (Platt 1999), gently: few checks say little.

    Without it a model that is too sure of itself would get too narrow an interval.
    """
    seen = odds[checks.checked]
    weights = each_stands_for / each_stands_for.mean()
    signs = np.where(checks.hits, 1.0, -1.0)

    def loss(parameters: np.ndarray) -> float:
        stretch, shift = parameters
        misfit = weights @ np.logaddexp(0, -signs * (np.exp(stretch) * seen + shift))
        return float(misfit + stretch**2 / (2 * _STRETCH**2) + shift**2 / (2 * _SHIFT**2))

    stretch, shift = minimize(loss, np.zeros(2), method="BFGS").x
    return np.exp(stretch) * odds + shift


def _shift_to(odds: np.ndarray, share: float) -> float:
    def miss(shift: float) -> float:
        return float(expit(odds + shift).mean()) - share

    if miss(-_FARTHEST) >= 0 or miss(_FARTHEST) <= 0:
        return -_FARTHEST if share < 0.5 else _FARTHEST
    return float(brentq(miss, -_FARTHEST, _FARTHEST))


def _with_checks(stratum: np.ndarray, checked: np.ndarray) -> np.ndarray:
    """The strata numbered anew; one without a check joins the next one below, or above, that has some."""
    has = np.unique(stratum[checked])
    return np.maximum(np.searchsorted(has, stratum, side="right") - 1, 0)
