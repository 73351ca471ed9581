"""The filters of a gallery: they live in the address bar, so that a link shows somebody else the same photos."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.dataset.index import Dataset
from core.runs.folder import Run

ALL = "all"
SHOWS = {
    ALL: "All photos",
    "wrong": "The run contradicts the label",
    "right": "The run agrees with the label",
    "problem": "Files with a problem",
}
ORDERS = {
    "path": "File name",
    "unsure": "Least sure first",
    "sure": "Most sure first",
    "dark": "Darkest first",
    "bright": "Brightest first",
    "small": "Smallest first",
    "blurred": "Least sharp first",
}
_SORTING = {
    "path": ("path", True),
    "unsure": ("probability", True),
    "sure": ("probability", False),
    "dark": ("brightness", True),
    "bright": ("brightness", False),
    "small": ("bytes", True),
    "blurred": ("sharpness", True),
}


@dataclass(frozen=True)
class Filters:
    """Which photos to show, in which order; `all` everywhere shows the usable ones."""

    label: str = ALL
    split: str = ALL
    show: str = ALL
    order: str = "path"
    words: str = ""


def filter_bar(data: Dataset, has_predictions: bool) -> Filters:
    """Draws the filters; gives what is chosen."""
    splits = [ALL, *dict.fromkeys(data.table["split"])]
    shows = [key for key in SHOWS if has_predictions or key in (ALL, "problem")]
    orders = [key for key in ORDERS if has_predictions or key not in ("unsure", "sure")]
    every = {ALL: "All"}
    bound = {"bind": "query-params"}

    def shown(name: str) -> str:
        return every.get(name, name)

    with st.container(horizontal=True, vertical_alignment="bottom"):
        return Filters(
            label=st.selectbox("Class", [ALL, *data.class_names], key="class", format_func=shown, width=145, **bound),
            split=st.selectbox("Split", splits, key="split", format_func=shown, width=145, **bound),
            show=st.selectbox("Show", shows, key="show", format_func=SHOWS.get, width=230, **bound),
            order=st.selectbox("Order", orders, key="order", format_func=ORDERS.get, width=180, **bound),
            words=st.text_input("Name contains", key="name", placeholder="part of a name", width=150, **bound),
        )


def with_predictions(table: pd.DataFrame, run: Run | None) -> pd.DataFrame:
    """Adds `predicted_label` ("" where the run did not look) and `probability` to a data set's table."""
    if run is None or run.predictions.empty:
        return table.assign(predicted_label="", probability=float("nan"))
    said = run.predictions.drop_duplicates("path").set_index("path")
    return table.assign(
        predicted_label=table["path"].map(said["predicted_label"]).fillna("").astype(str),
        probability=table["path"].map(said["probability"]),
    )


def apply(table: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """The rows to show, in order.

    Args:
        table: A data set's table as `with_predictions` gives it.
        filters: What to keep.
    """
    is_problem = table["problem"] != ""
    kept = is_problem if filters.show == "problem" else ~is_problem
    if filters.label != ALL:
        kept &= table["label"] == filters.label
    if filters.split != ALL:
        kept &= table["split"] == filters.split
    if filters.show in ("right", "wrong"):
        agrees = table["predicted_label"] == table["label"]
        kept &= (table["predicted_label"] != "") & (agrees == (filters.show == "right"))
    if filters.words:
        kept &= table["path"].str.contains(filters.words, case=False, regex=False)
    column, ascending = _SORTING[filters.order]
    return table[kept].sort_values([column, "path"], ascending=[ascending, True], na_position="last")
