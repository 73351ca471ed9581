"""A few photos of the dataset to try, for people who have none at hand."""

import streamlit as st

from core.dataset.index import Dataset
from core.runs.folder import LIVE_STATES
from streamlit_app import resources
from streamlit_app.components.photo_grid import GridPhoto, photo_grid
from streamlit_app.parts.shared.photos import thumbnail
from streamlit_app.words import plain

NUM_EXAMPLES = 6


def pick(data: Dataset, title: str, key: str) -> str | None:
    """Shows some test photos; gives the path of the one clicked last.

    They come from `test` where there is one, in turns from every class, always the same. While the first model of
    the dataset is being trained there is none: it will answer about them.
    """
    states = {run.state for run in resources.runs_of(data)}
    if "succeeded" not in states and states & set(LIVE_STATES):
        name = plain(data.name)
        st.caption(
            f"A model is learning from the photos of *{name}* right now. You can try it on them when it is ready."
        )
        return None
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
