"""The labelled photos for other programs: a CSV to save, copies in a new folder."""

from pathlib import Path

import streamlit as st

from core.dataset.index import Dataset
from core.dataset.labelled_export import Form, export_labelled, labels_csv
from core.errors import TuskscopeError
from streamlit_app import resources
from streamlit_app.parts.shared.progress import progress
from streamlit_app.words import counted, plain

FORMS: dict[Form, str] = {"folders": "One folder per class", "imagefolder": "Hugging Face imagefolder"}


def popover(data: Dataset) -> None:
    """Offers both."""
    with st.popover("Export", icon=":material/download:"):
        st.download_button(
            "Save labels as CSV",
            lambda: labels_csv(data),
            "labels.csv",
            "text/csv",
            key="labels-csv",
            on_click="ignore",
        )
        form = st.selectbox("Or copy the photos as", list(FORMS), format_func=FORMS.__getitem__, key="export-form")
        to = st.text_input("Into a new folder", str(resources.paths().data_dir / f"{data.folder.name}-labelled"))
        if st.button("Copy", key="export-copy", disabled=not to.strip()):
            try:
                count = export_labelled(data, Path(to).expanduser(), form, progress(st.empty(), "Copying"))
            except (TuskscopeError, OSError) as error:
                words = str(error) if isinstance(error, TuskscopeError) else f"Not written: {error.strerror}."
                st.markdown(f":orange[:material/front_hand:] {plain(words)}")
                return
            st.markdown(f":green[:material/check_circle:] {counted(count, 'photo')} copied.")
