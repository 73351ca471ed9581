"""Predictions and true labels of one split become an `EvaluationResult`: all that pages and API show."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from core.errors import DatasetError, TrainingError
from core.metrics.calibration_error import expected_calibration_error, reliability_bins
from core.metrics.curves import precision_recall_curve, risk_coverage_curve, roc_curve
from core.metrics.intervals import Interval, Measured, proportion, share_of

Labels = Literal["given", "reviewed"]
_MAX_LISTED = 5  # names of classes in a sentence


@dataclass(frozen=True)
class EvaluationResult:
    """How good a run is on one split. Shares are 0–1; None stands for what these photos cannot tell.

    Attributes:
        split: `train`, `validation` or `test`.
        n: Photos evaluated.
        labels: Judged by the `given` or the `reviewed` labels.
        class_names: Order of the confusion matrix and of the lists per class.
        accuracy: With its Wilson interval.
        balanced_accuracy: Mean recall of the classes present, each class counting the same.
        majority_baseline: Accuracy of always answering the class most frequent in this split.
        log_loss: Mean of -ln(probability of the true class); probabilities of 0 count as 2.2e-16.
        ece: Expected calibration error, 0 the best.
        ece_interval: Its bootstrap interval.
        brier: Squared error summed over classes, mean over photos: 0 the best, 2 the worst (Brier 1950).
        reliability_bins: See `calibration.reliability_bins`.
        confusion_matrix: Photo counts, rows true, columns predicted.
        per_class: Dicts with `class_name`, `precision`, `recall`, `f1`, `support` (photos of the class) and
            the Wilson intervals `precision_low`, `precision_high`, `recall_low`, `recall_high`. Precision is
            None for a class never predicted, recall for a class absent, F1 where both hold.
        roc: Per class `class_name`, `fpr`, `tpr`, `auc`, `auc_low`, `auc_high`; see `curves.roc_curve`.
        pr: Per class `class_name`, `precision`, `recall`, `average_precision`; see
            `curves.precision_recall_curve`.
        risk_coverage: `coverage`, `errors`, `threshold`; see `curves.risk_coverage_curve`.
        learned: Photos left out because the run has learned from them; `None` if it does not record which these are.
        near_copies: Of the `n` photos those that are near or mirrored copies of photos it has learned from.
    """

    split: str
    n: int
    labels: Labels
    class_names: tuple[str, ...]
    accuracy: Measured
    balanced_accuracy: Measured
    majority_baseline: float
    log_loss: float
    ece: float
    ece_interval: Interval
    brier: float
    reliability_bins: list[dict]
    confusion_matrix: list[list[int]]
    per_class: list[dict]
    roc: list[dict]
    pr: list[dict]
    risk_coverage: dict[str, list[float]]
    learned: int | None = 0
    near_copies: int = 0

    @property
    def accuracy_text(self) -> str:
        """`92.2 % accuracy (87.3–95.3, n = 179, given labels, test)`."""
        return self.accuracy.text(self.labels, self.split, "accuracy")

    def sentence(self, escape: Callable[[object], str] = str) -> str:
        """The answer in one sentence, with the baseline any figure has to beat; `escape` is given the class's name."""
        majority = max(self.per_class, key=lambda row: row["support"])["class_name"]
        baseline = f"always answering {escape(majority)} would reach {100 * self.majority_baseline:.1f} %"
        return "; ".join([self.accuracy_text, baseline, *self._reservations(escape)]) + "."

    def _reservations(self, escape: Callable[[object], str]) -> list[str]:
        """What these photos cannot tell, and how far they were known to the run."""
        absent = [escape(row["class_name"]) for row in self.per_class if not row["support"]]
        names = ", ".join(absent[:_MAX_LISTED]) + (
            f" and {len(absent) - _MAX_LISTED} more" if absent[_MAX_LISTED:] else ""
        )
        words = [f"no photo of {names} among them, so this tells nothing about it"] if absent else []
        if self.learned is None:
            words.append("the run does not record which photos it has learned from, so some may be among them")
        elif self.learned:
            words.append(f"left out, because it has learned from them: {_photos(self.learned)}")
        if self.near_copies:
            are = "is a near copy" if self.near_copies == 1 else "are near copies"
            words.append(f"{self.near_copies:,} of the photos {are} of training photos")
        return words


