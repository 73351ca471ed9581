"""What can be done with a dataset as a whole: test photos, its name, what was derived from it."""

import streamlit as st

from core.dataset import opened, set_aside
from core.dataset.index import Dataset
from streamlit_app import frame, resources
from streamlit_app.words import counted, file_size, plain


def offer_test_split(data: Dataset, key: str = "set-aside") -> None:
    """Without test photos: the button that sets some aside; with those set aside here: the way back."""
    if set_aside.is_set_aside(data):
        number = counted(resources.num_photos(data, "test"), "photo")
        st.caption(f"{number} set aside for test. No file was moved.")
        st.button("Use them for training again", key="put-back", on_click=set_aside.put_back, args=(data,))
    elif not resources.num_photos(data, "test") and len(data.class_names) > 1:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown("**No test photos yet.** Figures are honest only on photos that no model has learned from.")
            if st.button("Set 20 % aside for test", key=key, type="primary", icon=":material/splitscreen:"):
                done = counted(set_aside.set_aside(data), "photo")
                st.toast(f"{done} set aside; no file was moved.", icon=":material/check_circle:")
                st.rerun()


def manage(data: Dataset) -> None:
    """Renames or forgets a folder that was opened by its path, and deletes what can be made anew."""
    paths = resources.paths()
    name = next((name for name, folder in opened.opened(paths).items() if folder == data.folder), "")
    with st.popover("Manage", icon=":material/settings:"):
        offer_test_split(data, key="set-aside-here")
        if name:
            st.caption("Opened by its path; photos and folder stay as they are, whatever you do here.")
            new_name = st.text_input("Name", name, key="dataset-name").strip()
            if new_name != name and st.button("Rename", key="rename-dataset"):
                opened.rename(paths, name, new_name)
                frame.choose(data.folder)
                st.rerun()
            if st.button("Remove from the list", key="forget-dataset", help="Decisions and runs stay."):
                opened.forget(paths, name)
                frame.choose(resources.paths().data_dir / "sample")
                st.rerun()
        if st.button("Delete derived files", key="delete-derived", icon=":material/delete:"):
            freed = opened.delete_derived(paths, data.folder)
            st.toast(f"{file_size(freed)} freed. They are made anew when needed.", icon=":material/check_circle:")
        st.caption(f"Thumbnails, index and caches of *{plain(data.name)}*. Photos, decisions and runs stay.")
