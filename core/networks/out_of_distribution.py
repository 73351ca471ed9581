"""Does a photo show what the dataset is about at all? ImageNet's own head and the likeness to the classes say."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, softmax

from core.networks.catalogue import BACKBONES
from core.networks.weights import package_weights, read_state_dict

_FIRST_GUESS_SHARE = 0.015  # an ImageNet class counts if it is the first guess for this share of the photos
_COVERS = 0.5  # ImageNet is heard if its classes are the first guess for half of the photos of every class
_TAIL = 1.75  # of the distance from the median to the lowest tenth; in a normal distribution 98.8 % pass
_LEAST_REACH = 0.5  # spreads: photos that all but equal each other must not make rounding errors decide
THRESHOLD = 0.5  # by construction
_TYPICAL = 0.95  # the score of the median training photo
LEAST_MASS = 1e-7  # added to a sum of probabilities before its logarithm, in the graph too


@dataclass(frozen=True)
class SubjectGate:
    """What the graph needs to say whether a photo shows the subject.

    Attributes:
        masses: By backbone: columns "stands for the subject" and "does not" over ImageNet's classes, `float32`, shape
            `(1000, 2)`; backbones without ImageNet's head are missing.
        centres: By backbone: one unit vector a class, `float32`, shape `(1000, classes)` over ImageNet's logits or,
            without its head, `(features, classes)` over the embedding.
        kernel: Weights of the pieces of evidence, `float32`, shape `(evidence, 1)`; order of `evidence_names`.
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
        """Layer name to weights, as `networks.subject_output` names them."""
        return {
            **{f"subject_mass_{name}": [values] for name, values in self.masses.items()},
            **{f"subject_centres_{name}": [values] for name, values in self.centres.items()},
            "subject": [self.kernel, self.bias],
        }

    def scores(self, embeddings: dict[str, np.ndarray]) -> np.ndarray:
        """The score as the graph computes it, 0-1, shape `(photos,)`."""
        evidence = []
        for name, values in embeddings.items():
            traits = _traits(values, name)
            if name in self.masses:
                evidence.append(_log_odds(softmax(traits, axis=1), self.masses[name]))
            evidence.append((_unit(traits) @ self.centres[name]).max(axis=1))
        values = np.stack(evidence, axis=1).astype(np.float64) @ self.kernel[:, 0] + self.bias[0]
        return expit(values)


def weight_shapes(backbones: list[str], num_classes: int) -> dict[str, list[tuple[int, ...]]]:
    """Layer name to the shapes of its weights, in the order of the evidence."""
    heads = [name for name in backbones if BACKBONES[name].package]
    return {
        **{f"subject_mass_{name}": [(1000, 2)] for name in heads},
        **{
            f"subject_centres_{name}": [(1000 if name in heads else BACKBONES[name].embedding_size, num_classes)]
            for name in backbones
        },
        "subject": [(len(heads) + len(backbones), 1), (1,)],
    }


def no_gate(backbone: str, num_classes: int) -> SubjectGate:
    """A gate that knows nothing, for graphs whose subject score nobody reads."""
    shapes = weight_shapes([backbone], num_classes)
    mass, centres = (
        {backbone: np.zeros(shapes[name][0], np.float32)} if (name := f"{layer}_{backbone}") in shapes else {}
        for layer in ("subject_mass", "subject_centres")
    )
    kernel, bias = (np.zeros(shape, np.float32) for shape in shapes["subject"])
    return SubjectGate(mass, centres, kernel, bias, {})


