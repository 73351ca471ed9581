"""The per-photo table of a run (`predictions.parquet`), and the evaluation computed from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.errors import RunInvalidError, UnknownClassError
from core.metrics.figures import EvaluationResult, Labels, evaluate

if TYPE_CHECKING:
    import pandas as pd


def predictions_table(rows: pd.DataFrame, probabilities: np.ndarray, class_names: Sequence[str]) -> pd.DataFrame:
    """Puts photos and what the run says of them side by side.

    Args:
        rows: One photo a row, with `path`, `sha256`, `label`, `split`.
        probabilities: `float`, shape `(n, classes)`, 0–1, in the order of `rows` and `class_names`.
        class_names: Names of the classes.

    Returns:
        Columns `path`, `sha256`, `split`, `given_label` (the `label` of `rows`), `predicted_label`,
        `probability` (of the predicted label), `correct`, then `probability_<class>` for every class; the
        index counts from 0.

    Raises:
        UnknownClassError: If a photo has no label or one the run does not know.
        ValueError: If the shapes do not fit.
    """
    probabilities = np.asarray(probabilities, dtype=np.float64)
    expected = (len(rows), len(class_names))
    if probabilities.shape != expected:
        raise ValueError(f"Expected probabilities of shape {expected}. Received {probabilities.shape}.")
    y_true = _class_indices(rows["label"], class_names)
    y_pred = probabilities.argmax(axis=1)
    table = rows[["path", "sha256", "split"]].reset_index(drop=True)
    table["given_label"] = rows["label"].to_numpy()
    table["predicted_label"] = [class_names[index] for index in y_pred]
    table["probability"] = probabilities.max(axis=1)
    table["correct"] = y_true == y_pred
    for index, name in enumerate(class_names):
        table[f"probability_{name}"] = probabilities[:, index]
    return table


def probabilities_of(table: pd.DataFrame, class_names: Sequence[str]) -> np.ndarray:
    """Probabilities of a predictions table, `float64`, shape `(n, classes)`, in the order of `class_names`.

    Raises:
        RunInvalidError: If the table lacks a class.
    """
    columns = [f"probability_{name}" for name in class_names]
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise RunInvalidError(f"The run's predictions lack {', '.join(missing)}. Evaluate the run again.")
    return table[columns].to_numpy(dtype=np.float64)


def from_table(
    table: pd.DataFrame, split: str, class_names: Sequence[str], labels: Labels = "given"
) -> EvaluationResult:
    """Evaluates one split of a predictions table.

    To judge by reviewed labels, write them into `given_label` (dropping excluded photos) and pass `reviewed`.

    Args:
        table: As `predictions_table` makes it; `correct` and `predicted_label` are not read.
        split: `train`, `validation` or `test`; other rows are left out.
        class_names: Names of the classes.
        labels: What `given_label` holds, `given` or `reviewed` labels.

    Raises:
        DatasetError: If the split has no photo.
        UnknownClassError: If a photo has no label or one the run does not know.
        RunInvalidError: If the table lacks a class.
    """
    rows = table[table["split"] == split]
    y_true = _class_indices(rows["given_label"], class_names)
    return evaluate(y_true, probabilities_of(rows, class_names), class_names, split, labels)


def _class_indices(labels: pd.Series, class_names: Sequence[str]) -> np.ndarray:
    """Position of each label in `class_names`, `int64`; a photo nobody can judge is an error, not a miss."""
    unlabelled = int(labels.isna().sum())
    if unlabelled:
        raise UnknownClassError(f"Expected a label for every photo. {unlabelled} of {len(labels)} have none.")
    indices = labels.map({name: index for index, name in enumerate(class_names)})
    unknown = labels[indices.isna()]
    if len(unknown):
        raise UnknownClassError(
            f"The run knows the classes {', '.join(class_names)}. "
            f"{len(unknown)} of {len(labels)} photos are labelled {', '.join(map(str, sorted(set(unknown))))}."
        )
    return indices.to_numpy(np.int64)
