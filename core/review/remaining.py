"""How far a review is: decided, fixed, and how many wrong photos are probably left."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from core.dataset.overlay import Decision
from core.metrics.intervals import Measured, Z

_EDGES = (0.0, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 1.0)
_PRIOR, _PRIOR_SHARE = 10.0, 0.25  # how many decided photos the model's own probabilities are worth
# The ranking's probabilities come from the picture alone. That labels are mostly right makes low ones lower and high
# ones higher; slope and shift in log-odds were fitted to one look at 840 real photos and hold roughly elsewhere.
_SLOPE, _SHIFT = 2.0, -1.6
_MODEL_ERROR, _TRUSTED_AFTER = 0.3, 50.0  # relative error of the model as a whole, before decisions have checked it


@dataclass(frozen=True)
class ReviewProgress:
    """The progress line of a review.

    Attributes:
        num_photos: In the ranking.
        reviewed: Decided ones.
        fixed: Decided ones whose label changed or that were excluded.
        remaining: Wrong photos probably left among the others, with a 95 % interval.
    """

    num_photos: int
    reviewed: int
    fixed: int
    remaining: Measured


def review_progress(ranking: pd.DataFrame, decisions: dict[str, Decision]) -> ReviewProgress:
    """Counts and estimates; arguments as `estimate_remaining`."""
    decided, bad = _decided(ranking, decisions)
    return ReviewProgress(len(ranking), int(decided.sum()), int(bad.sum()), estimate_remaining(ranking, decisions))


def estimate_remaining(ranking: pd.DataFrame, decisions: dict[str, Decision]) -> Measured:
    """Estimates how many undecided photos have a wrong label or show no subject.

    The model's probabilities are corrected by what the reviewer found, in seven bands of probability (beta-binomial:
    in each band the model is worth some decided photos, so the first decisions move the estimate a little and many
    decisions a lot).

    Args:
        ranking: As `suspects.find_suspects` gives it; it may be older than the last decisions.
        decisions: The ones that count, by sha256.

    Returns:
        The number of photos, its interval (never below 0), and as `n` the undecided photos.
    """
    decided, bad = _decided(ranking, decisions)
    probability = chance_of_being_wrong(ranking)
    band = np.digitize(probability, _EDGES[1:-1])
    expected, variance = 0.0, 0.0
    for number in range(len(_EDGES) - 1):
        left = (band == number) & ~decided
        count = int(left.sum())
        if not count:
            continue
        worth = _PRIOR + _PRIOR_SHARE * count
        seen, seen_bad = int(((band == number) & decided).sum()), int(((band == number) & bad).sum())
        total = worth + seen
        share = (probability[left].mean() * worth + seen_bad) / total
        expected += count * share
        variance += count * share * (1 - share) * (total + count) / (total + 1)
    doubt = _MODEL_ERROR * expected / math.sqrt(1 + decided.sum() / _TRUSTED_AFTER)
    margin = Z * math.sqrt(variance + doubt**2)
    undecided = int((~decided).sum())
    low, high = max(0.0, expected - margin), min(float(undecided), expected + margin)
    return Measured(float(expected), float(low), float(high), undecided)


def chance_of_being_wrong(ranking: pd.DataFrame) -> np.ndarray:
    """Probability of each photo to have a wrong label or to show no subject, 0-1, shape `(rows,)`."""
    picture = np.clip(ranking["wrong_probability"].to_numpy(float), 1e-9, 1 - 1e-9)
    wrong = expit(_SLOPE * logit(picture) + _SHIFT)
    return 1 - (1 - wrong) * (1 - ranking["not_subject_probability"].to_numpy(float))


def _decided(ranking: pd.DataFrame, decisions: dict[str, Decision]) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are decided, and which of these turned out wrong; shapes `(rows,)`."""
    made = [decisions.get(sha256) if sha256 else None for sha256 in ranking["sha256"]]
    decided = np.array([item is not None for item in made], bool)
    outcomes = [item and item.outcome(given) for item, given in zip(made, ranking["given_label"], strict=True)]
    return decided, decided & (np.array(outcomes, object) != ranking["given_label"].to_numpy(object))
