"""An audit: a person checks a few photos of a scored folder, drawn at random, which judge the whole."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.metrics.intervals import Measured
from core.metrics.prediction_powered import Checks, needed_checks, share

STRATA = 5
LEAST_CHECKS = 20  # with fewer an interval says nothing
HALF_WIDTH = 0.05
NONE = "none of them"  # of the classes: another animal, nothing at all


@dataclass(frozen=True)
class Scored:
    """What a model said of many photos.

    Attributes:
        categories: The classes, and `NONE`.
        guesses: Probability of each category, `float32`, shape `(photos, categories)`; rows sum to 1.
        answers: Index of the category that each photo counts as, shape `(photos,)`.
    """

    categories: tuple[str, ...]
    guesses: np.ndarray
    answers: np.ndarray

    @classmethod
    def of(
        cls,
        class_names: tuple[str, ...],
        probabilities: np.ndarray,
        subject_scores: np.ndarray,
        is_subject: np.ndarray,
    ) -> "Scored":
        """From the columns of a scoring.

        Args:
            class_names: Names of the classes.
            probabilities: `float`, shape `(photos, classes)`.
            subject_scores: 0–1, shape `(photos,)`; NaN where the model has none.
            is_subject: `bool`, shape `(photos,)`; true where the model cannot tell.
        """
        subject = np.where(np.isnan(subject_scores), 1.0, subject_scores)[:, None]
        guesses = np.concatenate([probabilities * subject, 1 - subject], axis=1).astype(np.float32)
        answers = np.where(is_subject, probabilities.argmax(axis=1), len(class_names))
        return cls((*class_names, NONE), guesses, answers)

    @property
    def confidence(self) -> np.ndarray:
        """Probability of the answer, shape `(photos,)`."""
        return self.guesses[np.arange(len(self.answers)), self.answers]


@dataclass(frozen=True)
class Audit:
    """What a few checks say about all photos.

    Attributes:
        accuracy: Share of the photos whose answer is right.
        shares: By category its true share, corrected by the checks.
        counted: By category the share that the model counted.
        checks: How many there were.
        needed: Checks in all until accuracy is known to ±5 points.
        photos: How many there are.
    """

    accuracy: Measured
    shares: dict[str, Measured]
    counted: dict[str, float]
    checks: int
    needed: int
    photos: int

    def sentence(self) -> str:
        """`This folder: 93 % right (88–96); 61 % African ± 4, after 80 checks.`"""
        parts = [
            f"{100 * found.value:.0f} % {name} ± {50 * (found.high - found.low):.0f}"
            for name, found in self.shares.items()
            if found.value >= 0.005 or self.counted[name] > 0
        ]
        right = self.accuracy
        return (
            f"This folder: {100 * right.value:.0f} % right ({100 * right.low:.0f}–{100 * right.high:.0f}); "
            f"{', '.join(parts)}, after {self.checks} checks."
        )

    def advice(self) -> str:
        """How much more there is to do."""
        if self.needed <= self.checks:
            return "Accuracy is known to ± 5 points: enough."
        return f"{self.needed - self.checks} more checks: accuracy to ± 5 points."


def strata(confidence: np.ndarray) -> np.ndarray:
    """Which fifth of the confidences each photo is in, from the least sure; `int`, shape `(photos,)`."""
    edges = np.quantile(confidence, np.arange(1, STRATA) / STRATA)
    return np.unique(np.searchsorted(edges, confidence, side="right"), return_inverse=True)[1]


def draw(confidence: np.ndarray, n: int, seed: int) -> np.ndarray:
    """The photos to check, in order; the first ones of a longer list are those of a shorter one.

    Half of the checks go to the strata by their size, half to where errors are to be expected (by size and standard
    deviation, Neyman 1934): so errors are found, and no stratum stays dark if the confidences are wrong.

    Args:
        confidence: Probability of the answer, 0–1, shape `(photos,)`.
        n: How many; fewer if there are no more photos.
        seed: Same seed, same photos.

    Returns:
        Indices, shape `(n,)`.
    """
    stratum, random = strata(confidence), np.random.default_rng(seed)
    sizes = np.bincount(stratum)
    doubt = sizes * np.sqrt(np.bincount(stratum, confidence * (1 - confidence)) / sizes + 1e-6)
    plan = sizes / sizes.sum() / 2 + doubt / doubt.sum() / 2
    queues = [random.permutation(np.flatnonzero(stratum == number)) for number in range(len(sizes))]
    taken, chosen = np.zeros(len(sizes), int), []
    for step in range(1, min(n, len(confidence)) + 1):
        lack = np.where(taken < sizes, plan * step - taken, -np.inf)
        number = int(lack.argmax())
        chosen.append(queues[number][taken[number]])
        taken[number] += 1
    return np.array(chosen, int)


def audit(scored: Scored, checks: Mapping[int, int]) -> Audit:
    """Judges all photos by the checked ones.

    Args:
        scored: What the model said.
        checks: By index of a photo that `draw` gave: index of the category that it truly shows.

    Raises:
        ValueError: If there are fewer than `LEAST_CHECKS`.
    """
    if len(checks) < LEAST_CHECKS:
        raise ValueError(f"An audit needs at least {LEAST_CHECKS} checks, and there are {len(checks)}.")
    checked = np.fromiter(checks.keys(), int)
    truth = np.fromiter(checks.values(), int)
    confidence = scored.confidence
    stratum = strata(confidence)
    accuracy = share(Checks(confidence, stratum, checked, truth == scored.answers[checked]))
    shares = {
        name: share(Checks(scored.guesses[:, index], stratum, checked, truth == index))
        for index, name in enumerate(scored.categories)
    }
    counted = np.bincount(scored.answers, minlength=len(scored.categories)) / len(scored.answers)
    needed = needed_checks(accuracy, HALF_WIDTH)
    return Audit(
        accuracy,
        shares,
        dict(zip(scored.categories, counted.tolist(), strict=True)),
        len(checks),
        min(needed, len(confidence)),
        len(confidence),
    )
