"""Photos set aside for test by a person, where the folder has no test split: a decision; no file is moved."""

import json

from core.dataset.decisions import now
from core.dataset.index import TEST_PHOTOS_FILE, Dataset
from core.dataset.splits import folds
from core.errors import DatasetError
from core.files import write_atomic


def set_aside(dataset: Dataset, fraction: float = 0.2, seed: int = 0) -> int:
    """Sets a share of the training photos aside for test, from every class alike, look-alikes on one side.

    The dataset shows it when it is read again; runs from before have learned from these photos and are of another
    fingerprint.

    Args:
        dataset: Without a test split.
        fraction: Of the training photos, 0-0.5.
        seed: Same seed, same photos.

    Returns:
        How many photos.

    Raises:
        DatasetError: If there is a test split, or a class has too few different photos to be on both sides.
    """
    if (dataset.usable["split"] == "test").any():
        raise DatasetError(f"{dataset.name} has test photos already, so none are set aside.")
    usable = dataset.usable
    train = usable[(usable["split"] == "train") & (usable["label"] != "")].reset_index(drop=True)
    smallest = int(train["label"].value_counts().min()) if len(train) else 0
    if smallest < 2 or train["label"].nunique() < 2:
        raise DatasetError(
            f"Expected two classes with at least two photos each in {dataset.name} to set some aside for test. "
            "Add photos first."
        )
    rest, aside = folds(train, min(max(2, round(1 / fraction)), smallest), seed)[0]
    if train["label"].iloc[rest].nunique() != train["label"].iloc[aside].nunique():
        raise DatasetError(
            f"The photos of a class in {dataset.name} all look alike and cannot be on both sides. Add other photos."
        )
    content = {"at": now(), "images": sorted(set(train["sha256"].iloc[aside]))}
    write_atomic(dataset.cache_dir / TEST_PHOTOS_FILE, json.dumps(content, indent=1) + "\n")
    return len(aside)


def put_back(dataset: Dataset) -> None:
    """Takes it back: the photos are training photos again."""
    (dataset.cache_dir / TEST_PHOTOS_FILE).unlink(missing_ok=True)


def is_set_aside(dataset: Dataset) -> bool:
    """Whether the dataset's test photos were set aside by a person."""
    return (dataset.cache_dir / TEST_PHOTOS_FILE).is_file()
