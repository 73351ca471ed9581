"""How a run answers spoiled photos: blur, noise, darkness …, and photos whose surroundings are gone."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.dataset.images import decode
from core.dataset.index import Dataset
from core.errors import DatasetError, ImageError
from core.evaluation.background import VARIANTS, area_of, separated, share_inside, subject_maps
from core.evaluation.corruptions import CORRUPTIONS, reduced, spoiled
from core.evaluation.measure import select_rows
from core.explanation.heatmap import class_map
from core.files import read_json, write_json
from core.metrics.intervals import Measured, proportion
from core.paths import Paths
from core.prediction.predictor import Predictor
from core.runs.folder import Run

MAX_PHOTOS = 200
PASSES_PER_PHOTO = 1 + sum(len(item.strengths) for item in CORRUPTIONS.values()) + 2 + len(VARIANTS)
CLEAN = "clean"
_VERSION = 1


@dataclass(frozen=True)
class Robustness:
    """What a run said of the same photos as they are and spoiled; accuracies follow from any labels.

    Attributes:
        split: Where the photos come from.
        num_photos: Of the split; more than were asked if it was sampled.
        class_names: Of the run.
        images: sha256 of every photo.
        answers: By variant the class index answered for each photo: `clean`, `blur-0` (weakest) … and, where ImageNet
            knows the subject, `surroundings-blurred` and `subject-blurred`.
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
    progress: Callable[[int, int], None] | None = None,
    limit: int = MAX_PHOTOS,
    with_surroundings: bool = True,
) -> Robustness:
    """Asks a run about spoiled photos, through LiteRT; the result is kept in the data folder, never in the run's.

    Args:
        predictor: Of the run.
        dataset: With the run's classes.
        split: Held-out photos tell something, others flatter.
        paths: Where the cache lies.
        progress: Called with (passes done, passes in all).
        limit: A larger split is sampled down to about so many, the same share of each class.
        with_surroundings: Look for the subject too; needs TensorFlow unless `surroundings.is_prepared`.

    Raises:
        DatasetError: If the split has no readable photo of the run's classes.
    """
    run = predictor.run
    table = select_rows(run, dataset, split)
    rows, images = [], []
    for row in _sampled(table, limit).itertuples():
        try:
            images.append(reduced(decode(dataset.folder / row.path)))
            rows.append(row.sha256)
        except (ImageError, OSError):
            continue
    if not images:
        raise DatasetError(f"No photo of the split {split} of {dataset.name} can be read.")
    total, looked = PASSES_PER_PHOTO * len(images), 2 * len(images)

    def report(done: int) -> None:
        if progress:
            progress(done, total)

    subjects = subject_maps(images, paths, report) if with_surroundings else None
    answers: dict[str, list[int]] = {}
    inside: list[float | None] = []
    for number, image in enumerate(images):
        variants = {CLEAN: image, **{f"{name}-{place}": item for (name, place), item in spoiled(image).items()}}
        if subjects:
            variants |= separated(image, subjects[number])
        predictions = dict(zip(variants, predictor.predict(list(variants.values())), strict=True))
        for name, prediction in predictions.items():
            answers.setdefault(name, []).append(run.class_names.index(prediction.label))
        if subjects and predictions[CLEAN].class_maps is not None:
            evidence = class_map(predictions[CLEAN], answers[CLEAN][-1])
            inside.append(share_inside(evidence, subjects[number]))
        report(looked + (number + 1) * (PASSES_PER_PHOTO - 2))
    found = Robustness(
        split, len(table), run.class_names, tuple(rows), answers, [area_of(one) for one in subjects or []], inside
    )
    write_json(_file(run, dataset, split, paths, with_surroundings), asdict(found))
    return found


def stored_robustness(
    run: Run, dataset: Dataset, split: str, paths: Paths, with_surroundings: bool = True
) -> Robustness | None:
    """The result if it was measured for this very model and these photos."""
    try:
        content = read_json(_file(run, dataset, split, paths, with_surroundings))
        return Robustness(
            **{**content, "class_names": tuple(content["class_names"]), "images": tuple(content["images"])}
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None


def figures(found: Robustness, labels: Mapping[str, str]) -> list[Figure]:
    """Accuracy and changed answers of every variant, `clean` first.

    Args:
        found: What the run said.
        labels: sha256 to the label to judge by; photos without one (excluded in the review) are left out.
    """
    kept = [place for place, image in enumerate(found.images) if labels.get(image) in found.class_names]
    if not kept:
        return []
    truth = np.array([found.class_names.index(labels[found.images[place]]) for place in kept])
    clean = np.array(found.answers[CLEAN])[kept]
    result = []
    for variant, given in found.answers.items():
        said = np.array(given)[kept]
        result.append(
            Figure(
                variant,
                *_words(variant),
                accuracy=proportion(int((said == truth).sum()), len(kept)),
                changed=proportion(int((said != clean).sum()), len(kept)),
            )
        )
    return result


def reading(found: Robustness) -> str:
    """How much the run relies on the surroundings, in one sentence; "" if the subject is unknown."""
    measured = [
        (share, area) for share, area in zip(found.inside, found.subject_area, strict=False) if share is not None
    ]
    if not measured:
        return ""
    share, area = (float(np.mean(values)) for values in zip(*measured, strict=True))
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


def _sampled(table: pd.DataFrame, limit: int) -> pd.DataFrame:
    if len(table) <= limit:
        return table
    parts = table.sample(frac=1, random_state=0).groupby("label", sort=True)
    return pd.concat([part.head(max(1, int(limit / len(table) * len(part)))) for _, part in parts])


def _file(run: Run, dataset: Dataset, split: str, paths: Paths, with_surroundings: bool) -> Path:
    model = run.files.get("model.tflite", run.run_id)
    what = f"{_VERSION} {model} {dataset.fingerprint} {split} {with_surroundings}"
    key = hashlib.sha256(what.encode()).hexdigest()[:16]
    return paths.cache_dir(dataset.folder) / "robustness" / f"{key}.json"
