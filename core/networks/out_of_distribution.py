"""The out-of-distribution score: does a photo show what the dataset is about at all?

ImageNet's own head says, the similarity to the classes, and a contrast with pictures of other things. The score is
high for the dataset's subject; files and graphs call it `subject`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, softmax

from core.networks import imagenet
from core.networks.catalogue import BACKBONES
from core.networks.contrast import fit_contrast, foreign
from core.networks.cosine import class_centres, unit_vectors
from core.networks.others import Others

_COVERS = 0.5  # ImageNet is heard if its classes are the first guess for half of the photos of every class
_TAIL = 1.75  # of the distance from the median to the lowest tenth; in a normal distribution 98.8 % pass
_LEAST_MARGIN = 0.5  # spreads: photos that all but equal each other must not make rounding errors decide
_LOG_ODDS = 1.0  # weight of ImageNet's mean log-odds beside the contrast (docs/decisions.md)
_REFUSED = 0.95  # of the others
_LEAST_OTHERS = 30
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
        contrast: By backbone with ImageNet's head: `float32`, shape `(features, 1)`, see `contrast.fit_contrast`.
        kernel: Weights of the pieces of evidence, `float32`, shape `(evidence, 1)`: for each backbone ImageNet's, then
            similarity; then the contrasts.
        bias: `float32`, shape `(1,)`.
        facts: What the run stores: `threshold` (0-1), `share_passing` (of the training photos), `imagenet_classes`
            (indices, by backbone; empty if they do not cover the subject), `num_others` (pictures it was contrasted
            with).
    """

    masses: dict[str, np.ndarray]
    centres: dict[str, np.ndarray]
    contrast: dict[str, np.ndarray]
    kernel: np.ndarray
    bias: np.ndarray
    facts: dict[str, Any]

    def as_weights(self) -> dict[str, list[np.ndarray]]:
        """Layer name to weights, as `networks.out_of_distribution_output` names them."""
        return {
            **{f"subject_mass_{name}": [values] for name, values in self.masses.items()},
            **{f"subject_centres_{name}": [values] for name, values in self.centres.items()},
            **{f"subject_contrast_{name}": [values] for name, values in self.contrast.items()},
            "subject": [self.kernel, self.bias],
        }

    def scores(self, embeddings: dict[str, np.ndarray]) -> np.ndarray:
        """The score as the graph computes it, 0-1, shape `(photos,)`."""
        described = {name: _descriptors(values, name) for name, values in embeddings.items()}
        contrasts = [embeddings[name] @ kernel for name, kernel in self.contrast.items()]
        evidence = np.hstack([_evidence(described, self.masses, self.centres), *contrasts])
        return expit(evidence.astype(np.float64) @ self.kernel[:, 0] + self.bias[0])


def derive_score(
    embeddings: dict[str, np.ndarray], labels: np.ndarray, num_classes: int, others: Others | None = None
) -> OutOfDistributionScore:
    """Derives from the training photos, and from pictures of other things, how to tell the subject from all else.

    Two pieces of evidence a backbone: the log-odds of the ImageNet classes that are first guesses for the training
    photos (see `imagenet.frequent_classes`), heard only where they cover every class; and the cosine similarity to the
    nearest class's centre (see `cosine.class_centres`), between ImageNet's centred logits or, without its head, between
    embeddings. Each is measured in units of its upper half's spread, which photos of something else do not touch, and
    the sum's threshold is extrapolated from its lowest tenth.

    With others the log-odds stand alone where they are heard, and `fit_contrast` adds to them. The threshold then lies
    lower, where it still refuses nineteen of twenty others, but at most twice as far from the median.

    Args:
        embeddings: By backbone: `float32`, shape `(photos, features)`, of the training photos.
        labels: Class indices, shape `(photos,)`; a fifth of them may be wrong.
        num_classes: Number of classes.
        others: As the same networks see them; those that may show the subject itself are left out.

    Returns:
        Its `scores` are 0.5 at the threshold and 0.95 for the median training photo.
    """
    masses, centres, heard = {}, {}, {}
    described = {name: _descriptors(values, name) for name, values in embeddings.items()}
    pieces, weights, hearing = [], [], []
    for name, values in described.items():
        if BACKBONES[name].package:
            probabilities = softmax(values, axis=1)
            mask = imagenet.frequent_classes(probabilities)
            covers = _covers(probabilities, mask, labels)
            heard[name] = np.flatnonzero(mask).tolist() if covers else []
            masses[name] = np.stack([mask, ~mask], axis=1).astype(np.float32)
            pieces.append(_log_odds(probabilities, masses[name]))
            weights.append(1 / _spread(pieces[-1]) if covers else 0.0)
            hearing.append(covers)
        centres[name], similarity = class_centres(values, labels, num_classes)
        pieces.append(similarity)
        weights.append(1 / _spread(similarity))
        hearing.append(False)
    evidence, kernel = np.stack(pieces, axis=1), np.array(weights)
    total, contrast = evidence @ kernel, None
    if others := _unlike(described, others):
        if any(hearing):
            kernel = np.where(hearing, _LOG_ODDS / sum(hearing), 0.0)
        else:  # what follows adds log-odds
            kernel *= _slope(total, _threshold(total))
        known = {name: _descriptors(values, name) for name, values in others.embeddings.items()}
        contrast = fit_contrast(embeddings, others, evidence @ kernel, _evidence(known, masses, centres) @ kernel)
        total = contrast.photos
    threshold = _threshold(total, contrast.others if contrast else None)
    slope = _slope(total, threshold)
    return OutOfDistributionScore(
        masses,
        centres,
        contrast.kernels
        if contrast
        else {name: np.zeros((embeddings[name].shape[1], 1), np.float32) for name in masses},
        kernel=(slope * np.r_[kernel, np.ones(len(masses))][:, None]).astype(np.float32),
        bias=np.array([slope * ((contrast.constant if contrast else 0.0) - threshold)], np.float32),
        facts={
            "threshold": THRESHOLD,
            "share_passing": float((total >= threshold).mean()),
            "imagenet_classes": heard,
            "num_others": len(contrast.others) if contrast else 0,
        },
    )


def _threshold(total: np.ndarray, others: np.ndarray | None = None) -> float:
    median, low = np.quantile(total, [0.5, 0.1])
    margin = max(_TAIL * (median - low), _LEAST_MARGIN)
    if others is None:
        return float(median - margin)
    return float(np.clip(np.quantile(others, _REFUSED), median - 2 * margin, median - margin))


def _slope(total: np.ndarray, threshold: float) -> float:
    return float(np.log(_TYPICAL / (1 - _TYPICAL)) / (np.median(total) - threshold))


def _unlike(described: dict[str, np.ndarray], others: Others | None) -> Others | None:
    """The others that do not show the subject; `None` if hardly any is left."""
    if others is None:
        return None
    known = [_descriptors(others.embeddings[name], name) for name in described]
    rows = foreign(np.hstack(list(described.values())), others, np.hstack(known))
    return others.take(rows) if rows.sum() >= _LEAST_OTHERS else None


def _evidence(
    described: dict[str, np.ndarray], masses: dict[str, np.ndarray], centres: dict[str, np.ndarray]
) -> np.ndarray:
    pieces = []
    for name, values in described.items():
        if name in masses:
            pieces.append(_log_odds(softmax(values, axis=1), masses[name]))
        pieces.append((unit_vectors(values) @ centres[name]).max(axis=1))
    return np.stack(pieces, axis=1)


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
