"""How accuracy grows with photos and with cleaner labels, as `python -m benchmarks models` measured it."""

from dataclasses import dataclass

from core import cache
from core.dataset.index import Dataset
from core.metrics.intervals import Measured


@dataclass(frozen=True)
class Point:
    """Accuracy after training on so many photos.

    Attributes:
        labels: Trained on the `given` or the `reviewed` labels.
        share: Of the photos to learn from.
        photos: Mean number over the draws.
        accuracy: On the held-out photos of all draws together, each of which is held out once.
        by_draw: Accuracy of each draw, 0-1.
    """

    labels: str
    share: float
    photos: int
    accuracy: Measured
    by_draw: list[float]


@dataclass(frozen=True)
class LearningCurve:
    """How accuracy grows.

    Attributes:
        judged_by: Labels of the held-out photos, `given` or `reviewed`.
        points: Sorted by labels and share.
        doubling: What the last doubling of the photos brought, as a difference of shares, paired by photo.
        cleaning: What the reviewed labels brought at all photos; `None` without decisions.
        verdict: The two in one sentence.
    """

    judged_by: str
    points: list[Point]
    doubling: Measured
    cleaning: Measured | None
    verdict: str


def stored_curve(dataset: Dataset, preset: str) -> LearningCurve | None:
    """The curve of a preset if it was drawn for these very photos."""
    return cache.stored(_kept(dataset, preset), dataset.fingerprint)


def store_curve(dataset: Dataset, preset: str, curve: LearningCurve) -> None:
    """Keeps a curve beside the dataset's other caches."""
    cache.store(_kept(dataset, preset), dataset.fingerprint, curve)


def _kept(dataset: Dataset, preset: str) -> cache.Kept[LearningCurve]:
    return cache.as_record(dataset.cache_dir / f"learning-curve-{preset}.json", LearningCurve)
