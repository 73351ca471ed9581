"""Measures a run on any dataset: predicts every photo of a split and evaluates."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from core.dataset.images import decode
from core.dataset.index import SPLITS, Dataset
from core.dataset.overlay import Decision
from core.dataset.splits import with_validation
from core.errors import DatasetError
from core.explanation.masking import Progress
from core.metrics.figures import EvaluationResult, Labels
from core.metrics.predictions import from_table, predictions_table
from core.prediction.predictor import Predictor
from core.runs.folder import Run


def measure(
    run: Run, dataset: Dataset, split: str = "test", progress: Progress | None = None
) -> tuple[EvaluationResult, EvaluationResult | None]:
    """Evaluates a run on a split, by the model that would serve.

    A plain folder (no splits) that the run was not trained on counts as `test` as a whole.

    Args:
        run: A succeeded run.
        dataset: Its own dataset or another one with the same class names.
        split: `train`, `validation` or `test`.
        progress: Called with (photos done, photos in all).

    Returns:
        By the given labels; and by the reviewed ones, without photos that the review excluded or moved to a class that
        the run does not know, or `None` where nobody decided about a photo of the split.

    Raises:
        DatasetError: If the split does not exist or holds no photo of the run's classes.
    """
    rows = select_rows(run, dataset, split)
    predictor = Predictor(run, pool_size=2, threads=1)
    probabilities = []
    for start in range(0, len(rows), 16):
        images = [decode(dataset.folder / path) for path in rows["path"].iloc[start : start + 16]]
        predictions = predictor.predict(images)
        probabilities += [list(prediction.probabilities.values()) for prediction in predictions]
        if progress:
            progress(len(probabilities), len(rows))
    table = predictions_table(rows.assign(split=split), np.array(probabilities), run.class_names)
    given = from_table(table, split, run.class_names, "given")
    decisions = dataset.decisions()
    if not table["sha256"].isin(decisions).any():
        return given, None
    judged = judged_by(table, dataset, "reviewed", decisions)
    judged = judged[judged["given_label"].isin(run.class_names)]
    return given, from_table(judged, split, run.class_names, "reviewed") if len(judged) else None


def judged_by(
    predictions: pd.DataFrame, dataset: Dataset, labels: Labels, decisions: Mapping[str, Decision]
) -> pd.DataFrame:
    """A run's predictions with the labels to judge by, as the dataset has them now, in `given_label`.

    Args:
        predictions: See `predictions_table`; photos that are gone, or excluded in the review, are left out.
        dataset: Whose photos.
        labels: `given` (of the folders) or `reviewed`.
        decisions: By sha256, for the reviewed labels.
    """
    rows = dataset.reviewed(decisions) if labels == "reviewed" else dataset.usable
    label = dict(zip(rows["path"], rows["label"], strict=True))
    found = predictions[predictions["path"].isin(label)]
    return found.assign(given_label=found["path"].map(label))


def select_rows(run: Run, dataset: Dataset, split: str) -> pd.DataFrame:
    """The photos of a split, of the run's classes.

    Raises:
        DatasetError: As `measure`.
    """
    if split not in SPLITS:
        raise DatasetError(f"Expected one of {', '.join(SPLITS)} as the split, but got {split!r}.")
    table = dataset.usable
    own = dataset.fingerprint == run.dataset.fingerprint
    if split == "validation" and own:
        table = with_validation(table, run.config.validation_fraction, run.config.seed)
    elif split == "test" and dataset.is_plain and not own:
        table = table.assign(split="test")
    rows = table[(table["split"] == split) & table["label"].isin(run.class_names)].reset_index(drop=True)
    if rows.empty:
        found = ", ".join(sorted(table["split"].unique())) or "none"
        raise DatasetError(
            f"Expected photos of {', '.join(run.class_names)} in the split {split} of {dataset.name}, but there are "
            f"none (splits: {found}). Choose another split or dataset."
        )
    return rows
