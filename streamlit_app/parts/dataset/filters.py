"""The filters of a gallery: they live in the address bar, so that a link shows somebody else the same photos."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.dataset.index import Dataset
from core.runs.folder import Run

ALL = "all"
SHOWS = {
    ALL: "All photos",
    "wrong": "Prediction contradicts the label",
    "right": "Prediction agrees with the label",
    "problem": "Files with a problem",
}
ORDERS = {  # key: (title, column, ascending)
    "path": ("File name", "path", True),
    "unsure": ("Least sure first", "probability", True),
    "sure": ("Most sure first", "probability", False),
    "dark": ("Darkest first", "brightness", True),
    "bright": ("Brightest first", "brightness", False),
    "small": ("Smallest first", "bytes", True),
    "blurred": ("Least sharp first", "sharpness", True),
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

    def choice(label: str, titles: dict[str, str], key: str, width: int) -> str:
        return st.selectbox(
            label, list(titles), key=key, format_func=titles.__getitem__, width=width, bind="query-params"
        )

    splits = dict.fromkeys(data.table["split"])
    shows = {key: title for key, title in SHOWS.items() if has_predictions or key in (ALL, "problem")}
    orders = {key: item[0] for key, item in ORDERS.items() if has_predictions or item[1] != "probability"}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return Filters(
            choice("Class", {ALL: "All", **{name: name for name in data.class_names}}, "class", 145),
            choice("Split", {ALL: "All", **{name: name for name in splits}}, "split", 145),
            choice("Show", shows, "show", 250),
            choice("Order", orders, "order", 180),
            st.text_input("Name contains", key="name", placeholder="part of a name", width=150, bind="query-params"),
        )


def with_predictions(table: pd.DataFrame, run: Run | None) -> pd.DataFrame:
    """Adds `predicted_label` ("" where the run did not look) and `probability` to a dataset's table.

    A photo is known by its content: what the run said of another one of this name does not count.
    """
    if run is None or run.predictions.empty:
        return table.assign(predicted_label="", probability=float("nan"))
    predicted = run.predictions.drop_duplicates("sha256").set_index("sha256")
    return table.assign(
        predicted_label=table["sha256"].map(predicted["predicted_label"]).fillna("").astype(str),
        probability=table["sha256"].map(predicted["probability"]),
    )


def apply(table: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """The rows to show, in order.

    Args:
        table: A dataset's table as `with_predictions` gives it.
        filters: What to keep.
    """
    chosen = (table["problem"] != "") == (filters.show == "problem")
    for column, wanted in (("label", filters.label), ("split", filters.split)):
        if wanted != ALL:
            chosen &= table[column] == wanted
    if filters.show in ("right", "wrong"):
        agrees = table["predicted_label"] == table["label"]
        chosen &= (table["predicted_label"] != "") & (agrees == (filters.show == "right"))
    if filters.words:
        chosen &= table["path"].str.contains(filters.words, case=False, regex=False)
    _, column, ascending = ORDERS[filters.order]
    return table[chosen].sort_values([column, "path"], ascending=[ascending, True], na_position="last")
