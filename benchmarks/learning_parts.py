"""Which photos a learning curve trains on, and which it holds out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.dataset.duplicates import duplicate_groups
from core.dataset.overlay import Decision, apply_decisions
from core.dataset.splits import folds
from core.errors import DatasetError

_LEAST_PHOTOS = 5  # of a class in the smallest part: training holds out one of them for validation
_TRAINABLE = 3  # that the review must leave of them


def growing_parts(
    pool: pd.DataFrame,
    decisions: dict[str, Decision] | None,
    kinds: tuple[str, ...],
    shares: tuple[float, ...],
    draws: int,
) -> list[tuple[str, float, pd.DataFrame, pd.DataFrame]]:
    """Folds to hold out, and growing random parts of the others to learn from; copies of a picture stay together.

    Args:
        pool: Usable rows outside `test`.
        decisions: By sha256, for the parts with `reviewed` labels.
        kinds: `given`, or `given` and `reviewed`.
        shares: Of the photos to learn from, rising; one that leaves a class too few photos to train is left out.
        draws: Folds.

    Returns:
        `(labels, share, rows to learn from, rows held out)`, the latter with the split `test`.

    Raises:
        DatasetError: If half of the photos are too few.
    """
    found = []
    for draw, (fit, held) in enumerate(folds(pool, draws, seed=0)):
        order = _places(pool.iloc[fit], draw)
        for labels in kinds:
            for share in shares:
                part = pool.iloc[fit[order <= share + 1e-9]].assign(split="train")
                part = apply_decisions(part, decisions).drop(columns="given_label") if labels == "reviewed" else part
                found.append((labels, share, part, pool.iloc[held].assign(split="test")))
    classes = pool["label"].unique()
    small = {
        share
        for _, share, part, _ in found
        if part["label"].value_counts().reindex(classes, fill_value=0).min() < _TRAINABLE
    }
    if small & {0.5, 1.0}:
        raise DatasetError("Expected more photos of each class for a learning curve: half of them is too few to train.")
    return [training for training in found if training[1] not in small]


def _places(rows: pd.DataFrame, seed: int) -> np.ndarray:
    """The share at which each photo joins, 0-1: a random order of groups of copies, class by class."""
    groups = duplicate_groups(rows)
    labels = rows["label"].to_numpy()
    rank = np.random.default_rng(seed).permutation(groups.max() + 1)[groups]
    places = np.empty(len(rows))
    for name in np.unique(labels):
        members = np.flatnonzero(labels == name)
        order = members[np.argsort(rank[members], kind="stable")]
        counts = np.arange(1, len(order) + 1)
        places[order] = np.where(counts <= _LEAST_PHOTOS, 0.0, counts / len(order))
    for group in np.unique(groups):  # copies join together, with the first of them
        places[groups == group] = places[groups == group].min()
    return places
