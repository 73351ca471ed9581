"""Datasets and their photos, read once and shared between people."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from core.dataset.duplicates import duplicate_groups
from core.dataset.images import decode
from core.dataset.index import Dataset, Progress, index_dataset
from core.dataset.statistics import DatasetStatistics
from core.dataset.statistics import statistics as describe
from core.dataset.thumbnails import thumbnail
from core.errors import ImageError
from core.evaluation.groups import copied_into as find_copied
from core.paths import Paths
from streamlit_app.pictures import as_webp

LARGE_SIDE = 1400  # pixels of a photo under review: fills a large window, and is a tenth of a megabyte
HashFuncs = dict[str | type[Any], Callable[[Any], Any]]
BY_CONTENT: HashFuncs = {Dataset: lambda data: (str(data.folder), data.fingerprint, len(data.table))}


def paths() -> Paths:
    """Where datasets and runs lie."""
    return Paths.from_env()


def dataset(folder: Path, progress: Progress | None = None) -> Dataset:
    """The dataset of a folder; read again only when files were added, removed or renamed.

    Args:
        folder: Of the photos.
        progress: Called with (photos read, photos to read) while it is read.

    Raises:
        DatasetError: If there is no folder with classes.
    """
    known, state = _datasets(), folder_state(folder)
    key = (folder, paths().data_dir)
    if key not in known or known[key][0] != state:
        known[key] = (state, index_dataset(folder, paths(), progress))
    return known[key][1]


def folder_state(folder: Path) -> tuple[tuple[str, int], ...]:
    """Changes when a file comes or goes: the times of the folder and of the two levels below it."""
    found = [folder, *sorted(folder.glob("*")), *sorted(folder.glob("*/*"))]
    return tuple(
        (str(child), child.stat().st_mtime_ns) for child in found if child.is_dir() and not child.name.startswith(".")
    )


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


@st.cache_resource(max_entries=64, show_spinner=False)
def large_photo(file: Path, sha256: str) -> bytes | None:
    """A photo as large as a window needs, as WebP, or `None` if it cannot be read."""
    try:
        return as_webp(decode(file, shortest_side=LARGE_SIDE), LARGE_SIDE)
    except (ImageError, OSError):
        return None


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


@st.cache_resource
def _datasets() -> dict[tuple[Path, Path], tuple[tuple, Dataset]]:
    return {}
