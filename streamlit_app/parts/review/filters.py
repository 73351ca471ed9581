"""Which photos the review shows: reason, class, split and score, behind one button."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.dataset.index import Dataset
from core.review.issue_kinds import ISSUE_KINDS
from core.review.queue import QueueFilter
from streamlit_app.words import plain

OFFERED = tuple(kind.name for kind in ISSUE_KINDS.values() if kind.is_offered)
TITLES = {kind.name: kind.title for kind in ISSUE_KINDS.values() if kind.name not in ("decided", "unreadable")}
ALL = "all"


def filter_button(data: Dataset, ranking: pd.DataFrame) -> QueueFilter:
    """Draws the button and what is behind it; gives what is chosen."""
    splits = [ALL, *dict.fromkeys(ranking["split"])]
    bound = {"bind": "query-params"}

    def shown(name: str) -> str:
        return "All" if name == ALL else plain(name)

    with st.popover("Filter", icon=":material/filter_alt:"):
        kinds = st.multiselect(
            "Reason", list(TITLES), key="reason", format_func=TITLES.get, placeholder="All suspicious ones", **bound
        )
        label = st.selectbox("Labelled", [ALL, *data.class_names], key="labelled", format_func=shown, **bound)
        split = st.selectbox("Split", splits, key="from", format_func=shown, **bound)
        least = st.slider(
            "Suspicion at least",
            0,
            100,
            0,
            5,
            format="%d %%",
            key="least",
            **bound,
            help="How sure the ranking is that something is wrong with the label.",
        )
    return QueueFilter(
        kinds=tuple(kinds or OFFERED),
        labels=_chosen(label),
        splits=_chosen(split),
        min_score=least / 100,
    )


def _chosen(name: str) -> Sequence[str]:
    return () if name == ALL else (name,)


NO_SUBJECT = QueueFilter(kinds=tuple(kind.name for kind in ISSUE_KINDS.values() if kind.advice == "exclude"))
