"""What a review has decided and ranked so far, read again only when it changed."""

from pathlib import Path

import pandas as pd
import streamlit as st

from core.dataset.index import Dataset, Progress
from core.dataset.overlay import Decision, UnfitDecision
from core.features.views import WHOLE
from core.networks.templates import prepare_apart
from core.review.stored import ranking_file, stored_ranking
from core.review.suspects import find_suspects
from streamlit_app.resources.datasets import HashFuncs, paths


def _state(file: Path) -> tuple[str, int, int]:
    """Changes when the file is written, by whomever."""
    try:
        found = file.stat()
    except OSError:
        return str(file), 0, 0
    return str(file), found.st_mtime_ns, found.st_size


BY_DECISIONS: HashFuncs = {Dataset: lambda data: (data.fingerprint, *_state(data.decisions_file))}
BY_RANKING: HashFuncs = {
    Dataset: lambda data: (data.fingerprint, *(_state(ranking_file(data, test)) for test in (False, True)))
}


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_DECISIONS)
def decisions(data: Dataset) -> dict[str, Decision]:
    """The decisions that count, by sha256."""
    return data.decisions()


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=BY_RANKING)
def ranking(data: Dataset, with_test: bool = False) -> pd.DataFrame | None:
    """The last ranking of a dataset's labels, as far as its photos are still there; `None` if nobody looked yet.

    It may be older than the last decisions: a photo keeps its place until `rank` is asked for a new one.
    """
    return stored_ranking(data, with_test)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_DECISIONS)
def unfit_decisions(data: Dataset) -> tuple[UnfitDecision, ...]:
    """The decisions that fit no photo or class as the folder is now."""
    return data.unfit_decisions()


def rank(data: Dataset, with_test: bool, progress: Progress | None = None) -> None:
    """Ranks the labels of a dataset by all that is decided now.

    Args:
        data: The dataset.
        with_test: Rank its test photos too.
        progress: Called with (photos done, photos to look at) when it sees photos for the first time.

    Raises:
        DatasetError: If there are no two classes.
    """
    prepare_apart(WHOLE, paths())  # a page must not import TensorFlow
    find_suspects(data, paths(), progress, include_test=with_test)
