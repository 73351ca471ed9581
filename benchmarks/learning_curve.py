"""Would more photos help, or cleaner labels? The same training on ever more photos, judged on held-out ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.learning_parts import growing_parts
from core.dataset.index import Dataset
from core.dataset.overlay import Decision, apply_decisions
from core.errors import DatasetError
from core.evaluation.learning_curve import LearningCurve, Point
from core.metrics.comparison import paired_difference
from core.metrics.intervals import Measured, proportion

SHARES = (0.05, 0.1, 0.2, 0.35, 0.5, 1.0)
DRAWS = 5

# Trains on one dataset and answers for its test photos: path to predicted label.
Train = Callable[[Dataset], dict[str, str]]


def learning_curve(
    dataset: Dataset,
    train: Train,
    decisions: dict[str, Decision] | None = None,
    progress: Callable[[int, int], None] | None = None,
    shares: tuple[float, ...] = SHARES,
    draws: int = DRAWS,
) -> LearningCurve:
    """Trains on parts of the photos, cross-validated: the test photos are never looked at.

    Each draw holds out another fold of the photos and trains on ever larger random parts of the others, the same share
    of each class; a larger part contains the smaller ones. Copies of a picture stay together, in folds and parts.

    Args:
        dataset: Whose photos outside `test`.
        train: Trains on a dataset made of `train` and `test` rows; called `draws * len(shares)` times, twice as
            often with decisions.
        decisions: By sha256; with them a second curve is trained on the reviewed labels, and both are judged by
            these.
        progress: Called with (trainings done, trainings in all).
        shares: Of the photos to learn from, rising; must hold 0.5 and 1.
        draws: Folds, 2 at least.

    Raises:
        DatasetError: If there are too few photos.
    """
    usable = dataset.usable
    pool = usable[usable["split"] != "test"].reset_index(drop=True)
    smallest = int(pool["label"].value_counts().min()) if len(pool) else 0
    if smallest < 2 * draws:
        raise DatasetError(f"Expected at least {2 * draws} photos of each class for a learning curve, got {smallest}.")
    judged = apply_decisions(pool, decisions or {}).set_index("path")["label"].to_dict()
    kinds = ("given", "reviewed") if decisions else ("given",)
    right: dict[tuple[str, float], dict[str, bool]] = {}
    sizes: dict[tuple[str, float], list[int]] = {}
    by_draw: dict[tuple[str, float], list[float]] = {}
    trainings = growing_parts(pool, decisions, kinds, shares, draws)
    for done, (labels, share, part, held_out) in enumerate(trainings, start=1):
        held_out = held_out[held_out["path"].isin(judged)]
        said = train(replace(dataset, table=pd.concat([part, held_out], ignore_index=True)))
        answers = {path: said.get(path) == judged[path] for path in held_out["path"]}
        right.setdefault((labels, share), {}).update(answers)
        sizes.setdefault((labels, share), []).append(len(part))
        by_draw.setdefault((labels, share), []).append(float(np.mean(list(answers.values()))))
        if progress:
            progress(done, len(trainings))
    points = [
        Point(labels, share, round(np.mean(sizes[labels, share])), _pooled(answers), by_draw[labels, share])
        for (labels, share), answers in right.items()
    ]
    points.sort(key=lambda point: (point.labels, point.share))
    doubling = paired(right["given", 0.5], right["given", 1.0])
    cleaning = paired(right["given", 1.0], right["reviewed", 1.0]) if decisions else None
    counts = {point.share: point.photos for point in points if point.labels == "given"}
    return LearningCurve(
        "reviewed" if decisions else "given",
        points,
        doubling,
        cleaning,
        verdict(doubling, cleaning, counts[0.5], counts[1.0]),
    )


def verdict(doubling: Measured, cleaning: Measured | None, half: int, full: int) -> str:
    """Which of the two helps more, in one sentence; a gain counts if its interval lies above 0."""
    more = f"going from {half:,} to {full:,} photos brought {_gain(doubling)}"
    if cleaning is None:
        end = (
            "so more photos would probably help"
            if doubling.low > 0
            else "so more photos of this kind would hardly help"
        )
        return f"On the given labels {more}, {end}; whether cleaner labels would, a review can tell."
    start = f"On the given labels {more}; reviewed labels brought {_gain(cleaning)}"
    if cleaning.low > 0 and cleaning.value > doubling.value:
        return f"{start}: cleaner labels help more than more photos."
    if doubling.low > 0 and doubling.value > cleaning.value:
        return f"{start}: more photos help more than cleaner labels."
    return f"{start}: neither stands out."


def paired(before: dict[str, bool], after: dict[str, bool]) -> Measured:
    """Difference of two accuracies on the same photos, with Newcombe's interval for pairs."""
    table = np.zeros((2, 2), int)
    for path, was_right in before.items():
        table[int(was_right), int(after[path])] += 1
    (both_wrong, fixed), (broken, both_right) = table.tolist()
    return paired_difference(both_right, fixed, broken, both_wrong)


def _pooled(answers: dict[str, bool]) -> Measured:
    return proportion(sum(answers.values()), len(answers))


def _gain(gain: Measured) -> str:
    return gain.points().replace(")", f", n = {gain.n})")
