"""How far a labelling is: accuracy on the honest test as labels came, and what more of them would probably bring."""

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core import cache
from core.dataset.index import Dataset
from core.dataset.overlay import now
from core.metrics.intervals import Measured, proportion
from core.review.label_advice import Advice, predicted_gain, remember_advice
from core.review.label_model import LEAST_LABELS, LabelModel, fit

LEAST_TEST_PHOTOS = 10  # below, an accuracy says nothing
_ENOUGH = 0.005  # a gain that nobody would notice
_SHARES, _DRAWS = (0.3, 0.45, 0.67, 1.0), 5  # of the labels; for each share so many random parts
_VERSION = 1

Verdict = Literal["begin", "test", "more", "enough"]


@dataclass(frozen=True)
class CurvePoint:
    """Accuracy on the honest test of models that learned from so many labels, drawn at random."""

    labels: int
    accuracy: Measured


@dataclass(frozen=True)
class LabelProgress:
    """How far a labelling is.

    Attributes:
        labelled: Photos with a label.
        excluded: Photos answered with "not the subject" or "cannot tell".
        left: Photos without an answer.
        by_class: Class -> labelled photos.
        test: Labelled photos that are kept for the honest test.
        accuracy: On them; `None` before there is a model and a test of `LEAST_TEST_PHOTOS`.
        curve: Sorted by labels; empty before that.
        advice: `None` before that.
        verdict: `begin` (too few labels), `test` (too few test photos), `more` or `enough`.
        sentence: What to do, in words.
    """

    labelled: int
    excluded: int
    left: int
    by_class: dict[str, int]
    test: int
    accuracy: Measured | None
    curve: tuple[CurvePoint, ...]
    advice: Advice | None
    verdict: Verdict
    sentence: str


def label_progress(dataset: Dataset, model: LabelModel) -> LabelProgress:
    """Measures and predicts; kept until a label changes. The prediction is remembered, see `label_advice`."""
    labels = model.table[["sha256", "label", "split", "excluded"]].to_csv(index=False)
    key = hashlib.sha256(f"{_VERSION} {labels}".encode()).hexdigest()

    def compute() -> LabelProgress:
        found = measure_progress(model)
        if found.advice is not None and found.accuracy is not None:
            remember_advice(dataset, found.advice, found.accuracy.value)
        return found

    return cache.cached(cache.as_record(dataset.cache_dir / "label-progress.json", LabelProgress), key, compute)


def measure_progress(model: LabelModel) -> LabelProgress:
    """As `label_progress`, without the disk."""
    table, test, train = model.table, model.rows(is_test=True), model.rows(is_test=False)
    counts = table.loc[table["label"] != "", "label"].value_counts().sort_index()
    left = int((~model.answered).sum())
    accuracy, advice = None, None
    curve: tuple[CurvePoint, ...] = ()
    if model.head is not None and len(test) >= LEAST_TEST_PHOTOS:
        accuracy = proportion(int((model.probabilities[test].argmax(axis=1) == model.targets[test]).sum()), len(test))
        sizes, right = _grow(model, train, test)
        means = right.mean(axis=1)
        curve = tuple(
            CurvePoint(int(size), proportion(round(float(row.sum())), len(test)))
            for size, row in zip(sizes, means, strict=True)
        )
        if more := min(left, max(20, round(len(train) / 20) * 10)):
            advice = Advice(len(train), more, predicted_gain(sizes, right, more), now())
    labelled = int(counts.sum())
    verdict, sentence = _verdict(model, labelled, left, len(test), advice)
    return LabelProgress(
        labelled=labelled,
        excluded=int(table["excluded"].sum()),
        left=left,
        by_class={str(name): int(count) for name, count in counts.items()},
        test=len(test),
        accuracy=accuracy,
        curve=curve,
        advice=advice,
        verdict=verdict,
        sentence=sentence,
    )


def _grow(model: LabelModel, train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which test photos are right after ever more labels; a larger part contains the smaller ones."""
    targets, num_classes = model.targets, len(model.class_names)
    sizes = np.unique([max(round(share * len(train)), 2 * num_classes) for share in _SHARES])
    right = np.empty((len(sizes), _DRAWS, len(test)), bool)
    for number in range(_DRAWS):
        order = np.random.default_rng(number).permutation(train)
        rank = np.array([(targets[order[:place]] == targets[row]).sum() for place, row in enumerate(order)])
        order = order[np.argsort(rank >= 2, kind="stable")]  # two photos of each class first
        for place, size in enumerate(sizes):
            if size == len(train) and number:
                right[place, number] = right[place, 0]
                continue
            head = fit(model.embeddings[order[:size]], targets[order[:size]], num_classes)
            right[place, number] = head.probabilities(model.embeddings[test]).argmax(axis=1) == targets[test]
    return sizes, right


def _verdict(model: LabelModel, labelled: int, left: int, test: int, advice: Advice | None) -> tuple[Verdict, str]:
    if model.head is None:
        classes = "" if len(model.class_names) >= 2 else ", at least two photos of two classes outside the test"
        least = max(LEAST_LABELS - labelled, 1)
        return "begin", f"Label {least} more photos{classes}: then suggestions and an accuracy begin."
    if test < LEAST_TEST_PHOTOS:
        return (
            "test",
            f"{test} labelled photos are in the honest test; from {LEAST_TEST_PHOTOS} on it gives an accuracy.",
        )
    if advice is None:
        return "enough", f"All {labelled} photos are labelled."
    if advice.gain.value < _ENOUGH:
        return "enough", f"Probably enough: {advice.sentence()}."
    return "more", f"{advice.sentence()}."
