"""Prediction sets: `African or Asian`, so that the true class is among the named ones as often as promised."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import RunInvalidError
from core.metrics.figures import Labels

LEVEL = 0.95


@dataclass(frozen=True)
class PredictionSets:
    """How probable a class must be to be named.

    Attributes:
        level: Of the photos of each class so many get a set that holds it, 0–1, on average over held-out photos.
        least: By class, the smallest probability at which it is in the set.
        n: By class, the held-out photos this rests on.
        labels: Which labels said what the held-out photos show; where a label is wrong, sets come out too large.
    """

    level: float
    least: dict[str, float]
    n: dict[str, int]
    labels: Labels

    def of(self, probabilities: Mapping[str, float]) -> list[str]:
        """The classes that a photo may be, the most probable first; at least that one.

        Args:
            probabilities: By class, 0–1.
        """
        ranked = sorted(probabilities, key=lambda name: -probabilities[name])
        return [name for name in ranked if probabilities[name] >= self.least[name]] or ranked[:1]


def needed(level: float) -> int:
    """The fewest held-out photos of a class that can promise a level: 19 for 95 %."""
    return math.ceil(round(level / (1 - level), 9))


def prediction_sets(
    y_true: np.ndarray,
    probabilities: np.ndarray,
    class_names: Sequence[str],
    labels: Labels,
    level: float = LEVEL,
) -> PredictionSets:
    """Learns the sets from photos that the model had not seen, class by class.

    Split conformal prediction, class-conditional (Mondrian): Vovk (2012), "Conditional validity of inductive conformal
    predictors", ACML; Angelopoulos & Bates (2021), "A gentle introduction to conformal prediction",
    arXiv:2107.07511. It holds for photos that come like the held-out ones, not for those of another place or season.

    Args:
        y_true: Class indices, shape `(n,)`.
        probabilities: `float`, shape `(n, classes)`, 0–1.
        class_names: Names of the classes.
        labels: What `y_true` holds.
        level: Promised share, above 0 and below 1.

    Raises:
        ValueError: If the level is no such share.
        RunInvalidError: If a class has too few photos.
    """
    if not 0 < level < 1:
        raise ValueError(f"Expected a level above 0 and below 1. Received {level}.")
    least, counts = {}, {}
    for index, name in enumerate(class_names):
        own = np.sort(probabilities[y_true == index, index])[::-1]
        if len(own) < needed(level):
            raise RunInvalidError(
                f"Prediction sets at {100 * level:g} % need {needed(level)} held-out photos of each class, but "
                f"{name} has {len(own)} ({labels} labels). Train with more photos held out, or ask for a lower level."
            )
        rank = math.ceil(round((len(own) + 1) * level, 9))  # of the photos, the most probable first
        least[name], counts[name] = float(own[rank - 1]), len(own)
    return PredictionSets(level, least, counts, labels)
