"""A few photos of the dataset to try, for people who have none at hand."""

import streamlit as st

from core.dataset.index import Dataset
from streamlit_app.components.photo_grid import GridPhoto, photo_grid
from streamlit_app.parts.shared.photos import thumbnail

NUM_EXAMPLES = 6


def pick(data: Dataset, title: str, key: str) -> str | None:
    """Shows some test photos; gives the path of the one clicked last.

    They come from `test` where there is one, in turns from every class, always the same.
    """
    rows = data.usable
    rows = rows[rows["split"] == "test"] if (rows["split"] == "test").any() else rows
    rows = rows.assign(turn=rows.groupby("label").cumcount()).sort_values(["turn", "label"]).head(NUM_EXAMPLES)
    st.caption(title)
    photos = [
        GridPhoto(row["path"], thumbnail(data, row["path"], row["sha256"]), "", alt=f"Try the photo {row['path']}")
        for row in rows.to_dict("records")
    ]
    state = f"{key}-chosen"
    if clicked := photo_grid(photos, key=key, columns=NUM_EXAMPLES):
        st.session_state[state] = clicked
    chosen = st.session_state.get(state)
    return chosen if chosen in set(data.usable["path"]) else None
