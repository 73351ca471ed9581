"""Labels that people gave to photos which have none, and the random part of these photos that is kept for test."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.dataset.classes import typed_classes
from core.dataset.overlay import CLASSES_FILE, DECISIONS_FILE, Decision, current, standing

if TYPE_CHECKING:  # 70 MiB that a server which only predicts does not need
    import pandas as pd

    from core.dataset.index import Dataset

TEST_SHARE, LEAST_TEST = 0.1, 20  # of the labelled photos of a class; so many at least, if they are a third at most
_SEED = 0


def labelled(dataset: "Dataset") -> "Dataset":
    """The dataset with the class names and the labels that people have given by now; cheap enough for every click.

    A photo without a folder of its own is labelled by the first class that it was given; what is decided about it
    later is a review of that label, as for any other photo. A part of these photos becomes the test split, see
    `honest_test`, unless the dataset has test photos of its own.

    Args:
        dataset: As indexed, or as this function gave it before.
    """
    base = dataset.base or dataset
    typed = typed_classes(base.cache_dir)
    class_names = tuple(sorted({*base.class_names, *typed.names}))
    found = replace(base, class_names=class_names, typed=typed, base=base)
    without = set(base.table.loc[(base.table["label"] == "") & (base.table["problem"] == ""), "sha256"])
    if not without or not class_names:
        return found
    log = found.decision_log()
    labels = first_labels({image: made for image, made in standing(log).items() if image in without}, class_names)
    if not labels:
        return found
    table = base.table.copy()
    rows = (table["label"] == "") & table["sha256"].isin(list(labels))
    table.loc[rows, "label"] = table.loc[rows, "sha256"].map({image: item.label for image, item in labels.items()})
    is_plain = base.is_plain
    if not (table["split"] == "test").any():
        excluded = [image for image, item in current(log).items() if item.action == "exclude"]
        aside = honest_test(table[rows & ~table["sha256"].isin(excluded)])
        table.loc[rows & table["sha256"].isin(aside), "split"] = "test"
        is_plain = is_plain and not aside
    return replace(found, table=table, labels=labels, is_plain=is_plain)


def labels_state(cache_dir: Path, dataset: "Dataset | None" = None) -> tuple[tuple[int, int], ...]:
    """Size and time of the files that `labelled` reads.

    Args:
        cache_dir: Of the dataset.
        dataset: Where all its photos have folders, the log of decisions does not count; `None` counts it.
    """
    files, base = [cache_dir / CLASSES_FILE, cache_dir / DECISIONS_FILE], dataset and (dataset.base or dataset)
    if base is not None and not ((base.table["label"] == "") & (base.table["problem"] == "")).any():
        files.pop()
    found = [file.stat() if file.exists() else None for file in files]
    return tuple((facts.st_size, facts.st_mtime_ns) if facts else (0, 0) for facts in found)


def first_labels(made: Mapping[str, Sequence[Decision]], class_names: Sequence[str]) -> dict[str, Decision]:
    """The decision that labels each photo, by sha256: the first standing one that names a class of today."""
    found = {}
    for image, decisions in made.items():
        first = next((item for item in decisions if item.action == "relabel" and item.label in class_names), None)
        if first is not None:
            found[image] = first
    return found


def honest_test(table: "pd.DataFrame") -> set[str]:
    """Chooses the honest test among labelled photos: a random tenth of each class, 20 where a class has 60 or more.

    It is drawn by a hash of what the photo shows, so it depends on no model, on no order, and copies stay together.

    Args:
        table: Rows with a `label`, `sha256`, `phash` and `phash_mirrored`.

    Returns:
        sha256 of the chosen ones.
    """
    draws = table.assign(draw=[draw(*pair) for pair in zip(table["phash"], table["phash_mirrored"], strict=True)])
    chosen: set[str] = set()
    for _, own in draws.groupby("label"):
        values = own["draw"].sort_values().tolist()
        count = max(round(TEST_SHARE * len(values)), min(LEAST_TEST, len(values) // 3))
        if count:
            chosen |= set(own.loc[own["draw"] <= values[count - 1], "sha256"])
    return chosen


def draw(phash: str, phash_mirrored: str) -> float:
    """A random number of a picture, 0-1: the same for its copies and its mirror image."""
    digest = hashlib.sha256(f"{_SEED}:{min(phash, phash_mirrored)}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64