def derive_subject(embeddings: dict[str, np.ndarray], labels: np.ndarray, num_classes: int) -> SubjectGate:
    """Derives from the training photos alone how to tell the subject from everything else.

    Two pieces of evidence a backbone: the log-odds of the ImageNet classes that are first guesses for the training
    photos (for elephants African elephant, Indian elephant and tusker; nothing is hard-coded), heard only where they
    cover every class; and the cosine to the nearest class's centre (nearest class mean, Mensink 2013), between
    ImageNet's centred logits or, without its head, between embeddings. Each photo is compared with centres that it is
    no part of. Every piece is measured in units of its upper half's spread, which
    photos of something else do not touch, and the sum's threshold is extrapolated from its lowest tenth.

    Args:
        embeddings: By backbone: `float32`, shape `(photos, features)`, of the training photos.
        labels: Class indices, shape `(photos,)`; a fifth of them may be wrong.
        num_classes: Number of classes.

    Returns:
        The gate; `SubjectGate.scores` is 0.5 at the threshold and 0.95 for the median training photo.
    """
    masses, centres, pieces, scales, heard = {}, {}, [], [], {}
    for name, values in embeddings.items():
        traits = _traits(values, name)
        if BACKBONES[name].package:
            probabilities = softmax(traits, axis=1)
            mask = _frequent(probabilities)
            covers = _covers(probabilities, mask, labels)
            heard[name] = np.flatnonzero(mask).tolist() if covers else []
            masses[name] = np.stack([mask, 1 - mask], axis=1).astype(np.float32)
            pieces.append(_log_odds(probabilities, masses[name]))
            scales.append(1 / _spread(pieces[-1]) if covers else 0.0)
        centres[name], likeness = _centres(traits, labels, num_classes)
        pieces.append(likeness)
        scales.append(1 / _spread(likeness))
    total = np.stack(pieces, axis=1) @ np.array(scales)
    median, low = np.quantile(total, [0.5, 0.1])
    reach = max(_TAIL * (median - low), _LEAST_REACH)
    slope = np.log(_TYPICAL / (1 - _TYPICAL)) / reach
    return SubjectGate(
        masses,
        centres,
        kernel=(slope * np.array(scales, np.float32)[:, None]).astype(np.float32),
        bias=np.array([-slope * (median - reach)], np.float32),
        facts={
            "threshold": THRESHOLD,
            "share_passing": float((total >= median - reach).mean()),
            "imagenet_classes": heard,
        },
    )


def subject_classes(embeddings: np.ndarray, backbone: str) -> np.ndarray:
    """The mask over ImageNet's classes, shape `(1000,)`: 1 for classes that many photos are taken for.

    Args:
        embeddings: `float32`, shape `(photos, features)`.
        backbone: A built-in one, which brings ImageNet's head.
    """
    return _frequent(softmax(_traits(embeddings, backbone), axis=1))


def centred_head(state: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """ImageNet's head with logits of mean zero: kernel `(1280, 1000)`, bias `(1000,)`; its softmax is the same."""
    kernel, bias = state["_fc.weight"].T, state["_fc.bias"]
    return kernel - kernel.mean(axis=1, keepdims=True), bias - bias.mean()


def _traits(embeddings: np.ndarray, backbone: str) -> np.ndarray:
    """What likeness is measured in: ImageNet's centred logits, or the embedding where its head is missing."""
    if not BACKBONES[backbone].package:
        return embeddings
    kernel, bias = centred_head(read_state_dict(package_weights(BACKBONES[backbone].package)))
    return embeddings @ kernel + bias


def _frequent(probabilities: np.ndarray) -> np.ndarray:
    counts = np.bincount(probabilities.argmax(axis=1), minlength=1000)
    return (counts >= max(2, _FIRST_GUESS_SHARE * len(probabilities))).astype(np.float32)


def _covers(probabilities: np.ndarray, mask: np.ndarray, labels: np.ndarray) -> bool:
    hits = mask[probabilities.argmax(axis=1)]
    return all(hits[labels == label].mean() >= _COVERS for label in np.unique(labels))


def _log_odds(probabilities: np.ndarray, mass: np.ndarray) -> np.ndarray:
    shares = np.log(probabilities @ mass + LEAST_MASS)
    return shares[:, 0] - shares[:, 1]


def _centres(values: np.ndarray, labels: np.ndarray, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit centres of the classes, and each photo's cosine to the nearest of those that leave it out."""
    unit = _unit(values)
    sums = np.zeros((num_classes, unit.shape[1]), np.float32)
    np.add.at(sums, labels, unit)
    cosines = unit @ _unit(sums).T
    own = _unit(sums[labels] - unit)
    cosines[np.arange(len(unit)), labels] = (own * unit).sum(axis=1)
    return np.ascontiguousarray(_unit(sums).T), cosines.max(axis=1)


def _unit(values: np.ndarray) -> np.ndarray:
    return values / np.maximum(np.linalg.norm(values, axis=-1, keepdims=True), 1e-12)


def _spread(values: np.ndarray) -> float:
    median, upper = np.quantile(values, [0.5, 0.84])
    return float(max(upper - median, 1e-3))
