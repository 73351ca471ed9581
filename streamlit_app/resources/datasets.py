"""Data sets and their photos, read once and shared between people."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import streamlit as st

from core.dataset.duplicates import duplicate_groups
from core.dataset.images import decode
from core.dataset.index import Dataset, index_dataset
from core.dataset.statistics import DatasetStatistics
from core.dataset.statistics import statistics as describe
from core.dataset.thumbnails import thumbnail
from core.errors import ImageError
from core.paths import Paths
from streamlit_app.pictures import as_webp

LARGE_SIDE = 1400  # pixels of a photo under review: fills a large window, and is a tenth of a megabyte


def paths() -> Paths:
    """Where data sets and runs lie."""
    return Paths.from_env()


def dataset(folder: Path, progress: Callable[[int, int], None] | None = None) -> Dataset:
    """The data set of a folder; read again only when files were added, removed or renamed.

    Args:
        folder: Of the photos.
        progress: Called with (photos read, photos to read) while it is read.

    Raises:
        DatasetError: If there is no folder with classes.
    """
    known, state = _datasets(), folder_state(folder)
    key = (str(folder), str(paths().data_dir))
    if key not in known or known[key][0] != state:
        known[key] = (state, index_dataset(folder, paths(), progress))
    return known[key][1]


def folder_state(folder: Path) -> tuple:
    """Changes when a file comes or goes: the times of the folder and of the two levels below it."""
    found = []
    for level in ("", "*", "*/*"):
        for child in sorted(folder.glob(level)) if level else [folder]:
            if child.is_dir() and not child.name.startswith("."):
                found.append((str(child), child.stat().st_mtime_ns))
    return tuple(found)


def photo(data: Dataset, path: str) -> np.ndarray | None:
    """The pixels of a photo of a data set, or `None` if it cannot be read."""
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


def large_photo(data: Dataset, path: str, sha256: str) -> bytes | None:
    """A photo as large as a window needs, as WebP, or `None` if it cannot be read."""
    return _large_photo(sha256, str(data.folder / path))


def statistics(data: Dataset) -> DatasetStatistics:
    """The numbers of a data set."""
    return _statistics(data.name, data.fingerprint, len(data.table), data)


def duplicates(data: Dataset) -> np.ndarray:
    """The group of copies each usable photo belongs to; see `core.dataset.duplicates.duplicate_groups`."""
    return _duplicates(data.fingerprint, data)


@st.cache_resource
def first_start_lock() -> threading.Lock:
    """Held by the one session that prepares a new installation."""
    return threading.Lock()


@st.cache_resource
def _datasets() -> dict[tuple, tuple[tuple, Dataset]]:
    return {}


@st.cache_resource(max_entries=8, show_spinner="Measuring the photos…")
def _statistics(name: str, fingerprint: str, num_files: int, _data: Dataset) -> DatasetStatistics:
    return describe(_data)


@st.cache_resource(max_entries=8, show_spinner="Looking for copies…")
def _duplicates(fingerprint: str, _data: Dataset) -> np.ndarray:
    return duplicate_groups(_data.usable)


@st.cache_resource(max_entries=64, show_spinner=False)
def _large_photo(sha256: str, file: str) -> bytes | None:
    try:
        return as_webp(decode(Path(file), shortest_side=LARGE_SIDE), LARGE_SIDE)
    except (ImageError, OSError):
        return None
