"""The training photos most like one photo, with their labels and their heat maps."""

import streamlit as st

from core.dataset.index import Dataset
from core.prediction.predictor import Prediction
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.colors import class_colors
from streamlit_app.components.photo_grid import GridPhoto, photo_grid
from streamlit_app.words import plain

NUM_SIMILAR = 4


def show(prediction: Prediction, run: Run, data: Dataset, class_name: str, key: str, own_path: str = "") -> str | None:
    """Shows them; returns the path of the one just clicked.

    Args:
        prediction: Of the photo.
        run: That made it.
        data: The data set it learned from.
        class_name: Whose evidence their heat maps show.
        key: Of the widgets.
        own_path: The photo's own path, to be left out.
    """
    found = resources.similar(data, run, prediction.embedding, NUM_SIMILAR + 1)
    found = found[found["path"] != own_path].head(NUM_SIMILAR)
    if found.empty:
        return None
    agree = int((found["label"] == prediction.label).sum())
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        label = plain(prediction.label)
        st.markdown(f"**Training photos most like this one**: {agree} of {len(found)} labelled {label}.")
        with_maps = st.toggle("Their heat maps", key=f"{key}-maps", help=f"What speaks for {plain(class_name)} there.")
    colors = class_colors(data.class_names)
    hashes = dict(zip(data.table["path"], data.table["sha256"], strict=True))
    photos = []
    for row in found.to_dict("records"):
        sha256 = hashes.get(row["path"], "")
        content = resources.heat_maps(data, row["path"], sha256, run).get(class_name) if with_maps else None
        photos.append(
            GridPhoto(
                id=row["path"],
                content=content or resources.small_photo(data, row["path"], sha256),
                title=row["label"],
                note=f"likeness {row['similarity']:.2f}",
                color=colors.get(row["label"], ""),
                alt=f"Open {row['path']}, labelled {row['label']}",
            )
        )
    return photo_grid(photos, key=key, columns=NUM_SIMILAR)
