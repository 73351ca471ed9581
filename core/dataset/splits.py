"""The validation split, where a dataset brings none: stratified, seeded, near-duplicates on one side."""

import numpy as np
import pandas as pd

from core.dataset.duplicates import duplicate_groups


def with_validation(table: pd.DataFrame, fraction: float = 0.2, seed: int = 0) -> pd.DataFrame:
    """Moves part of `train` to `validation`, unless the dataset has a validation split of its own.

    Args:
        table: Usable rows of a dataset.
        fraction: Share of the `train` photos to move, 0-0.5.
        seed: Same seed, same split.

    Returns:
        The table with a new `split` column; photos that look alike stay on one side.
    """
    if (table["split"] == "validation").any() or fraction <= 0:
        return table
    train = table[table["split"] == "train"]
    num_folds = max(2, round(1 / fraction))
    smallest = train["label"].value_counts().min() if len(train) else 0
    if smallest < 2:  # nothing to hold out from: training then reports on what it has
        return table
    _, validation = folds(train, min(num_folds, int(smallest)), seed)[0]
    result = table.copy()
    result.loc[train.index[validation], "split"] = "validation"
    return result


def folds(table: pd.DataFrame, num_folds: int, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Stratified folds that keep near-duplicates together, as positions `(fit, held out)`."""
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(n_splits=num_folds, shuffle=True, random_state=seed)
    groups = duplicate_groups(table)
    return list(splitter.split(np.zeros(len(table)), table["label"].to_numpy(), groups))
