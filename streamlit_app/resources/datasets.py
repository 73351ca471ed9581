"""Datasets and their photos, read once and shared between people."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from core.dataset.duplicates import duplicate_groups
from core.dataset.folder_state import folder_state
from core.dataset.images import decode
from core.dataset.index import TEST_PHOTOS_FILE, Dataset, Progress, index_dataset
from core.dataset.labelling import labelled, labels_state
from core.dataset.overlay import NO_CLASSES_FILE
from core.dataset.statistics import DatasetStatistics
from core.dataset.statistics import statistics as describe
from core.dataset.thumbnails import thumbnail
from core.errors import ImageError
from core.evaluation.groups import copied_into as find_copied
from core.paths import Paths
from streamlit_app.pictures import as_webp

_LONG_LOOK = 0.2  # seconds
LARGE_SIDE = 1400  # pixels of a photo under review: fills a large window, and is a tenth of a megabyte
HashFuncs = dict[str | type[Any], Callable[[Any], Any]]
BY_CONTENT: HashFuncs = {Dataset: lambda data: (str(data.folder), data.fingerprint, _problems(data))}


def paths() -> Paths:
    """Where datasets and runs lie."""
    return Paths.from_env()


def dataset(folder: Path, progress: Progress | None = None) -> Dataset:
    """The dataset of a folder, as `index` shows it; read again when a file came, went or was written to.

    Files that could not be read are tried again each time. A folder so large that looking takes a while is looked at
    again only after ten times that while.

    Args:
        folder: Of the photos.
        progress: Called with (photos read, photos to read) while it is read.

    Raises:
        DatasetError: If there is no folder with classes.
    """
    known, key, start = _datasets(), (folder, paths().data_dir), time.monotonic()
    said = [paths().cache_dir(folder) / name for name in (TEST_PHOTOS_FILE, NO_CLASSES_FILE)]
    set_aside_at = sum(file.stat().st_mtime_ns for file in said if file.exists())
    if (last := known.get(key)) is not None and (labels := labels_state(last.data.cache_dir, last.data)) != last.labels:
        last = known[key] = replace(last, data=labelled(last.data), labels=labels)
    if last is not None and start < last.trusted_until and last.set_aside_at == set_aside_at:
        return last.data
    state = folder_state(folder)
    looked = time.monotonic()
    same = last.data if last is not None and (last.state, last.set_aside_at) == (state, set_aside_at) else None
    if same is not None and not (same.table["problem"] == "unreadable").any():
        data = same
        labels = last.labels if last else ()
    else:
        labels = labels_state(paths().cache_dir(folder))  # before: a label may come meanwhile
        data = index_dataset(folder, paths(), progress)
        labels = labels[: len(labels_state(data.cache_dir, data))]
    now = time.monotonic()
    took = (looked if same is None else now) - start  # what a next look would take if nothing changes
    known[key] = _Known(data, state, now + 10 * took if took > _LONG_LOOK else now, set_aside_at, labels)
    return data


def num_photos(data: Dataset, *splits: str) -> int:
    """How many usable photos these splits have."""
    return int(data.usable["split"].isin(splits).sum())


def photo(data: Dataset, path: str) -> np.ndarray | None:
    """The pixels of a photo of a dataset, or `None` if it cannot be read."""
    try:
        return decode(data.folder / path)
    except (ImageError, OSError):
        return None


def small_photo(data: Dataset, path: str, sha256: str) -> bytes | None:
    """A thumbnail as WebP, or `None` if the photo cannot be read."""
    try:
        return thumbnail(data.folder / path, sha256, data.cache_dir)
    except ImageError:
        return None


def large_photo(file: Path, sha256: str) -> bytes | None:
    """A photo as large as a window needs, as WebP, or `None` if it cannot be read."""
    try:
        return _large_photo(file, sha256)
    except (ImageError, OSError):  # not kept: it is tried again
        return None


@st.cache_resource(max_entries=64, show_spinner=False)
def _large_photo(file: Path, sha256: str) -> bytes:
    return as_webp(decode(file, shortest_side=LARGE_SIDE), LARGE_SIDE)


@st.cache_resource(max_entries=8, show_spinner="Measuring the photos…", hash_funcs=BY_CONTENT)
def statistics(data: Dataset) -> DatasetStatistics:
    """The numbers of a dataset."""
    return describe(data)


@st.cache_resource(max_entries=8, show_spinner="Looking for copies…", hash_funcs=BY_CONTENT)
def duplicates(data: Dataset) -> np.ndarray:
    """The group of copies each usable photo belongs to; see `core.dataset.duplicates.duplicate_groups`."""
    return duplicate_groups(data.usable)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_CONTENT)
def copied_into(data: Dataset) -> set[str]:
    """Paths of the test photos with a copy among the training photos."""
    return find_copied(data.usable)


@st.cache_resource
def first_start_lock() -> threading.Lock:
    """Held by the one session that prepares a new installation."""
    return threading.Lock()


def _problems(data: Dataset) -> int:
    rows = data.table[data.table["problem"] != ""]
    return hash(tuple(zip(rows["path"], rows["problem"], strict=True)))


@dataclass(frozen=True)
class _Known:
    """A dataset as it was read, the state its folder had then, until when nobody looks again, when test photos were set
    aside or folders were said to be no classes, and the state of the labels that people gave."""

    data: Dataset
    state: int
    trusted_until: float
    set_aside_at: int
    labels: tuple[tuple[int, int], ...]


@st.cache_resource
def _datasets() -> dict[tuple[Path, Path], _Known]:
    return {}
