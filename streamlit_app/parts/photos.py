"""Photos of a data set: a gallery with pages, and the panel that a click on any photo opens."""

import pandas as pd
import streamlit as st

from core.dataset.index import PROBLEMS, Dataset
from streamlit_app import navigation, resources
from streamlit_app.colors import class_colors
from streamlit_app.components.photo_grid import GridPhoto, photo_grid
from streamlit_app.parts import answer
from streamlit_app.words import counted, file_size, percent, plain

PAGE_SIZE = 24


def gallery(data: Dataset, rows: pd.DataFrame, key: str, page_size: int = PAGE_SIZE, columns: int = 6) -> None:
    """Shows photos of a data set, a page at a time; a click opens the photo panel.

    Args:
        data: The data set.
        rows: Rows of its table in the order to show; with `note`, or with `predicted_label` and
            `probability`, these are captions.
        key: Of the widgets; also names the page in the address bar.
        page_size: Photos a page.
        columns: On a wide page.
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
        panel(data, clicked)


@st.dialog("Photo", width="large", icon=":material/photo:")
def panel(data: Dataset, path: str) -> None:
    """Everything about one photo: large, with what the served run says of it and why."""
    row = data.table[data.table["path"] == path].iloc[0]
    image = resources.photo(data, path)
    run = resources.active_run()
    if row["problem"] or image is None:
        st.warning(PROBLEMS.get(row["problem"], PROBLEMS["unreadable"]))
    elif run is None:
        st.image(image, width="stretch", alt=f"Photo labelled {row['label']}")
        st.caption("No run is served yet. Train one, and this panel also shows what it says and why.")
    else:
        answer.show(
            image, run, key=f"panel-{row['sha256'][:12]}", data=data, given=row["label"], own_path=path, heading="#"
        )
    facts = (
        f"{row['label'] or 'no label'} · {row['split']} · {row['width']} × {row['height']} · {file_size(row['bytes'])}"
    )
    st.text(facts)
    _reviewed(data, row)
    st.code(str(data.folder / path), language=None, wrap_lines=True)


def _reviewed(data: Dataset, row: pd.Series) -> None:
    """What somebody decided about the photo, and the way to the review."""
    made = resources.decisions(data).get(row["sha256"])
    with st.container(horizontal=True, vertical_alignment="center"):
        if made is not None:
            what = made.label or {"keep": "keep as given", "exclude": "left out"}.get(made.action, made.action)
            by = f" by {made.reviewer}" if made.reviewer else ""
            st.markdown(f":material/fact_check: Reviewed{plain(by)}: **{plain(what)}**")
        if not row["problem"] and row["split"] != "test" and resources.ranking(data) is not None:
            if st.button("Open in Review", key="open-in-review", icon=":material/fact_check:"):
                st.switch_page(navigation.file_of("review"), query_params={"photo": row["path"]})


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
