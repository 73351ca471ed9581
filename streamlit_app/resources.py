"""What the pages keep between clicks and share between people: the only caching. Never change what it gives."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from core.dataset.duplicates import duplicate_groups
from core.dataset.images import decode
from core.dataset.index import Dataset, index_dataset
from core.dataset.statistics import DatasetStatistics
from core.dataset.statistics import statistics as describe
from core.dataset.thumbnails import thumbnail
from core.errors import ImageError, MethodUnavailableError, NoActiveRunError
from core.explanation.heatmap import Explanation, explain, explain_classes
from core.explanation.overlay import overlay
from core.paths import Paths
from core.prediction.predictor import Predictor
from core.prediction.similar import similar as find_similar
from core.review import decisions as decisions_log
from core.review.decisions import Decision
from core.review.duplicates import find_duplicates
from core.review.stored import ranking_file, stored_ranking
from core.review.suspects import find_suspects
from core.review.views import WHOLE
from core.runs import registry
from core.runs.folder import Run
from core.training.templates import any_template
from streamlit_app.pictures import as_webp
from streamlit_app.uploads import record_of

LARGE_SIDE = 1400  # pixels of a photo under review: fills a large window, and is a tenth of a megabyte
HEAT_SIDE = 300


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


def runs_of(name: str) -> list[Run]:
    """Runs trained on a data set, live and finished, newest first."""
    return [run for run in registry.runs(paths()) if run.dataset.get("name") == name]


def active_run() -> Run | None:
    """The served run, if there is one."""
    try:
        return registry.active(paths())
    except NoActiveRunError:
        return None


def predictor(run: Run) -> Predictor:
    """The predictor of a run: one for all sessions, so that eight people share one model and its slots."""
    return _predictor(str(run.folder), run.run_id, run.files.get("model.tflite", ""), run)


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


@st.cache_resource(max_entries=3, show_spinner="Loading the model…")
def _predictor(folder: str, run_id: str, sha256: str, _run: Run) -> Predictor:
    return Predictor(_run)


def explanation(image: np.ndarray, run: Run, class_name: str):
    """Which pixels spoke for a class; kept, because a moved slider asks again.

    Raises:
        MethodUnavailableError: If the run can show no heat map.
    """
    return _explanation(hashlib.sha256(image.tobytes()).hexdigest(), run.run_id, class_name, image, run)


def similar(data: Dataset, run: Run, embedding: np.ndarray, number: int) -> pd.DataFrame:
    """The photos of a data set that a run finds most alike: `path`, `label`, `split`, `similarity`."""
    return find_similar(data, embedding, run, k=number)


@st.cache_resource(max_entries=200, show_spinner=False)
def _explanation(sha256: str, run_id: str, class_name: str, _image: np.ndarray, _run: Run) -> Explanation:
    return explain(_image, class_name, None, predictor(_run))


def upload_record(content: bytes, name: str, run: Run) -> dict:
    """The record of one uploaded photo; kept, because every click on the table asks for all of them again."""
    return {**_record(hashlib.sha256(content).hexdigest(), run.run_id, content, run), "path": name}


@st.cache_data(max_entries=2000, show_spinner=False)
def _record(sha256: str, run_id: str, _content: bytes, _run: Run) -> dict:
    return record_of(_content, "", predictor(_run))


@st.cache_resource(max_entries=8, show_spinner="Measuring the photos…")
def _statistics(name: str, fingerprint: str, num_files: int, _data: Dataset) -> DatasetStatistics:
    return describe(_data)


@st.cache_resource(max_entries=8, show_spinner="Looking for copies…")
def _duplicates(fingerprint: str, _data: Dataset) -> np.ndarray:
    return duplicate_groups(_data.usable)


def decisions(data: Dataset) -> dict[str, Decision]:
    """The decisions that count, by sha256; read again only when one was added, by whomever."""
    return _decisions(*_state(decisions_log.decisions_file(data)), data)


def ranking(data: Dataset, with_test: bool = False) -> pd.DataFrame | None:
    """The last ranking of a data set's labels, as far as its photos are still there; `None` if nobody looked yet.

    It may be older than the last decisions: a photo keeps its place until `rank` is asked for a new one.
    """
    return _ranking(*_state(ranking_file(data, with_test)), data.fingerprint, with_test, data)


def rank(data: Dataset, with_test: bool, progress: Callable[[int, int], None] | None = None) -> None:
    """Ranks the labels of a data set by all that is decided now.

    Args:
        data: The data set.
        with_test: Rank its test photos too.
        progress: Called with (photos done, photos to look at) when it sees photos for the first time.

    Raises:
        DatasetError: If there are no two classes.
    """
    _prepare_backbones()
    find_suspects(data, paths(), progress, include_test=with_test)


def copies(data: Dataset, progress: Callable[[int, int], None] | None = None) -> pd.DataFrame:
    """Pairs of copies in a data set; see `core.review.duplicates.find_duplicates`."""
    return find_duplicates(data, paths(), progress)


def large_photo(data: Dataset, path: str, sha256: str) -> bytes | None:
    """A photo as large as a window needs, as WebP, or `None` if it cannot be read."""
    return _large_photo(sha256, str(data.folder / path))


def heat_maps(data: Dataset, path: str, sha256: str, run: Run) -> dict[str, bytes]:
    """A photo with the heat map of every class, as small WebP; empty if the run has no class maps."""
    return _heat_maps(sha256, run.run_id, str(data.folder / path), run)


def _prepare_backbones() -> None:
    """Builds what the networks lack in a process of its own: that takes TensorFlow, which must not stay in this one."""
    folder = paths().shared_cache_dir / "backbones"
    missing = [name for name in WHOLE if not any(folder.glob(f"{name}-*.tflite"))]
    if missing:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            list(pool.map(any_template, missing, [paths()] * len(missing)))


def _state(file: Path) -> tuple[str, int, int]:
    try:
        found = file.stat()
    except OSError:
        return str(file), 0, 0
    return str(file), found.st_mtime_ns, found.st_size


@st.cache_resource(max_entries=8, show_spinner=False)
def _decisions(file: str, modified: int, size: int, _data: Dataset) -> dict[str, Decision]:
    return decisions_log.current(decisions_log.log(_data))


@st.cache_resource(max_entries=4, show_spinner=False)
def _ranking(
    file: str, modified: int, size: int, fingerprint: str, with_test: bool, _data: Dataset
) -> pd.DataFrame | None:
    return stored_ranking(_data, with_test)


@st.cache_resource(max_entries=64, show_spinner=False)
def _large_photo(sha256: str, file: str) -> bytes | None:
    try:
        return as_webp(decode(Path(file), shortest_side=LARGE_SIDE), LARGE_SIDE)
    except (ImageError, OSError):
        return None


@st.cache_resource(max_entries=256, show_spinner=False)
def _heat_maps(sha256: str, run_id: str, file: str, _run: Run) -> dict[str, bytes]:
    try:
        image = decode(Path(file), shortest_side=HEAT_SIDE)
        found = explain_classes(image, predictor(_run))
    except (ImageError, MethodUnavailableError, OSError):
        return {}
    return {name: as_webp(overlay(image, item.heatmap, 0.5), HEAT_SIDE) for name, item in found.items()}
