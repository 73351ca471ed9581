"""Photos of a data set: a gallery with pages, whose photos open in the panel."""

import pandas as pd
import streamlit as st

from core.dataset.index import Dataset
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.colors import class_colors
from streamlit_app.components.photo_grid import GridPhoto, photo_grid
from streamlit_app.parts.shared.photo_panel import panel
from streamlit_app.words import counted, percent

PAGE_SIZE = 24


def gallery(
    data: Dataset, rows: pd.DataFrame, key: str, page_size: int = PAGE_SIZE, columns: int = 6, run: Run | None = None
) -> None:
    """Shows photos of a data set, a page at a time; a click opens the photo panel.

    Args:
        data: The data set.
        rows: Rows of its table in the order to show; with `note`, or with `predicted_label` and
            `probability`, these are captions.
        key: Of the widgets; also names the page in the address bar.
        page_size: Photos a page.
        columns: On a wide page.
        run: Whose answer the panel shows; the served one if not given.
    """
    num_pages = max(1, -(-len(rows) // page_size))
    place = st.container()
    page = 1
    if num_pages > 1:
        if st.session_state.get(f"{key}-page", 1) > num_pages:
            st.session_state[f"{key}-page"] = 1  # a filter has shortened the list
        with st.container(horizontal_alignment="center"):
            page = st.pagination(num_pages, key=f"{key}-page", bind="query-params")
    shown = rows.iloc[(page - 1) * page_size : page * page_size]
    colors = class_colors(data.class_names)
    with place:
        clicked = photo_grid([_grid_photo(data, row, colors) for row in shown.to_dict("records")], key, columns)
    if clicked:
        panel(data, clicked, run)


def _grid_photo(data: Dataset, row: dict, colors: dict[str, str]) -> GridPhoto:
    label, note, warn = row["label"] or "no label", row.get("note") or row["split"], False
    if row["problem"]:
        note, warn = row["problem"].replace("-", " "), True
    elif row.get("predicted_label"):
        note = f"{row['predicted_label']} {percent(row['probability'])}"
        warn = row["predicted_label"] != row["label"]
    content = None if row["problem"] else resources.small_photo(data, row["path"], row["sha256"])
    return GridPhoto(
        id=row["path"],
        content=content,
        title=label,
        note=note,
        warn=warn,
        color=colors.get(row["label"], ""),
        alt=f"{row['path']}, labelled {label}, {note}",
    )


def showing(shown: int, total: int) -> str:
    """`320 photos`, or `12 of 320 photos`."""
    return counted(total, "photo") if shown == total else f"{shown:,} of {counted(total, 'photo')}"
