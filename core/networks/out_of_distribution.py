"""The out-of-distribution score: does a photo show what the dataset is about at all?

ImageNet's own head and the similarity to the classes say. The score is high for the dataset's subject; files and graphs
call it `subject`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, softmax

from core.networks import imagenet
from core.networks.catalogue import BACKBONES
from core.networks.cosine import class_centres, unit_vectors

_COVERS = 0.5  # ImageNet is heard if its classes are the first guess for half of the photos of every class
_TAIL = 1.75  # of the distance from the median to the lowest tenth; in a normal distribution 98.8 % pass
_LEAST_MARGIN = 0.5  # spreads: photos that all but equal each other must not make rounding errors decide
THRESHOLD = 0.5  # by construction
_TYPICAL = 0.95  # the score of the median training photo
LEAST_MASS = 1e-7  # added to a sum of probabilities before its logarithm, in the graph too


@dataclass(frozen=True)
class OutOfDistributionScore:
    """What the graph needs to score a photo.

    Attributes:
        masses: By backbone: columns "stands for the subject" and "does not" over ImageNet's classes, `float32`, shape
            `(1000, 2)`; backbones without ImageNet's head are missing.
        centres: By backbone: one unit vector a class, `float32`, shape `(1000, classes)` over ImageNet's logits or,
            without its head, `(features, classes)` over the embedding.
        kernel: Weights of the pieces of evidence, `float32`, shape `(evidence, 1)`: for each backbone ImageNet's, then
            similarity.
        bias: `float32`, shape `(1,)`.
        facts: What the run stores: `threshold` (0-1), `share_passing` (of the training photos), `imagenet_classes`
            (indices, by backbone; empty if they do not cover the subject).
    """

    masses: dict[str, np.ndarray]
    centres: dict[str, np.ndarray]
    kernel: np.ndarray
    bias: np.ndarray
    facts: dict[str, Any]

    def as_weights(self) -> dict[str, list[np.ndarray]]:
        """Layer name to weights, as `networks.out_of_distribution_output` names them."""
        return {
            **{f"subject_mass_{name}": [values] for name, values in self.masses.items()},
            **{f"subject_centres_{name}": [values] for name, values in self.centres.items()},
            "subject": [self.kernel, self.bias],
        }

    def scores(self, embeddings: dict[str, np.ndarray]) -> np.ndarray:
        """The score as the graph computes it, 0-1, shape `(photos,)`."""
        evidence = []
        for name, values in embeddings.items():
            described = _descriptors(values, name)
            if name in self.masses:
                evidence.append(_log_odds(softmax(described, axis=1), self.masses[name]))
            evidence.append((unit_vectors(described) @ self.centres[name]).max(axis=1))
        values = np.stack(evidence, axis=1).astype(np.float64) @ self.kernel[:, 0] + self.bias[0]
        return expit(values)


def derive_score(embeddings: dict[str, np.ndarray], labels: np.ndarray, num_classes: int) -> OutOfDistributionScore:
    """Derives from the training photos alone how to tell the subject from everything else.

    Two pieces of evidence a backbone: the log-odds of the ImageNet classes that are first guesses for the training
    photos (see `imagenet.frequent_classes`), heard only where they cover every class; and the cosine similarity to the
    nearest class's centre (see `cosine.class_centres`), between ImageNet's centred logits or, without its head, between
    embeddings. Every piece is measured in units of its upper half's spread, which photos of something else do not
    touch, and the sum's threshold is extrapolated from its lowest tenth.

    Args:
        embeddings: By backbone: `float32`, shape `(photos, features)`, of the training photos.
        labels: Class indices, shape `(photos,)`; a fifth of them may be wrong.
        num_classes: Number of classes.

    Returns:
        Its `scores` are 0.5 at the threshold and 0.95 for the median training photo.
    """
    masses, centres, pieces, scales, heard = {}, {}, [], [], {}
    for name, values in embeddings.items():
        described = _descriptors(values, name)
        if BACKBONES[name].package:
            probabilities = softmax(described, axis=1)
            mask = imagenet.frequent_classes(probabilities)
            covers = _covers(probabilities, mask, labels)
            heard[name] = np.flatnonzero(mask).tolist() if covers else []
            masses[name] = np.stack([mask, ~mask], axis=1).astype(np.float32)
            pieces.append(_log_odds(probabilities, masses[name]))
            scales.append(1 / _spread(pieces[-1]) if covers else 0.0)
        centres[name], similarity = class_centres(described, labels, num_classes)
        pieces.append(similarity)
        scales.append(1 / _spread(similarity))
    total = np.stack(pieces, axis=1) @ np.array(scales)
    median, low = np.quantile(total, [0.5, 0.1])
    margin = max(_TAIL * (median - low), _LEAST_MARGIN)
    slope = np.log(_TYPICAL / (1 - _TYPICAL)) / margin
    return OutOfDistributionScore(
        masses,
        centres,
        kernel=(slope * np.array(scales, np.float32)[:, None]).astype(np.float32),
        bias=np.array([-slope * (median - margin)], np.float32),
        facts={
            "threshold": THRESHOLD,
            "share_passing": float((total >= median - margin).mean()),
            "imagenet_classes": heard,
        },
    )


def _descriptors(embeddings: np.ndarray, backbone: str) -> np.ndarray:
    """What similarity is measured in: ImageNet's centred logits, or the embedding where its head is missing."""
    if not BACKBONES[backbone].package:
        return embeddings
    found = imagenet.logits(embeddings, backbone)
    return found - found.mean(axis=1, keepdims=True)


def _covers(probabilities: np.ndarray, mask: np.ndarray, labels: np.ndarray) -> bool:
    hits = mask[probabilities.argmax(axis=1)]
    return all(hits[labels == label].mean() >= _COVERS for label in np.unique(labels))


def _log_odds(probabilities: np.ndarray, mass: np.ndarray) -> np.ndarray:
    shares = np.log(probabilities @ mass + LEAST_MASS)
    return shares[:, 0] - shares[:, 1]


def _spread(values: np.ndarray) -> float:
    median, upper = np.quantile(values, [0.5, 0.84])
    return float(max(upper - median, 1e-3))
