"""A new dataset: a zip with a report before it is accepted, a folder where it lies, or the photos from Kaggle."""

from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.dataset import importing
from core.dataset.download import PAGE, download
from core.dataset.importing import ImportReport
from core.dataset.index import Dataset
from core.errors import DatasetError
from streamlit_app import frame, resources
from streamlit_app.parts.dataset import adding
from streamlit_app.parts.shared.layout import card
from streamlit_app.parts.shared.progress import progress
from streamlit_app.words import counted, file_size, plain


def show(data: Dataset | None = None) -> None:
    """The three ways to another dataset; before them, more photos for the one that is open."""
    if data is not None:
        adding.show(data)
        st.subheader("As a new dataset", anchor=False)
    zipped, folder, kaggle = st.columns(3, gap="medium")
    with card(zipped, ":material/folder_zip: Upload a zip"):
        st.caption("One folder per class, or `train` and `test` with one folder per class in each.")
        upload = st.file_uploader("Zip of photos", type=["zip"], key="zip", label_visibility="collapsed")
    with card(folder, ":material/folder_open: Open a folder"):
        st.caption("The photos stay where they are; nothing is ever written to their folder.")
        _folder()
    with card(kaggle, ":material/cloud_download: Elephants from Kaggle"):
        st.caption("1,028 photos of African and Asian elephants. No account needed.")
        st.space("stretch")
        if st.button("Download", icon=":material/download:", key="kaggle"):
            _download()
    if upload is not None:
        with st.container(border=True):
            _archive(upload)


def report_table(report: ImportReport) -> pd.DataFrame:
    """Photos by class (rows) and split (columns)."""
    return pd.DataFrame(report.counts).fillna(0).astype(int).rename_axis("Class").reset_index()


def _archive(upload: UploadedFile) -> None:
    report = _inspect(upload)
    if not report.acceptable:
        st.markdown(":orange[:material/front_hand:] **This zip cannot be imported.**")
        for sentence in report.refusals:
            st.text(sentence)
        return
    photos = counted(report.num_photos, "photo")
    unusable = f" and {counted(report.num_unusable, 'file')} that cannot be used" if report.num_unusable else ""
    st.markdown(f"**This zip holds {photos}**{unusable} ({file_size(report.bytes)}).")
    st.dataframe(report_table(report), hide_index=True)
    for sentence in report.warnings:
        st.text(sentence)
    name = st.text_input("Name of the dataset", report.name, key="import-name")
    if st.button(f"Import {photos}", type="primary", key="accept"):
        _open(importing.accept_import(upload, name, resources.paths(), progress(st.empty(), "Writing the photos")))


def _inspect(upload: UploadedFile) -> ImportReport:
    """Reads the zip once, however often the page is drawn."""
    known = st.session_state.get("import-report")
    if known is None or known[0] != upload.file_id:
        report = importing.inspect_import(upload, progress(st.empty(), "Reading the photos"))
        known = st.session_state["import-report"] = (upload.file_id, report)
    return known[1]


def _folder() -> None:
    typed = st.text_input("Folder", key="import-folder", placeholder="/home/me/photos").strip()
    folder = Path(typed).expanduser()
    if typed and not folder.is_dir():
        st.caption(":orange[:material/front_hand:] There is no such folder on this machine.")
    elif typed and st.button("Open this folder", type="primary", key="open-folder"):
        # Says what is wrong before it is chosen.
        resources.dataset(folder.resolve(), progress(st.empty(), "Reading the photos"))
        _open(folder.resolve())


def _download() -> None:
    place = st.empty()
    writing = progress(place, "Writing the photos")

    def show_progress(done: int, total: int) -> None:
        if total:
            writing(done, total)
        else:
            place.caption(f"{file_size(max(0, done))} so far")

    try:
        folder = download(resources.paths(), progress=show_progress)
    except DatasetError:
        place.empty()
        st.caption(":orange[:material/front_hand:] Kaggle cannot be reached from here.")
        st.caption(f"Download the zip in a browser from [its page]({PAGE}) and upload it on the left.")
        return
    _open(folder)


def _open(folder: Path) -> None:
    frame.choose(folder)
    st.session_state.pop("import-report", None)
    st.toast(f"{plain(folder.name)} is open.", icon=":material/check_circle:")
    st.rerun()
