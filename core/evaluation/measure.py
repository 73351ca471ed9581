"""Measures a run on any dataset: predicts every photo of a split and evaluates."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from core.dataset.images import decode
from core.dataset.index import SPLITS, Dataset
from core.dataset.overlay import Decision
from core.errors import DatasetError
from core.evaluation.learned import HASHES, learned_photos, near_copies
from core.explanation.masking import Progress
from core.metrics.figures import EvaluationResult, Labels
from core.metrics.predictions import from_table, predictions_table
from core.prediction.predictor import Predictor
from core.runs.folder import Run


def measure(
    run: Run, dataset: Dataset, split: str = "test", progress: Progress | None = None
) -> tuple[EvaluationResult, EvaluationResult | None]:
    """Evaluates a run on a split, by the model that would serve.

    A plain folder (no splits) counts as `test` as a whole. Photos that the run has seen while training, known by their
    content, never count as test. Where validation photos were carved from `train`, what a model that had not learned
    from them said while training is taken.

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
    table, learned, copies = _predicted(run, dataset, split, progress)
    given = from_table(table, split, run.class_names, "given")
    given = replace(given, learned=learned, near_copies=copies)
    decisions = dataset.decisions()
    if not table["sha256"].isin(decisions).any():
        return given, None
    judged = judged_by(table, dataset, "reviewed", decisions)
    judged = judged[judged["given_label"].isin(run.class_names)]
    if judged.empty:
        return given, None
    return given, replace(from_table(judged, split, run.class_names, "reviewed"), learned=learned)


def predict_split(run: Run, dataset: Dataset, split: str = "test", progress: Progress | None = None) -> pd.DataFrame:
    """What a run says of the photos of a split, as `predictions_table`; arguments and errors as `measure`."""
    return _predicted(run, dataset, split, progress)[0]


def _predicted(
    run: Run, dataset: Dataset, split: str, progress: Progress | None
) -> tuple[pd.DataFrame, int | None, int]:
    """The predictions, how many photos were left out because the run knows them, and how many are near copies."""
    if _was_carved(dataset, split):
        return _held_out(run, dataset), 0, 0
    rows, learned, copies = _select(run, dataset, split)
    probabilities = _probabilities(run, dataset, rows, progress)
    return predictions_table(rows.assign(split=split), probabilities, run.class_names), learned, copies


def judged_by(
    predictions: pd.DataFrame, dataset: Dataset, labels: Labels, decisions: Mapping[str, Decision]
) -> pd.DataFrame:
    """A run's predictions with the labels to judge by and the paths, as the dataset has them now.

    A photo is known by its content: what was said of another one that had this name does not count, and a photo that
    was renamed since is found.

    Args:
        predictions: See `predictions_table`; photos that are gone, or excluded in the review, are left out.
        dataset: Whose photos.
        labels: `given` (of the folders) or `reviewed`.
        decisions: By sha256, for the reviewed labels.

    Returns:
        The predictions with `path` and `given_label` replaced; every photo once.
    """
    if predictions.empty:
        return predictions
    rows = dataset.reviewed(decisions) if labels == "reviewed" else dataset.usable
    places = dict(zip(rows["sha256"], rows["path"], strict=True))
    label = dict(zip(rows["path"], rows["label"], strict=True))
    is_there = set(zip(rows["sha256"], rows["path"], strict=True))
    pairs = list(zip(predictions["sha256"], predictions["path"], strict=True))
    now = pd.Series(
        [pair[1] if pair in is_there else places.get(pair[0]) for pair in pairs], predictions.index, dtype=object
    )
    found = predictions.assign(path=now)[now.notna()]
    found = found[~found["path"].duplicated()]
    return found.assign(given_label=found["path"].map(label))


def select_rows(run: Run, dataset: Dataset, split: str) -> pd.DataFrame:
    """The photos of a split, of the run's classes, without those that the run has learned from.

    Raises:
        DatasetError: As `measure`.
    """
    if _was_carved(dataset, split):
        rows = dataset.usable
        return rows[rows["path"].isin(_held_out(run, dataset)["path"])].reset_index(drop=True)
    return _select(run, dataset, split)[0]


def _was_carved(dataset: Dataset, split: str) -> bool:
    """Whether a training must have taken its validation photos from `train`."""
    return split == "validation" and not (dataset.usable["split"] == "validation").any()


def _held_out(run: Run, dataset: Dataset) -> pd.DataFrame:
    """What was said while training of carved validation photos; the model that serves may have learned from them since.

    Raises:
        DatasetError: If none of them is there any more.
    """
    found = run.predictions
    if not found.empty:
        found = judged_by(found[found["split"] == "validation"], dataset, "given", {})
        found = found[found["given_label"].isin(run.class_names)]
    if found.empty:
        raise _no_photos(run, dataset, "validation")
    return found


def _select(run: Run, dataset: Dataset, split: str) -> tuple[pd.DataFrame, int | None, int]:
    """The photos of a split, how many more were left out because the run knows them, and how many are near copies."""
    if split not in SPLITS:
        raise DatasetError(f"Expected one of {', '.join(SPLITS)} as the split, but got {split!r}.")
    table = dataset.usable
    seen = learned_photos(run)
    if seen is None and dataset.fingerprint == run.dataset.fingerprint:
        seen = table.loc[table["split"] != "test", HASHES].assign(learned=table["split"] == "train")
    if split == "test" and dataset.is_plain:
        table = table.assign(split="test")
    rows = table[(table["split"] == split) & table["label"].isin(run.class_names)]
    if rows.empty:
        raise _no_photos(run, dataset, split)
    if split == "train":
        return rows.reset_index(drop=True), 0, 0
    if seen is None:
        return rows.reset_index(drop=True), None, 0
    seen = seen if split == "test" else seen[seen["learned"]]
    new = rows[~rows["sha256"].isin(seen["sha256"])].reset_index(drop=True)
    if new.empty:
        raise DatasetError(
            f"The run {run.run_id} has learned from all {len(rows)} photos that {dataset.name} has to offer as "
            f"{split}, so they cannot tell how good it is. Add photos that it has not seen."
        )
    return new, len(rows) - len(new), int(near_copies(new, seen).sum())


def _probabilities(run: Run, dataset: Dataset, rows: pd.DataFrame, progress: Progress | None) -> np.ndarray:
    predictor = Predictor(run, pool_size=2, threads=1)
    probabilities: list[list[float]] = []
    for start in range(0, len(rows), 16):
        images = [decode(dataset.folder / path) for path in rows["path"].iloc[start : start + 16]]
        predictions = predictor.predict(images)
        probabilities += [list(prediction.probabilities.values()) for prediction in predictions]
        if progress:
            progress(len(probabilities), len(rows))
    return np.array(probabilities)


def _no_photos(run: Run, dataset: Dataset, split: str) -> DatasetError:
    found = ", ".join(sorted(dataset.usable["split"].unique())) or "none"
    return DatasetError(
        f"Expected photos of {', '.join(run.class_names)} in the split {split} of {dataset.name}, but there are "
        f"none (splits: {found}). Choose another split or dataset."
    )
