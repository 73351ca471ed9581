"""Which photos the review shows: reason, class, split and score, behind one button."""

import pandas as pd
import streamlit as st

from core.dataset.index import Dataset
from core.review.issue_kinds import ISSUE_KINDS
from core.review.queue import QueueFilter
from streamlit_app.words import plain

OFFERED = tuple(kind.name for kind in ISSUE_KINDS.values() if kind.is_offered)
TITLES = {kind.name: kind.title for kind in ISSUE_KINDS.values() if kind.name not in ("decided", "unreadable")}
NOT_RELEVANT = QueueFilter(tuple(kind.name for kind in ISSUE_KINDS.values() if kind.advice == "exclude"))
ALL = "all"


def filter_button(data: Dataset, ranking: pd.DataFrame) -> QueueFilter:
    """Draws the button and what is behind it; gives what is chosen."""

    def choice(label: str, names: list[str], key: str) -> tuple[str, ...]:
        chosen = st.selectbox(
            label,
            [ALL, *names],
            key=key,
            format_func=lambda name: "All" if name == ALL else plain(name),
            bind="query-params",
        )
        return () if chosen == ALL else (chosen,)

    with st.popover("Filter", icon=":material/filter_alt:"):
        kinds = st.multiselect(
            "Reason",
            list(TITLES),
            key="reason",
            format_func=TITLES.__getitem__,
            placeholder="All suspicious ones",
            bind="query-params",
        )
        labels = choice("Labelled", list(data.class_names), "labelled")
        splits = choice("Split", list(dict.fromkeys(ranking["split"])), "from")
        least = st.slider(
            "Likely mislabelled, at least",
            0,
            100,
            0,
            5,
            format="%d %%",
            key="least",
            bind="query-params",
            help="How sure the ranking is that something is wrong with the label.",
        )
    return QueueFilter(tuple(kinds or OFFERED), labels, splits=splits, min_score=least / 100)
