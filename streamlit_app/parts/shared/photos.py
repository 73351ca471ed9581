"""Photos of a dataset: a gallery with pages, whose photos open in the panel."""

from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.dataset.index import Dataset
from core.prediction.words import percent
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.colors import class_colors
from streamlit_app.components import data_url
from streamlit_app.components.photo_grid import GridPhoto, photo_grid
from streamlit_app.parts.shared.photo_panel import panel

PAGE_SIZE = 24


def gallery(
    data: Dataset, rows: pd.DataFrame, key: str, page_size: int = PAGE_SIZE, columns: int = 6, run: Run | None = None
) -> None:
    """Shows photos of a dataset, a page at a time; a click opens the photo panel.

    Args:
        data: The dataset.
        rows: Rows of its table in the order to show; with `note`, or with `predicted_label` and
            `probability`, these are captions.
        key: Of the widgets; also names the page in the address bar.
        page_size: Photos a page.
        columns: On a wide page.
        run: Whose answer the panel shows; the run in use if not given.
    """
    place, shown = page_of(rows, key, page_size)
    colors = class_colors(data.class_names)
    with place:
        clicked = photo_grid([_grid_photo(data, row, colors) for row in shown], key, columns)
    if clicked:
        panel(data, clicked, run, rows["path"].tolist())


def page_of(rows: pd.DataFrame, key: str, page_size: int = PAGE_SIZE) -> tuple[DeltaGenerator, list[dict[Any, Any]]]:
    """Draws the choice of a page if there is one to make; gives the place above it and the rows of the page."""
    place, page = st.container(), 1
    if len(rows) > page_size:
        with st.container(horizontal_alignment="center"):
            page = st.pagination(-(-len(rows) // page_size), key=f"{key}-page", bind="query-params")
    return place, rows.iloc[(page - 1) * page_size : page * page_size].to_dict("records")


def thumbnail(data: Dataset, path: str, sha256: str) -> str:
    """The address of a small picture of a photo; "" if it cannot be read."""
    return data_url(resources.small_photo(data, path, sha256))


def with_predictions(data: Dataset, rows: pd.DataFrame, side: str = "") -> pd.DataFrame:
    """Predictions of photos that are still in the dataset, as rows for `gallery`.

    Args:
        data: The dataset.
        rows: `path`, and `predicted_label` and `probability` with `side` behind their names.
        side: `_a` or `_b` in the photos of a comparison.
    """
    if rows.empty:
        return rows
    names = {f"{name}{side}": name for name in ("predicted_label", "probability")}
    return rows[["path", *names]].rename(columns=names).merge(data.table, on="path")


def _grid_photo(data: Dataset, row: dict[str, Any], colors: dict[str, str]) -> GridPhoto:
    label, note, warn = row["label"] or "no label", row.get("note") or row["split"], False
    if row["problem"]:
        note, warn = row["problem"].replace("-", " "), True
    elif row.get("predicted_label"):
        note = f"{row['predicted_label']} {percent(row['probability'])}"
        warn = row["predicted_label"] != row["label"]
    return GridPhoto(
        id=row["path"],
        source="" if row["problem"] else thumbnail(data, row["path"], row["sha256"]),
        title=label,
        note=note,
        warn=warn,
        color=colors.get(row["label"], ""),
        alt=f"{row['path']}, labelled {label}, {note}",
    )
