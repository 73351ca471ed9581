"""Photos as numbers that labels can be checked against: principal components, ImageNet's opinion, subject evidence."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import log_softmax, logit

from core import cache
from core.dataset.duplicates import duplicate_groups
from core.dataset.index import Dataset
from core.features.embeddings import embed, version
from core.features.neighbours import similarity_to_neighbours
from core.features.views import CLOSE, COLOURS, VIEWS, WHOLE, backbone_of
from core.networks import imagenet
from core.networks.interpreter import Progress
from core.paths import Paths

_VERSION = 2
_MAX_COMPONENTS = 256  # as good as all of them (docs/review.md), and 20,000 photos stay small
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
        return vars(compute_features(embed(dataset, table, VIEWS, paths, progress), duplicate_groups(table)))

    return Features(**cache.cached(cache.as_arrays(dataset.cache_dir / "review-features.npz"), key, compute))


def compute_features(views: dict[str, np.ndarray], groups: np.ndarray) -> Features:
    """Turns views of photos (see `embed`) into features."""
    logits, masks = {}, {}
    for name in (*WHOLE, CLOSE):
        scores = imagenet.logits(views[name], backbone_of(name))
        logits[name], masks[name] = log_softmax(scores, axis=1), imagenet.frequent_classes(scores)
    masks[CLOSE] = masks[WHOLE[1]]
    heard = masks[WHOLE[0]] | masks[WHOLE[1]]
    if not heard.any():
        mean = np.mean([np.exp(logits[name]).mean(axis=0) for name in WHOLE], axis=0)
        heard[np.argsort(-mean)[:_FALLBACK_HINTS]] = True
    if all(mask.any() for mask in masks.values()):
        subject = np.mean([_log_odds(logits[name][:, masks[name]]) for name in logits], axis=0)
    else:
        subject = similarity_to_neighbours(views[WHOLE[1]], groups)
    whole, close = ([logits[name][:, heard] for name in names] for names in (WHOLE, (CLOSE,)))
    hints = np.hstack([whole[0], (whole[1] + close[0]) / 2])
    larger = (views[WHOLE[1]] + views[CLOSE]) / 2
    return Features(
        components=_components([views[WHOLE[0]], larger]),
        hints=_standardise(hints),
        subject=subject.astype(np.float32),
        colours=views[COLOURS][:, 0],
        groups=groups.astype(np.int64),
    )


def _components(embeddings: list[np.ndarray]) -> np.ndarray:
    """Principal components of several embeddings, each weighing alike; the first ones hold the most variance."""
    stacked = np.hstack([_standardise(values) / np.sqrt(values.shape[1]) for values in embeddings])
    stacked /= np.float32(np.sqrt(len(embeddings)))
    tall = stacked.shape[0] > stacked.shape[1]
    product = stacked.T @ stacked if tall else stacked @ stacked.T
    values, vectors = np.linalg.eigh(product.astype(np.float64))
    values, vectors = values[::-1][:_MAX_COMPONENTS], vectors[:, ::-1][:, :_MAX_COMPONENTS]
    if tall:
        return stacked @ vectors.astype(np.float32)
    return (vectors * np.sqrt(np.maximum(values, 0))).astype(np.float32)


def _log_odds(log_probabilities: np.ndarray) -> np.ndarray:
    return logit(np.clip(np.exp(log_probabilities.astype(np.float64)).sum(axis=1), 1e-9, 1 - 1e-9))


def _standardise(values: np.ndarray) -> np.ndarray:
    return ((values - values.mean(axis=0)) / (values.std(axis=0) + 1e-6)).astype(np.float32)
