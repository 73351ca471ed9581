"""A few photos of the data set to try, for people who have none at hand."""

import streamlit as st

from core.dataset.index import Dataset
from streamlit_app import resources
from streamlit_app.components.photo_grid import GridPhoto, photo_grid

NUM_EXAMPLES = 6


def pick(data: Dataset, title: str, key: str) -> str | None:
    """Shows some test photos; gives the path of the one clicked last.

    They come from `test` where there is one, in turns from every class, always the same.
    """
    rows = data.usable
    rows = rows[rows["split"] == "test"] if (rows["split"] == "test").any() else rows
    turns = rows.groupby("label").cumcount()
    rows = rows.assign(turn=turns).sort_values(["turn", "label"]).head(NUM_EXAMPLES)
    st.caption(title)
    photos = [
        GridPhoto(
            id=row["path"],
            content=resources.small_photo(data, row["path"], row["sha256"]),
            title="",
            alt=f"Try the photo {row['path']}",
        )
        for row in rows.to_dict("records")
    ]
    clicked = photo_grid(photos, key=key, columns=NUM_EXAMPLES)
    if clicked:
        st.session_state[f"{key}-chosen"] = clicked
    chosen = st.session_state.get(f"{key}-chosen")
    return chosen if chosen in set(data.usable["path"]) else None
