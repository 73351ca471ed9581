"""Labels as probabilities: what the folders say, weighed against what the other photos say."""

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from core.features.photo_features import Features
from core.review.scoring import UNDECIDED, Scorer

_GIVEN = 1.0  # log-odds that a given label adds to the opinion of the others; docs/decisions.md


@dataclass(frozen=True)
class SoftLabels:
    """What to learn of n photos.

    Attributes:
        targets: Probability of each class, `float32`, shape `(n, classes)`; each row sums to 1.
        weights: Probability that the photo shows the subject at all, 0-1, `float32`, shape `(n,)`.
    """

    targets: np.ndarray
    weights: np.ndarray


def soft_labels(
    features: Features, labels: np.ndarray, decided: np.ndarray, num_classes: int, teaches: np.ndarray, seed: int
) -> SoftLabels:
    """Corrects labels that contradict all other photos, softly, and leaves photos of something else out, softly.

    The opinion of the others is that of the review (`core.review.scoring`): heads that have not seen the photo, nor a
    copy of it. Learning from a mixture of given and predicted labels is known as bootstrapping: S. Reed et al.,
    "Training deep neural networks on noisy labels with bootstrapping", 2014.

    Args:
        features: Of n photos.
        labels: Class indices, decisions applied, shape `(n,)`.
        decided: `bool`, shape `(n,)`: a person decided about this label; it is learned as it stands, and so is one of
            a class of fewer than three pictures, of which nothing can be said.
        num_classes: At least 2.
        teaches: `bool`, shape `(n,)`: labels of other photos are not looked at.
        seed: Same seed, same labels.
    """
    trusted = np.where(decided & teaches, labels, UNDECIDED)
    scores = Scorer(features, labels, num_classes, teaches, seed).score(trusted)
    stands = decided | scores.unknown
    hard = np.eye(num_classes)[labels]
    logits = np.log(np.clip(scores.classes, 1e-9, 1)) + _GIVEN * hard
    targets = np.where(stands[:, None], hard, softmax(logits, axis=1))
    weights = np.where(stands, 1.0, 1 - scores.not_subject)
    return SoftLabels(targets.astype(np.float32), weights.astype(np.float32))
