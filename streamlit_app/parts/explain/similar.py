"""The training photos most similar to one photo, with their labels and their heat maps."""

import streamlit as st

from core.dataset.index import Dataset
from core.features.neighbours import similar
from streamlit_app import resources
from streamlit_app.colors import class_colors
from streamlit_app.components import data_url
from streamlit_app.components.photo_grid import GridPhoto, photo_grid
from streamlit_app.parts.shared.layout import side_by_side
from streamlit_app.resources import AnsweredPhoto
from streamlit_app.words import plain

NUM_SIMILAR = 4


def show(photo: AnsweredPhoto, data: Dataset, class_name: str, own_path: str = "") -> str | None:
    """Shows them; returns the path of the one just clicked.

    Args:
        photo: In question.
        data: The dataset that its run learned from.
        class_name: Whose evidence the heat maps show.
        own_path: The photo's own path, to be left out.
    """
    found = similar(data, photo.prediction.embedding, photo.run, NUM_SIMILAR + 1)
    found = found[found["path"] != own_path].head(NUM_SIMILAR)
    if found.empty:
        return None
    label, agree = photo.prediction.label, int((found["label"] == photo.prediction.label).sum())
    with side_by_side():
        st.markdown(f"**Most similar training photos**: {agree} of {len(found)} labelled {plain(label)}.")
        with_maps = st.toggle("Heat maps", key=f"{photo.key}-maps", help=f"Evidence for {plain(class_name)}.")
    if found["similarity"].iloc[0] < resources.usual_similarity(data, photo.run):
        st.caption(
            ":orange[:material/front_hand:] None of them is as similar as these photos are to each other: this one is "
            "far from what the model has learned."
        )
    colors = class_colors(data.class_names)
    photos = []
    for row in found.to_dict("records"):
        maps = resources.heat_maps(data.folder / row["path"], row["sha256"], photo.run) if with_maps else {}
        photos.append(
            GridPhoto(
                id=row["path"],
                source=data_url(maps.get(class_name) or resources.small_photo(data, row["path"], row["sha256"])),
                title=row["label"],
                note=f"similarity {row['similarity']:.2f}",
                color=colors.get(row["label"], ""),
                alt=f"Open {row['path']}, labelled {row['label']}",
            )
        )
    return photo_grid(photos, key=f"{photo.key}-similar", columns=NUM_SIMILAR)
