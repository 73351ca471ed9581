"""How a run answers corrupted photos: blur, noise, darkness …, and photos whose background is gone."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core import cache
from core.dataset.framing import frame
from core.dataset.index import Dataset
from core.dataset.readable import decode_if_readable
from core.errors import DatasetError
from core.evaluation.background import VARIANTS, area_of, separated, share_inside, subject_maps
from core.evaluation.corruptions import CORRUPTIONS, corrupted, reduced
from core.evaluation.measure import select_rows
from core.explanation.averages import sampled
from core.explanation.heatmap import class_map, upsample
from core.explanation.masking import Progress
from core.features.embedding_store import version
from core.features.views import VIEWS
from core.metrics.intervals import Measured, share_of
from core.paths import Paths
from core.prediction.predictor import Predictor
from core.runs.folder import Run

MAX_PHOTOS = 200
PASSES_PER_PHOTO = 1 + sum(len(item.strengths) for item in CORRUPTIONS.values()) + 2 + len(VARIANTS)
CLEAN = "clean"
_VERSION = 2


@dataclass(frozen=True)
class Robustness:
    """What a run predicted for the same photos as they are and corrupted; accuracies follow from any labels.

    Attributes:
        split: Where the photos come from.
        num_photos: Of the split; more than were asked if it was sampled.
        class_names: Of the run.
        images: sha256 of every photo.
        answers: By variant the class index answered for each photo: `clean`, `blur-0` (weakest) … and, where ImageNet
            knows the subject, `background-blurred` and `subject-blurred`.
        subject_area: Share of each photo that the subject takes, 0-1; empty where ImageNet does not know it.
        inside: Share of the run's evidence for its answer that lies inside the subject, 0-1, `None` where nothing
            speaks for it; empty if the run has no class maps or the subject is unknown.
    """

    split: str
    num_photos: int
    class_names: tuple[str, ...]
    images: tuple[str, ...]
    answers: dict[str, list[int]]
    subject_area: list[float]
    inside: list[float | None]


@dataclass(frozen=True)
class Figure:
    """One variant by numbers.

    Attributes:
        variant: Key of `Robustness.answers`.
        title: For people.
        strength: What was done, in words; "" if there is only one way.
        accuracy: Share right, with its Wilson interval.
        changed: Share answered differently than the clean photo; needs no label to be right.
    """

    variant: str
    title: str
    strength: str
    accuracy: Measured
    changed: Measured


def measure_robustness(
    predictor: Predictor,
    dataset: Dataset,
    split: str,
    paths: Paths,
    progress: Progress | None = None,
    with_background: bool = True,
) -> Robustness:
    """Asks a run about corrupted photos, through LiteRT; the result is kept in the data folder, never in the run's.

    A larger split than `MAX_PHOTOS` is sampled, the same share of each class.

    Args:
        predictor: Of the run.
        dataset: With the run's classes.
        split: Held-out photos tell something, others flatter.
        paths: Where the cache lies.
        progress: Called with (passes done, passes in all).
        with_background: Tell subject and background apart too; needs TensorFlow unless `background.is_prepared`.

    Raises:
        DatasetError: If the split has no readable photo of the run's classes.
    """
    kept, key = _kept(predictor.run, dataset, split, with_background)
    return cache.cached(kept, key, lambda: _measure(predictor, dataset, split, paths, progress, with_background))


def stored_robustness(run: Run, dataset: Dataset, split: str, with_background: bool = True) -> Robustness | None:
    """The result if it was measured for this very model and these photos."""
    return cache.stored(*_kept(run, dataset, split, with_background))


def _kept(run: Run, dataset: Dataset, split: str, with_background: bool) -> tuple[cache.Kept[Robustness], str]:
    model = run.files.get("model.tflite", run.run_id)
    what = f"{_VERSION} {version(*VIEWS)} {model} {dataset.fingerprint} {split} {with_background}"
    key = hashlib.sha256(what.encode()).hexdigest()[:16]
    return cache.as_record(dataset.cache_dir / "robustness" / f"{key}.json", Robustness), key


def _measure(
    predictor: Predictor,
    dataset: Dataset,
    split: str,
    paths: Paths,
    progress: Progress | None,
    with_background: bool,
) -> Robustness:
    run = predictor.run
    table = select_rows(run, dataset, split)
    hashes, images = [], []
    chosen = sampled(table, MAX_PHOTOS)
    for path, sha256 in zip(chosen["path"], chosen["sha256"], strict=True):
        if (image := decode_if_readable(dataset.folder / path)) is not None:
            images.append(reduced(image))
            hashes.append(sha256)
    if not images:
        raise DatasetError(f"No photo of the split {split} of {dataset.name} can be read.")
    total, looked = PASSES_PER_PHOTO * len(images), 2 * len(images)

    def report(done: int) -> None:
        if progress:
            progress(done, total)

    subjects = subject_maps(images, paths, report) if with_background else None
    answers: dict[str, list[int]] = {}
    inside: list[float | None] = []
    for number, image in enumerate(images):
        variants = {CLEAN: image, **corrupted(image)}
        if subjects:
            variants |= separated(image, subjects[number])
        predictions = dict(zip(variants, predictor.predict(list(variants.values())), strict=True))
        for name, prediction in predictions.items():
            answers.setdefault(name, []).append(run.class_names.index(prediction.label))
        if subjects and predictions[CLEAN].class_maps is not None:
            evidence = class_map(predictions[CLEAN], answers[CLEAN][-1])
            size = image.shape[:2]
            seen = upsample(subjects[number], size)[frame(size, run.framing)]
            inside.append(share_inside(evidence, seen))
        report(looked + (number + 1) * (PASSES_PER_PHOTO - 2))
    areas = [area_of(subject) for subject in subjects or []]
    return Robustness(split, len(table), run.class_names, tuple(hashes), answers, areas, inside)


def figures(found: Robustness, labels: Mapping[str, str]) -> list[Figure]:
    """Accuracy and changed answers of every variant, `clean` first.

    Args:
        found: What the run said.
        labels: sha256 to the label to judge by; photos without one (excluded in the review) are left out.
    """
    truth = pd.Index(found.class_names).get_indexer([labels.get(image) for image in found.images])
    judged = truth >= 0
    if not judged.any():
        return []
    clean = np.array(found.answers[CLEAN])
    result = []
    for variant, answers in found.answers.items():
        predicted = np.array(answers)
        accuracy, changed = (share_of(hits[judged]) for hits in (predicted == truth, predicted != clean))
        result.append(Figure(variant, *_words(variant), accuracy, changed))
    return result


def reading(found: Robustness) -> str:
    """How much the run relies on the background, in one sentence; "" if the subject is unknown."""
    pairs = zip(found.inside, found.subject_area, strict=False)
    measured = [(inside, area) for inside, area in pairs if inside is not None]
    if not measured:
        return ""
    share, area = np.mean(measured, axis=0)
    return (
        f"{100 * share:.0f} % of the evidence for its answers lies inside the subject, which takes "
        f"{100 * area:.0f} % of the picture (mean of {len(measured)} photos of {found.split})."
    )


def _words(variant: str) -> tuple[str, str]:
    if variant == CLEAN:
        return "As they are", ""
    if variant in VARIANTS:
        return variant.replace("-", " ").capitalize(), ""
    name, _, place = variant.rpartition("-")
    corruption = CORRUPTIONS[name]
    return corruption.title, corruption.describe(corruption.strengths[int(place)])
