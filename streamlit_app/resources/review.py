"""What a review has decided and ranked so far, read again only when it changed."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import streamlit as st

from core.dataset.index import Dataset
from core.dataset.overlay import Decision
from core.features.views import WHOLE
from core.networks.templates import any_template
from core.review.copies import find_duplicates
from core.review.stored import ranking_file, stored_ranking
from core.review.suspects import find_suspects
from streamlit_app.resources.datasets import paths


def decisions(data: Dataset) -> dict[str, Decision]:
    """The decisions that count, by sha256; read again only when one was added, by whomever."""
    return _decisions(*_state(data.decisions_file), data)


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
    """Pairs of copies in a data set; see `core.review.copies.find_duplicates`."""
    return find_duplicates(data, paths(), progress)


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
    return _data.decisions()


@st.cache_resource(max_entries=4, show_spinner=False)
def _ranking(
    file: str, modified: int, size: int, fingerprint: str, with_test: bool, _data: Dataset
) -> pd.DataFrame | None:
    return stored_ranking(_data, with_test)
