"""The validation split, where a dataset brings none: stratified, seeded, near-duplicates on one side."""

import numpy as np
import pandas as pd

from core.dataset.duplicates import duplicate_groups

LEAST_PICTURES = 3  # of a class, copies counted once: of two, one to hold out leaves a single one to learn from


def with_validation(table: pd.DataFrame, fraction: float = 0.2, seed: int = 0) -> pd.DataFrame:
    """Moves part of `train` to `validation`, unless the dataset has a validation split of its own.

    Args:
        table: Usable rows of a dataset.
        fraction: Share of the `train` photos to move, 0-0.5.
        seed: Same seed, same split.

    Returns:
        The table with a new `split` column; photos that look alike stay on one side. Nothing is moved of a class of
        fewer than three pictures, and nothing at all where fewer than two classes are left: a figure of one class
        tells nothing.
    """
    if (table["split"] == "validation").any() or fraction <= 0:
        return table
    train = table[table["split"] == "train"]
    parts = folds(train, max(2, round(1 / fraction)), seed)
    held = train.index[parts[0][1]] if parts else train.index[:0]
    if train.loc[held, "label"].nunique() < 2:
        return table
    result = table.copy()
    result.loc[held, "split"] = "validation"
    return result


def folds(table: pd.DataFrame, num_folds: int, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Stratified folds that keep near-duplicates together, as positions `(fit, held out)`.

    Args:
        table: Usable rows of a dataset.
        num_folds: At most; a class of fewer pictures is held out in as many folds as it has pictures.
        seed: Same seed, same folds.

    Returns:
        Every fold fits on all classes. A class of fewer than three pictures (copies count as one) is never held out;
        the list is empty if fewer than two classes can be.
    """
    labels, groups = table["label"].to_numpy(), duplicate_groups(table)
    pictures = _pictures(labels, groups)
    if (pictures >= LEAST_PICTURES).sum() < 2:
        return []
    found = _stratified(labels, groups, num_folds, seed) if pictures.min() >= num_folds else []
    classes = len(pictures)
    if not found or any(len(set(labels[part])) < classes for pair in found for part in pair):
        fold = _dealt(labels, groups, num_folds, seed)
        found = [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(num_folds)]
    return [(fit, held) for fit, held in found if len(held)]


def not_held_out(table: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """The classes that have no photo in `validation`: how many photos each has in `train`, and how many pictures.

    Args:
        table: As `with_validation` gives it.
    """
    learned = table[table["split"] == "train"]
    missing = learned[~learned["label"].isin(table.loc[table["split"] == "validation", "label"])]
    if missing.empty:
        return {}
    pictures = _pictures(missing["label"].to_numpy(), duplicate_groups(missing))
    photos = missing["label"].value_counts()
    return {name: (int(photos[name]), int(pictures[name])) for name in sorted(photos.index)}


def _pictures(labels: np.ndarray, groups: np.ndarray) -> pd.Series:
    """How many pictures each class has, copies counted once."""
    return pd.Series(groups).groupby(labels).nunique()


def _stratified(
    labels: np.ndarray, groups: np.ndarray, num_folds: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(n_splits=num_folds, shuffle=True, random_state=seed)
    return list(splitter.split(np.zeros(len(labels)), labels, groups))


def _dealt(labels: np.ndarray, groups: np.ndarray, num_folds: int, seed: int) -> np.ndarray:
    """The fold of each photo, or -1: the groups of each class are dealt out, the largest first, the rarest class first.

    Each goes to the fold that has the fewest photos of the class, of equals to the last one: so the first fold, which
    becomes the validation split, always has a picture of the class, and not its largest group.
    """
    random = np.random.default_rng(seed)
    pictures = _pictures(labels, groups)
    fold_of: dict[int, int] = {}
    for label in pictures.sort_values(kind="stable").index:
        inside = groups[labels == label]
        names, sizes = np.unique(inside, return_counts=True)
        load = np.zeros(min(num_folds, len(names)), int)
        order = random.permutation(len(names))
        for position in order[np.argsort(-sizes[order], kind="stable")]:
            group = int(names[position])
            if group not in fold_of:  # else it shows two classes, and the rarer one has placed it
                last = len(load) - 1 - int(np.argmin(load[::-1]))
                fold_of[group] = last if len(names) >= LEAST_PICTURES else -1
            if 0 <= fold_of[group] < len(load):
                load[fold_of[group]] += sizes[position]
    fold = np.array([fold_of[int(group)] for group in groups], int)
    for label in pictures.index:  # two classes that share their pictures: what holds all of one out is not held out
        own = fold[labels == label]
        if (own == own[0]).all():
            fold[np.isin(groups, groups[labels == label])] = -1
    return fold
