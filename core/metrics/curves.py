"""Curves over a threshold: ROC and precision–recall of each class, and risk against coverage."""

from collections.abc import Callable

import numpy as np

from core.metrics.intervals import bootstrap

MAX_POINTS = 200


def roc_curve(is_class: np.ndarray, scores: np.ndarray) -> dict:
    """Receiver operating characteristic of one class against all others.

    Args:
        is_class: `bool`, shape `(n,)`: the photo shows the class.
        scores: `float`, shape `(n,)`: probability of the class.

    Returns:
        `fpr` and `tpr` (lists from 0 to 1, at most 200 points), `auc` with its bootstrap interval `auc_low`,
        `auc_high`. Empty lists and None where all photos, or none, show the class.
    """
    positives = int(is_class.sum())
    negatives = len(is_class) - positives
    if positives == 0 or negatives == 0:
        return {"fpr": [], "tpr": [], "auc": None, "auc_low": None, "auc_high": None}
    true_positives, false_positives, _ = _counts_by_threshold(is_class, scores)
    true_positives = np.concatenate([[0], true_positives])
    false_positives = np.concatenate([[0], false_positives])
    # Points inside a horizontal or vertical stretch say nothing; the corners must survive the thinning.
    bends = (np.diff(true_positives, 2) != 0) | (np.diff(false_positives, 2) != 0)
    corners = np.flatnonzero(np.concatenate([[True], bends, [True]]))
    kept = corners[_spread(len(corners))]
    area = bootstrap(_weighted_auc(is_class, scores), len(is_class))
    return {
        "fpr": (false_positives[kept] / negatives).tolist(),
        "tpr": (true_positives[kept] / positives).tolist(),
        "auc": area.value,
        "auc_low": area.low,
        "auc_high": area.high,
    }


def precision_recall_curve(is_class: np.ndarray, scores: np.ndarray) -> dict:
    """Precision against recall of one class, from the strictest threshold to the laxest.

    Args:
        is_class: `bool`, shape `(n,)`: the photo shows the class.
        scores: `float`, shape `(n,)`: probability of the class.

    Returns:
        `precision` and `recall` (lists, at most 200 points) and `average_precision` (the sum of precision
        times step in recall, without interpolation). Empty lists and None where no photo shows the class.
    """
    positives = int(is_class.sum())
    if positives == 0:
        return {"precision": [], "recall": [], "average_precision": None}
    true_positives, false_positives, _ = _counts_by_threshold(is_class, scores)
    precision = true_positives / (true_positives + false_positives)
    recall = true_positives / positives
    kept = _spread(len(recall))
    return {
        "precision": precision[kept].tolist(),
        "recall": recall[kept].tolist(),
        "average_precision": float(np.sum(np.diff(recall, prepend=0.0) * precision)),
    }


def risk_coverage_curve(correct: np.ndarray, confidence: np.ndarray) -> dict:
    """What refusing the least confident photos buys.

    Geifman & El-Yaniv (2017), "Selective classification for deep neural networks", NeurIPS.

    Args:
        correct: `bool`, shape `(n,)`: the prediction is right.
        confidence: `float`, shape `(n,)`: probability of the predicted class.

    Returns:
        Three lists of at most 200 points, from few photos answered to all: `coverage` (share answered),
        `errors` (share of the answered photos that are wrong), `threshold` (answer from this confidence on).
    """
    right, wrong, threshold = _counts_by_threshold(correct, confidence)
    answered = right + wrong
    kept = _spread(len(answered))
    return {
        "coverage": (answered / len(correct))[kept].tolist(),
        "errors": (wrong / answered)[kept].tolist(),
        "threshold": threshold[kept].tolist(),
    }


def _counts_by_threshold(hits: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hits and misses at or above each distinct score, highest score first: three arrays of one length."""
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    # Photos of one score pass a threshold together: only the last of them is a point of the curve.
    last = np.flatnonzero(np.append(np.diff(ranked) != 0, True))
    hit_counts = np.cumsum(hits[order])[last]
    return hit_counts, last + 1 - hit_counts, ranked[last]


def _weighted_auc(is_class: np.ndarray, scores: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The AUC as a statistic for `bootstrap`: share of (class, other) pairs in the right order, ties half."""
    order = np.argsort(scores, kind="stable")
    hits = is_class[order].astype(np.float64)
    _, starts = np.unique(scores[order], return_index=True)

    def statistic(weights: np.ndarray) -> np.ndarray:
        ranked = weights[:, order]
        positives = np.add.reduceat(ranked * hits, starts, axis=1)
        negatives = np.add.reduceat(ranked * (1 - hits), starts, axis=1)
        below = np.cumsum(negatives, axis=1) - negatives
        won = (positives * (below + negatives / 2)).sum(axis=1)
        pairs = positives.sum(axis=1) * negatives.sum(axis=1)
        return np.divide(won, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)

    return statistic


def _spread(length: int) -> np.ndarray:
    """At most `MAX_POINTS` positions in `range(length)`, evenly spread, both ends included."""
    if length <= MAX_POINTS:
        return np.arange(length)
    return np.linspace(0, length - 1, MAX_POINTS).round().astype(int)
