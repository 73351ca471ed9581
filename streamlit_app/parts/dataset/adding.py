"""More photos for the chosen dataset: out of a zip, or copied from a folder."""

from pathlib import Path

import streamlit as st

from core.dataset.adding import photos_of
from core.dataset.index import Dataset
from core.errors import DatasetError
from streamlit_app.parts.shared import adding
from streamlit_app.words import plain

_BY_FOLDER = "as their folders say"


def show(data: Dataset) -> None:
    """The zip or folder, what its photos show, and what adding them would bring."""
    st.subheader(f"More photos for {plain(data.name)}", anchor=False)
    if not adding.is_possible(data, "add"):
        return
    zipped, folder = st.columns(2, gap="medium")
    upload = zipped.file_uploader("Zip of photos to add", type=["zip"], key="add-zip")
    typed = folder.text_input("Or a folder, whose photos are copied", key="add-folder", placeholder="/home/me/photos")
    source = upload or (Path(typed.strip()).expanduser() if typed.strip() else None)
    if source is None:
        return
    if isinstance(source, Path) and not source.is_dir():
        folder.caption(":orange[:material/front_hand:] There is no such folder on this machine.")
        return
    label = ""
    if data.class_names:
        names = [_BY_FOLDER, *data.class_names]
        chosen = st.selectbox("The photos show", names, key="add-label")
        label = "" if chosen == _BY_FOLDER else chosen
    try:
        with photos_of(source, label) as offered:
            for sentence in (*offered.refusals, *offered.warnings):
                st.text(sentence)
            if not offered.refusals:
                identity = (upload.file_id if upload else str(source), label, len(offered.photos))
                adding.offer(offered.photos, data, identity, "add")
    except DatasetError as error:
        st.text(str(error))
