"""Calibration: does a photo called "90 % African" turn out African nine times in ten?"""

import numpy as np

from core.metrics.intervals import Measured, bootstrap, share_of

BINS = 10


def expected_calibration_error(correct: np.ndarray, confidence: np.ndarray) -> Measured:
    """Mean distance between confidence and accuracy over ten equal confidence bins, weighted by their photos.

    Guo et al. (2017), "On calibration of modern neural networks", ICML. With few photos it comes out too
    large on average: even a perfectly calibrated run does not get 0.

    Args:
        correct: `bool`, shape `(n,)`: the prediction is right.
        confidence: `float`, shape `(n,)`, 0–1: probability of the predicted class.

    Returns:
        The error, 0–1, 0 the best, with its bootstrap interval.
    """
    n = len(correct)
    gaps = np.zeros((n, BINS))
    gaps[np.arange(n), _bin_of(confidence)] = correct - confidence
    return bootstrap(lambda weights: np.abs(weights @ gaps).sum(axis=1) / n, n)


def reliability_bins(correct: np.ndarray, confidence: np.ndarray) -> list[dict]:
    """Confidence against accuracy, bin by bin; bins without photos are left out.

    Args:
        correct: `bool`, shape `(n,)`: the prediction is right.
        confidence: `float`, shape `(n,)`, 0–1: probability of the predicted class.

    Returns:
        Dicts with `confidence_low` (excluded), `confidence_high` (included), `mean_confidence`, `accuracy`
        with its Wilson interval `accuracy_low`, `accuracy_high`, and `n`.
    """
    bin_of = _bin_of(confidence)
    bins = []
    for number in np.unique(bin_of):
        inside = bin_of == number
        accuracy = share_of(correct[inside])
        bins.append(
            {
                "confidence_low": int(number) / BINS,
                "confidence_high": (int(number) + 1) / BINS,
                "mean_confidence": float(confidence[inside].mean()),
                "accuracy": accuracy.value,
                "accuracy_low": accuracy.low,
                "accuracy_high": accuracy.high,
                "n": accuracy.n,
            }
        )
    return bins


def _bin_of(confidence: np.ndarray) -> np.ndarray:
    """Bin number 0–9 of each confidence; a confidence on an edge belongs to the bin below it."""
    inner_edges = np.arange(1, BINS) / BINS
    return np.digitize(confidence, inner_edges, right=True)
