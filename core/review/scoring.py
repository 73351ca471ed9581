"""How likely each label is wrong: two experts that never saw the photo, its copies, and what a reviewer decided."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, softmax

from core.features.photo_features import Features
from core.review.robust_head import OutOfFold, combine

UNDECIDED, EXCLUDED = -2, -1

_REGULARIZATION = {"components": 2e-3, "hints": 3e-2, "subject": 3e-3}
_ROBUSTNESS = (0.7, 0.4, 0.4)  # of three fits: after the first one the labels are soft and mostly right
_GIVEN_SHARE = 0.3  # of the labels of the later fits; the rest is what the fit before made of them
_TRUST = 3.0  # a decided photo counts as much as three undecided ones
_COPY_TRUST = 0.98
_PRIOR_EXCLUDED = (7, 3)  # as if of ten such photos a reviewer had excluded seven: people differ about drawings
_CONFLICT = 0.3  # at least: a photo whose copy has another label is never above suspicion
_SEEDS = 0.035  # share of the photos that are first taken for out-of-distribution ones
_HALF_WAY = (8.5, 2.0)  # spreads below the median at which a photo is as likely out of distribution as not; the slope


@dataclass(frozen=True)
class Scores:
    """What is thought of n photos; of decided ones as if they were not decided.

    Attributes:
        classes: Probability of each class, if the photo shows one at all, shape `(n, classes)`.
        not_subject: Probability that it shows something else, shape `(n,)`.
        wrong: Probability that the given label is not the right class, shape `(n,)`.
        copies: Row of the first copy with another label, or -1, shape `(n,)`.
        unknown: Whether nothing can be said of the label: there are no two other pictures of its class, shape `(n,)`.
            Such a photo is as likely any class, shows the subject, and is as likely wrong as the mean of the others.
        not_subject_weight: How far to believe `not_subject`, 0-1; what the reviewer did with such photos moves it.
    """

    classes: np.ndarray
    not_subject: np.ndarray
    wrong: np.ndarray
    copies: np.ndarray
    unknown: np.ndarray
    not_subject_weight: float

    def suspicion(self) -> np.ndarray:
        """The one number to rank by: the probability that the photo is wrong in any way, 0-1, shape `(n,)`."""
        score = self.not_subject_weight * self.not_subject + (1 - self.not_subject) * self.wrong
        return np.where(self.copies >= 0, np.maximum(score, _CONFLICT), score)


class Scorer:
    """Scores the photos of one dataset; again after every few decisions, each time starting from the last one."""

    def __init__(
        self, features: Features, given: np.ndarray, num_classes: int, teaches: np.ndarray | None = None, seed: int = 0
    ):
        """Args:
        features: Of n photos.
        given: Class indices as the folders say, shape `(n,)`.
        num_classes: At least 2.
        teaches: Which labels may be learned from, shape `(n,)`; not those of test photos. `None`: all.
        seed: Same seed, same scores.
        """
        self._features, self._given, self._num_classes = features, given, num_classes
        self._teaches = np.ones(len(given), bool) if teaches is None else teaches
        strata = np.where(self._teaches, given, -1)
        self._experts = [
            OutOfFold(getattr(features, name), features.groups, strata, _REGULARIZATION[name], seed)
            for name in ("components", "hints")
        ]
        self._not_subject_head = OutOfFold(
            features.components, features.groups, np.minimum(strata, 0), _REGULARIZATION["subject"], seed
        )

    def score(self, trusted: np.ndarray | None = None) -> Scores:
        """Scores all photos.

        Args:
            trusted: What was decided, shape `(n,)`: a class index, `EXCLUDED` or `UNDECIDED`.
        """
        from threadpoolctl import threadpool_limits

        trusted = np.full(len(self._given), UNDECIDED) if trusted is None else trusted
        with threadpool_limits(1):  # the products are small: threads cost several times what they bring
            not_subject = self._not_subject(trusted)
            classes = self._classes(trusted, not_subject)
        confirmed, denied = _PRIOR_EXCLUDED
        reviewed = (trusted != UNDECIDED) & (not_subject > 0.5)
        weight = (confirmed + (reviewed & (trusted == EXCLUDED)).sum()) / (confirmed + denied + reviewed.sum())
        known = _hand_on(self._features.groups, trusted)  # a copy of a decided photo shows what that one shows
        copied = (known != UNDECIDED) & (trusted == UNDECIDED)
        labelled = np.flatnonzero(copied & (known >= 0))
        classes[labelled] = (1 - _COPY_TRUST) / max(self._num_classes - 1, 1)
        classes[labelled, known[labelled]] = _COPY_TRUST
        not_subject = np.where(copied, np.where(known == EXCLUDED, _COPY_TRUST, 0.0), not_subject)
        wrong = 1 - classes[np.arange(len(classes)), self._given]
        labels = np.where(trusted == UNDECIDED, self._given, trusted)  # an excluded photo teaches no class
        unknown = (known == UNDECIDED) & self._experts[0].too_few(self._given, labels)
        classes[unknown], not_subject[unknown] = 1 / self._num_classes, 0.0
        wrong[unknown] = 0.0 if unknown.all() else wrong[~unknown].mean()
        copies = _conflicts(self._features.groups, self._given, known)
        return Scores(classes, not_subject, wrong, copies, unknown, float(weight))

    def _classes(self, trusted: np.ndarray, not_subject: np.ndarray) -> np.ndarray:
        labels = np.where(trusted >= 0, trusted, self._given)
        hard = np.eye(self._num_classes)[labels]
        weights = np.where(trusted >= 0, _TRUST, np.where(trusted == EXCLUDED, 0.0, 1 - not_subject))
        targets = hard
        for robustness in _ROBUSTNESS:
            opinions = [expert.predict(targets, weights, robustness) for expert in self._experts]
            opinions = [_group_means(self._features.groups, opinion) for opinion in opinions]
            classes = softmax(combine(opinions, hard, weights * self._teaches), axis=1)
            corrected = _GIVEN_SHARE * hard + (1 - _GIVEN_SHARE) * classes
            targets = np.where((trusted >= 0)[:, None], hard, corrected)
        return classes

    def _not_subject(self, trusted: np.ndarray) -> np.ndarray:
        """These photos lack the subject for ImageNet, resemble each other, or have the colours of a drawing."""
        evidence = _spreads(self._features.subject)
        colours = np.clip(_spreads(self._features.colours), -4, 1)
        seeds = max(2, round(_SEEDS * len(evidence)))
        is_other = np.argsort(np.argsort(evidence + colours)) < seeds
        is_other = np.where(trusted == EXCLUDED, True, np.where(trusted >= 0, False, is_other))
        weights = np.where(trusted == UNDECIDED, 1.0, _TRUST)
        weights[is_other] *= weights[~is_other].sum() / max(weights[is_other].sum(), 1.0)
        opinion = self._not_subject_head.predict(np.eye(2)[is_other.astype(int)], weights)
        similarity = _spreads(opinion[:, 0])
        total = _spreads(evidence + 2 * similarity + colours)
        middle, width = _HALF_WAY
        return expit(-(total + middle) / width)


def _spreads(values: np.ndarray) -> np.ndarray:
    """Distance from the median in units of the upper half's spread, which out-of-distribution photos do not touch."""
    median, upper = np.quantile(values, [0.5, 0.84])
    return (values.astype(np.float64) - median) / max(upper - median, 1e-6)


def _group_means(groups: np.ndarray, values: np.ndarray) -> np.ndarray:
    return pd.DataFrame(values).groupby(groups).transform("mean").to_numpy()


def _hand_on(groups: np.ndarray, trusted: np.ndarray) -> np.ndarray:
    """Hands what was decided on to the copies of a photo."""
    decided = pd.Series(trusted).where(trusted != UNDECIDED)
    return decided.fillna(decided.groupby(groups).transform("last")).fillna(UNDECIDED).to_numpy(int)


def _conflicts(groups: np.ndarray, given: np.ndarray, known: np.ndarray) -> np.ndarray:
    """For each undecided photo the first copy with another label, or -1."""
    rows = pd.Series(np.arange(len(groups)))
    first = rows.groupby(groups).transform("min").to_numpy()
    differs = given != given[first]
    other = rows.where(differs).groupby(groups).transform("min").fillna(-1)
    return np.where(known == UNDECIDED, np.where(differs, first, other), -1).astype(int)
