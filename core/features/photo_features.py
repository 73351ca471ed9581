"""Photos as numbers that labels can be checked against: principal components, ImageNet's opinion, subject evidence."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.linalg import eigh
from scipy.special import logit, logsumexp

from core import cache
from core.dataset.duplicates import duplicate_groups
from core.dataset.index import Dataset
from core.features.embedding_store import Rows, version
from core.features.embeddings import look_at
from core.features.neighbours import similarity_to_neighbours
from core.features.views import CLOSE, COLOURS, VIEWS, WHOLE, backbone_of
from core.networks import imagenet
from core.networks.interpreter import Progress
from core.paths import Paths

_VERSION = 2
_MAX_COMPONENTS = 256  # as good as all of them (docs/review.md), and 20,000 photos stay small
_BLOCK = 2_000  # photos at once
_FALLBACK_HINTS = 10  # ImageNet classes to listen to where none stands out


@dataclass(frozen=True)
class Features:
    """What is known about n photos without their labels.

    Attributes:
        components: Principal components of the standardised embeddings, `float32`, shape `(n, components)`.
        hints: Standardised log-probabilities of the ImageNet classes that stand for the subject, `float32`, shape
            `(n, hints)`. Few numbers cannot learn wrong labels by heart.
        subject: Evidence that the photo shows what the others show, in log-odds or, where no ImageNet class stands
            for it, similarity to its neighbours; shape `(n,)`.
        colours: See `views.colour_entropy`, shape `(n,)`.
        groups: Copies of one picture share a number, `int64`, shape `(n,)`.
    """

    components: np.ndarray
    hints: np.ndarray
    subject: np.ndarray
    colours: np.ndarray
    groups: np.ndarray


def read_features(dataset: Dataset, table: pd.DataFrame, paths: Paths, progress: Progress | None = None) -> Features:
    """Features of photos, from the cache or from the photos.

    Args:
        dataset: Whose photos.
        table: Rows of `dataset.usable`.
        paths: Where the caches lie.
        progress: Called with (photos done, photos to look at).
    """
    key = hashlib.sha256(f"{_VERSION} {version(*VIEWS)} {' '.join(table['sha256'])}".encode()).hexdigest()

    def compute() -> Mapping[str, np.ndarray]:
        return vars(compute_features(look_at(dataset, table, VIEWS, paths, progress), duplicate_groups(table)))

    return Features(**cache.cached(cache.as_arrays(dataset.cache_dir / "review-features.npz"), key, compute))


def compute_features(views: Mapping[str, np.ndarray | Rows], groups: np.ndarray) -> Features:
    """Turns views of photos (see `look_at`) into features, some photos at a time."""
    opinions = {name: _Opinion.of(views[name], backbone_of(name)) for name in (*WHOLE, CLOSE)}
    masks = {name: opinions[name].frequent for name in WHOLE}
    masks[CLOSE] = masks[WHOLE[1]]
    heard = masks[WHOLE[0]] | masks[WHOLE[1]]
    if not heard.any():
        mean = np.mean([opinions[name].mean for name in WHOLE], axis=0)
        heard[np.argsort(-mean)[:_FALLBACK_HINTS]] = True
    has_evidence = all(mask.any() for mask in masks.values())
    log_odds, hints = [], []
    for name, opinion in opinions.items():
        logs = opinion.log_probabilities(views[name], heard)  # every mask is a part of what is heard
        hints.append(logs)
        if has_evidence:
            log_odds.append(_log_odds(logs[:, masks[name][heard]]))
    subject = np.mean(log_odds, axis=0) if has_evidence else similarity_to_neighbours(views[WHOLE[1]], groups)

    def larger(rows: slice) -> np.ndarray:
        return (views[WHOLE[1]][rows] + views[CLOSE][rows]) / 2

    return Features(
        components=_components([views[WHOLE[0]].__getitem__, larger], len(groups)),
        hints=_standardise(np.hstack([hints[0], (hints[1] + hints[2]) / 2])),
        subject=subject.astype(np.float32),
        colours=views[COLOURS][:][:, 0],
        groups=groups.astype(np.int64),
    )


@dataclass(frozen=True)
class _Opinion:
    """What ImageNet's head makes of a view of n photos.

    Attributes:
        backbone: Whose head.
        normalizer: Logarithm of the sum of the exponentials of the logits, shape `(n, 1)`.
        frequent: See `imagenet.frequent_classes`, shape `(1000,)`.
        mean: Mean probability of each class, shape `(1000,)`.
    """

    backbone: str
    normalizer: np.ndarray
    frequent: np.ndarray
    mean: np.ndarray

    @classmethod
    def of(cls, embeddings: np.ndarray | Rows, backbone: str) -> "_Opinion":
        guesses, normalizers, total = [], [], np.zeros(len(imagenet.head(backbone)[1]))
        for rows in _blocks(len(embeddings)):
            scores = imagenet.logits(embeddings[rows], backbone)
            normalizers.append(logsumexp(scores, axis=1, keepdims=True))
            guesses.append(scores.argmax(axis=1))
            total += np.exp(scores - normalizers[-1]).sum(axis=0)
        frequent = imagenet.frequent_guesses(np.concatenate(guesses), len(total))
        return cls(backbone, np.concatenate(normalizers), frequent, total / len(embeddings))

    def log_probabilities(self, embeddings: np.ndarray | Rows, classes: np.ndarray) -> np.ndarray:
        """Of some classes (`bool`, shape `(1000,)`), `float32`, shape `(n, classes)`."""
        kernel, bias = imagenet.head(self.backbone)
        found = [embeddings[rows] @ kernel[:, classes] for rows in _blocks(len(embeddings))]
        return np.concatenate(found) + bias[classes] - self.normalizer


def _blocks(num_rows: int) -> list[slice]:
    return [slice(start, min(start + _BLOCK, num_rows)) for start in range(0, num_rows, _BLOCK)]


def _components(parts: Sequence[Callable[[slice], np.ndarray]], num_rows: int) -> np.ndarray:
    """Principal components of several embeddings, each weighing alike; the first ones hold the most variance.

    Args:
        parts: Each gives the embeddings of some rows, `float32`, shape `(rows, features)`.
        num_rows: Of all.
    """
    sums = [np.sum([_moments(part(rows)) for rows in _blocks(num_rows)], axis=0) / num_rows for part in parts]

    def stacked(rows: slice) -> np.ndarray:
        scaled = []
        for part, (mean, square) in zip(parts, sums, strict=True):
            deviation = np.sqrt(np.maximum(square - mean**2, 0)) + 1e-6
            values = (part(rows) - mean.astype(np.float32)) / deviation.astype(np.float32)
            scaled.append(values / np.float32(np.sqrt(values.shape[1] * len(parts))))
        return np.hstack(scaled)

    if num_rows <= sum(mean.size for mean, _ in sums):  # few photos: products of photos are fewer than of features
        every = stacked(slice(0, num_rows))
        values, vectors = np.linalg.eigh((every @ every.T).astype(np.float64))
        values, vectors = values[::-1][:_MAX_COMPONENTS], vectors[:, ::-1][:, :_MAX_COMPONENTS]
        return (vectors * np.sqrt(np.maximum(values, 0))).astype(np.float32)
    product = np.zeros(2 * (sum(mean.size for mean, _ in sums),))
    for rows in _blocks(num_rows):
        values = stacked(rows)
        product += values.T @ values
    _, vectors = eigh(product, subset_by_index=[max(0, len(product) - _MAX_COMPONENTS), len(product) - 1])
    return np.concatenate([stacked(rows) @ vectors[:, ::-1].astype(np.float32) for rows in _blocks(num_rows)])


def _moments(values: np.ndarray) -> np.ndarray:
    """Sums of the values and of their squares, `float64`, shape `(2, features)`."""
    exact = values.astype(np.float64)
    return np.stack([exact.sum(axis=0), (exact**2).sum(axis=0)])


def _log_odds(log_probabilities: np.ndarray) -> np.ndarray:
    return logit(np.clip(np.exp(log_probabilities.astype(np.float64)).sum(axis=1), 1e-9, 1 - 1e-9))


def _standardise(values: np.ndarray) -> np.ndarray:
    return ((values - values.mean(axis=0)) / (values.std(axis=0) + 1e-6)).astype(np.float32)