def evaluate(
    y_true: np.ndarray, probabilities: np.ndarray, class_names: Sequence[str], split: str, labels: Labels
) -> EvaluationResult:
    """Measures predictions against labels.

    Args:
        y_true: `int`, shape `(n,)`: positions in `class_names`. Classes may be absent.
        probabilities: `float`, shape `(n, classes)`, 0–1, rows sum to 1.
        class_names: Names of the classes, in the order of the columns.
        split: `train`, `validation` or `test`.
        labels: Whether `y_true` are the `given` or the `reviewed` labels.

    Raises:
        DatasetError: If there is no photo.
        TrainingError: If a probability is not a number.
        ValueError: If shapes or ranges do not fit.
    """
    num_classes = len(class_names)
    y_true, probabilities = _checked(y_true, probabilities, num_classes, split, labels)
    n = len(y_true)
    y_pred = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1)
    correct = y_pred == y_true
    matrix = np.bincount(y_true * num_classes + y_pred, minlength=num_classes**2).reshape(num_classes, -1)
    probability_of_truth = np.clip(probabilities[np.arange(n), y_true], np.finfo(np.float64).eps, 1.0)
    calibration_error = expected_calibration_error(correct, confidence)
    one_vs_rest = [(name, y_true == index, probabilities[:, index]) for index, name in enumerate(class_names)]
    return EvaluationResult(
        split=split,
        n=n,
        labels=labels,
        class_names=tuple(class_names),
        accuracy=share_of(correct),
        balanced_accuracy=_balanced_accuracy(matrix),
        majority_baseline=int(matrix.sum(axis=1).max()) / n,
        log_loss=float(np.mean(np.abs(np.log(probability_of_truth)))),  # abs: -log(1) would print as -0.0
        ece=calibration_error.value,
        ece_interval=Interval(calibration_error.low, calibration_error.high),
        brier=float(np.mean(np.sum((probabilities - np.eye(num_classes)[y_true]) ** 2, axis=1))),
        reliability_bins=reliability_bins(correct, confidence),
        confusion_matrix=matrix.tolist(),
        per_class=_per_class(matrix, class_names),
        roc=[{"class_name": name} | roc_curve(*column) for name, *column in one_vs_rest],
        pr=[{"class_name": name} | precision_recall_curve(*column) for name, *column in one_vs_rest],
        risk_coverage=risk_coverage_curve(correct, confidence),
    )


def headline(evaluation: Mapping[str, EvaluationResult]) -> EvaluationResult | None:
    """The result that stands for a run: of `test` if it can, else `validation`, else `train`; `None` if unevaluated.

    Args:
        evaluation: Of a run, by split.
    """
    return next((evaluation[split] for split in ("test", "validation", "train") if split in evaluation), None)


def _photos(number: int) -> str:
    return f"{number:,} photo{'' if number == 1 else 's'}"


def _checked(
    y_true: np.ndarray, probabilities: np.ndarray, num_classes: int, split: str, labels: str
) -> tuple[np.ndarray, np.ndarray]:
    """The inputs as `int64` and `float64` arrays, or the error that says what is wrong with them."""
    y_true, probabilities = np.asarray(y_true), np.asarray(probabilities)
    if labels not in ("given", "reviewed"):
        raise ValueError(f"Expected labels 'given' or 'reviewed'. Received {labels!r}.")
    if len(y_true) == 0:
        raise DatasetError(f"The split {split!r} has no labelled photo, so there is nothing to evaluate.")
    if y_true.ndim != 1 or probabilities.shape != (len(y_true), num_classes):
        raise ValueError(
            f"Expected y_true of shape (n,) and probabilities of shape (n, {num_classes}). "
            f"Received {y_true.shape} and {probabilities.shape}."
        )
    if not np.issubdtype(y_true.dtype, np.integer) or y_true.min() < 0 or y_true.max() >= num_classes:
        raise ValueError(f"Expected y_true to be integers from 0 to {num_classes - 1}.")
    probabilities = probabilities.astype(np.float64)
    if not np.isfinite(probabilities).all():
        raise TrainingError(
            "The run answers with probabilities that are not numbers: its training diverged. "
            "Train again with a lower learning rate."
        )
    # Half-precision models miss 1 by up to a thousandth a class.
    if probabilities.min() < 0 or np.abs(probabilities.sum(axis=1) - 1).max() > 0.01:
        raise ValueError("Expected probabilities of 0–1 whose rows sum to 1.")
    return y_true.astype(np.int64), np.minimum(probabilities, 1.0)


def _balanced_accuracy(matrix: np.ndarray) -> Measured:
    """Mean recall of the classes present; its interval squares and adds the Wilson intervals of the recalls.

    Zou & Donner (2008), "Construction of confidence limits about effect measures: a general approach",
    Statistics in Medicine 27, 1693–1702. Unlike the bootstrap it keeps a width where every photo is right, or
    there is only one.
    """
    recalls = [proportion(row[index], row.sum()) for index, row in enumerate(matrix) if row.sum()]
    value = math.fsum(recall.value for recall in recalls) / len(recalls)
    below = math.hypot(*(recall.value - recall.low for recall in recalls)) / len(recalls)
    above = math.hypot(*(recall.high - recall.value for recall in recalls)) / len(recalls)
    return Measured(value, max(0.0, value - below), min(1.0, value + above), int(matrix.sum()))


def _per_class(matrix: np.ndarray, class_names: Sequence[str]) -> list[dict]:
    """Precision, recall and F1 of each class from the confusion matrix (rows true, columns predicted)."""
    rows = []
    for index, name in enumerate(class_names):
        right = int(matrix[index, index])
        support, predicted = int(matrix[index].sum()), int(matrix[:, index].sum())
        row: dict[str, Any] = {"class_name": name, "support": support}
        for figure, total in (("precision", predicted), ("recall", support)):
            share = proportion(right, total) if total else None
            row |= {figure: share and share.value, f"{figure}_low": share and share.low}
            row[f"{figure}_high"] = share and share.high
        row["f1"] = 2 * right / (predicted + support) if predicted + support else None
        rows.append(row)
    return rows
