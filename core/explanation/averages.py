"""Where a run looks on the whole: the mean heat map of each class, and of its errors only."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.dataset.framing import framed
from core.dataset.index import Dataset
from core.dataset.readable import decode_if_readable
from core.errors import DatasetError
from core.explanation.heatmap import coarse_map, normalize, upsample
from core.explanation.masking import Progress
from core.prediction.predictor import Predictor

MAX_PHOTOS = 200
MAX_PHOTOS_OCCLUDED = 24  # without class maps each photo costs 50 passes
SIZE = (56, 56)  # of a mean map: photos of all shapes are laid over each other squashed, as the network saw them


@dataclass(frozen=True)
class MeanMaps:
    """Mean heat maps over a split, each photo explained for the class it was given.

    Attributes:
        split: Which photos.
        method: `class_map` or `occlusion`.
        by_class: Given label to `float32`, shape `SIZE`, 0-1; photos that were predicted.
        errors: Given label to the mean over wrongly predicted photos, explained for the class *predicted*.
        counts: Given label to the number of photos behind `by_class`.
        error_counts: Given label to the number behind `errors`; a class without errors is in neither.
        num_unreadable: Photos that could not be decoded.
        num_photos: Photos of the split; more than were measured if it was sampled.
    """

    split: str
    method: str
    by_class: dict[str, np.ndarray] = field(repr=False)
    errors: dict[str, np.ndarray] = field(repr=False)
    counts: dict[str, int]
    error_counts: dict[str, int]
    num_unreadable: int
    num_photos: int


def mean_maps(dataset: Dataset, split: str, predictor: Predictor, progress: Progress | None = None) -> MeanMaps:
    """Averages the heat maps of a split; about 10 ms a photo.

    A larger split than `MAX_PHOTOS` is sampled; networks without class maps take at most `MAX_PHOTOS_OCCLUDED`.

    Args:
        dataset: With the run's classes.
        split: `train`, `validation` or `test`.
        predictor: Of the run.
        progress: Called with (photos done, photos in all).

    Raises:
        DatasetError: If the split has no photo of the run's classes.
    """
    names = predictor.run.class_names
    table = dataset.usable
    table = table[(table["split"] == split) & table["label"].isin(names)]
    if table.empty:
        raise DatasetError(f"The split {split} of {dataset.name} has no photo of {', '.join(names)}.")
    blank = np.zeros((*predictor.run.image_size, 3), np.uint8)
    has_class_maps = predictor.predict([blank])[0].class_maps is not None
    method, limit = ("class_map", MAX_PHOTOS) if has_class_maps else ("occlusion", MAX_PHOTOS_OCCLUDED)
    photos = sampled(table, limit)
    maps: dict[str, list[np.ndarray]] = defaultdict(list)
    errors: dict[str, list[np.ndarray]] = defaultdict(list)
    unreadable = 0
    for done, (path, label) in enumerate(zip(photos["path"], photos["label"], strict=True), start=1):
        image = decode_if_readable(dataset.folder / path)
        if image is None:
            unreadable += 1
        else:
            prediction = predictor.predict([image])[0]
            image = framed(image, predictor.run.framing)
            for found, wanted in ((maps, label), (errors, prediction.label)):
                if found is maps or wanted != label:
                    coarse = coarse_map(method, image, names.index(wanted), predictor, prediction)
                    found[label].append(upsample(normalize(coarse), SIZE))
        if progress is not None:
            progress(done, len(photos))
    by_class, of_errors = ({name: np.mean(stack, axis=0) for name, stack in found.items()} for found in (maps, errors))
    counts, error_counts = ({name: len(stack) for name, stack in found.items()} for found in (maps, errors))
    return MeanMaps(split, method, by_class, of_errors, counts, error_counts, unreadable, len(table))


def sampled(table: pd.DataFrame, limit: int) -> pd.DataFrame:
    """At most about `limit` rows, the same at every call and the same share of each label, in random order."""
    share = min(1.0, limit / len(table))
    parts = table.sample(frac=1, random_state=0).groupby("label", sort=True)
    return pd.concat([part.head(max(1, int(share * len(part)))) for _, part in parts])


def middle_share(heatmap: np.ndarray) -> float:
    """Share of a map's sum in the middle ninth of its area, 0-1; 0.11 for one spread evenly, and for a flat one.

    Args:
        heatmap: Not negative, shape `(rows, columns)`.
    """
    total = float(heatmap.sum())
    rows, columns = (slice(round(side / 3), round(2 * side / 3)) for side in heatmap.shape)
    return float(heatmap[rows, columns].sum()) / total if total > 0 else 1 / 9
