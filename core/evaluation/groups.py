"""Accuracy of groups of photos: thumbnails and large ones, tall and wide, dark, copied, small subjects."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from core.dataset.duplicates import duplicate_groups
from core.metrics.intervals import Measured, share_of

THUMBNAIL_SIDE = 224  # pixels of the shorter side: below, the network sees an enlarged photo
DARK = 105.0  # mean of 0-255; the darkest fifth of 1,019 real photos
TALL, WIDE = 0.95, 1.6  # width by height
MIN_PHOTOS = 5  # a smaller group tells nothing


@dataclass(frozen=True)
class GroupFigure:
    """How good a run is on some of the photos.

    Attributes:
        about: What the groups part the photos by.
        group: Which of them.
        accuracy: Share right, with its Wilson interval and its n.
    """

    about: str
    group: str
    accuracy: Measured


def by_group(
    predictions: pd.DataFrame,
    table: pd.DataFrame,
    split: str,
    copies: Collection[str] | None,
    subject_area: Mapping[str, float],
) -> list[GroupFigure]:
    """Parts the predicted photos of a split in several ways.

    Args:
        predictions: A run's predictions, with the labels to judge by in `given_label`.
        table: All usable rows of the dataset; what is no longer in it is left out.
        split: Which photos.
        copies: Paths of photos with a copy among those learned from, see `copied_into`; `None` does not part by it.
        subject_area: sha256 to the share of the photo that its subject takes, where that is known: the smaller half
            against the larger half.

    Returns:
        The groups of at least `MIN_PHOTOS`; a way of parting that leaves only one of them is left out.
    """
    rows = predictions[predictions["split"] == split][["path", "sha256", "given_label", "predicted_label"]]
    columns = ["path", "width", "height", "brightness"]
    rows = rows.merge(table[columns].drop_duplicates("path"), on="path", how="inner")
    if rows.empty:
        return []
    right = rows["given_label"] == rows["predicted_label"]
    found = []
    for about, groups in _ways(rows, copies, subject_area).items():
        present = {name: inside for name, inside in groups.items() if inside.sum() >= MIN_PHOTOS}
        if len(present) > 1:
            found += [GroupFigure(about, name, share_of(right[inside])) for name, inside in present.items()]
    return found


def _ways(
    rows: pd.DataFrame, copies: Collection[str] | None, subject_area: Mapping[str, float]
) -> dict[str, dict[str, "pd.Series[bool]"]]:
    """What the photos are parted by, and by name of the group which of them are in it."""
    shape = rows["width"] / rows["height"]
    is_small = rows[["width", "height"]].min(axis=1) < THUMBNAIL_SIDE
    is_dark = rows["brightness"] < DARK
    ways = {
        "Size of the photo": {"thumbnail": is_small, "large": ~is_small},
        "Shape": {"tall": shape < TALL, "about square": (shape >= TALL) & (shape < WIDE), "wide": shape >= WIDE},
        "Light": {"dark": is_dark, "light": ~is_dark},
    }
    if copies is not None:
        is_copy = rows["path"].isin(copies)
        ways["Copies"] = {"copy in train": is_copy, "no copy in train": ~is_copy}
    area = rows["sha256"].map(dict(subject_area)).astype(float)
    ways["Size of the subject"] = {"small half": area < area.median(), "large half": area >= area.median()}
    return ways


def copied_into(table: pd.DataFrame) -> set[str]:
    """Paths of the test photos that have an exact, near or mirrored copy among the photos to learn from."""
    groups = duplicate_groups(table)
    is_test = (table["split"] == "test").to_numpy()
    learned = set(groups[~is_test])
    return {path for path, group in zip(table["path"][is_test], groups[is_test], strict=True) if group in learned}
