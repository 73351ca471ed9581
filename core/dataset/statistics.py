"""What is in a dataset: counts, sizes, light, copies, problems, and whether a shortcut betrays the class."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.dataset.shortcuts import Shortcut, shortcuts

if TYPE_CHECKING:  # the API describes these dataclasses: 90 MiB that a server which only predicts does not need
    import pandas as pd

    from core.dataset.index import Dataset

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Range:
    """Smallest, middle and largest value; all `None` without photos."""

    min: float | None
    median: float | None
    max: float | None


@dataclass(frozen=True)
class Brightness:
    """Mean pixel value, 0-255, of a class's photos: their mean and quartiles."""

    mean: float
    lower_quartile: float
    median: float
    upper_quartile: float


@dataclass(frozen=True)
class DuplicateCounts:
    """Pairs of copies among the usable photos.

    Attributes:
        exact_pairs: Equal bytes.
        near_pairs: Nearly equal pictures, mirrored ones included.
        across_classes: Pairs, exact or near, with two labels; at least one of them is wrong.
        across_splits: Pairs, exact or near, in two splits: leaks.
        leaked_test_photos: Photos of `test` that have a copy in `train` or `validation`.
    """

    exact_pairs: int
    near_pairs: int
    across_classes: int
    across_splits: int
    leaked_test_photos: int


@dataclass(frozen=True)
class DatasetStatistics:
    """Describes a dataset; all but `problems` is about its usable photos.

    Attributes:
        name: Of the dataset.
        counts: Split -> class -> number of photos.
        total: Number of photos.
        width: Pixels.
        height: Pixels.
        aspect_ratio: Quantile ("0.05" to "0.95") -> width / height; `None` without photos.
        megapixels: Millions of pixels.
        bytes_total: Of all photos.
        brightness: Class -> brightness.
        duplicates: Pairs of copies.
        shortcuts: One for each plain number.
        problems: `{"path", "problem"}` for each file that is not usable.
    """

    name: str
    counts: dict[str, dict[str, int]]
    total: int
    width: Range
    height: Range
    aspect_ratio: dict[str, float | None]
    megapixels: Range
    bytes_total: int
    brightness: dict[str, Brightness]
    duplicates: DuplicateCounts
    shortcuts: tuple[Shortcut, ...]
    problems: tuple[dict[str, str], ...]


def statistics(dataset: "Dataset") -> DatasetStatistics:
    """Describes a dataset from its table; no photo is opened.

    Degenerate datasets (no usable photo, one photo, one class) give `None` where nothing can be said.
    """
    table = dataset.table[dataset.table["problem"] == ""].reset_index(drop=True)
    unusable = dataset.table[dataset.table["problem"] != ""]
    width, height = table["width"].to_numpy(float), table["height"].to_numpy(float)
    counts = table.groupby(["split", "label"]).size()
    aspect_ratio = width / np.maximum(height, 1)
    return DatasetStatistics(
        name=dataset.name,
        counts={
            split: {label: int(n) for label, n in part.droplevel(0).items()} for split, part in counts.groupby(level=0)
        },
        total=len(table),
        width=_range(width),
        height=_range(height),
        aspect_ratio={str(q): float(np.quantile(aspect_ratio, q)) if len(table) else None for q in QUANTILES},
        megapixels=_range(width * height / 1e6),
        bytes_total=int(table["bytes"].sum()),
        brightness={
            label: _brightness(values.to_numpy(float)) for label, values in table.groupby("label")["brightness"]
        },
        duplicates=_count_duplicates(table),
        shortcuts=shortcuts(table),
        problems=tuple(unusable[["path", "problem"]].to_dict("records")),
    )


def _range(values: np.ndarray) -> Range:
    if not len(values):
        return Range(None, None, None)
    return Range(float(values.min()), float(np.median(values)), float(values.max()))


def _brightness(values: np.ndarray) -> Brightness:
    return Brightness(float(values.mean()), *(float(np.quantile(values, q)) for q in (0.25, 0.5, 0.75)))


def _count_duplicates(table: "pd.DataFrame") -> DuplicateCounts:
    from core.dataset.duplicates import duplicate_pairs

    pairs = duplicate_pairs(table)
    exact = int((pairs["kind"] == "exact").sum())
    leaks = pairs[pairs["crosses_split"]]
    leaked = set(leaks["path_a"]) | set(leaks["path_b"])
    in_test = table.loc[table["split"] == "test", "path"]
    return DuplicateCounts(
        exact_pairs=exact,
        near_pairs=len(pairs) - exact,
        across_classes=int(pairs["crosses_class"].sum()),
        across_splits=len(leaks),
        leaked_test_photos=int(in_test.isin(leaked).sum()),
    )
