"""Adding photos to the chosen dataset: what would come, and the button that copies it."""

from collections.abc import Hashable, Sequence

import pandas as pd
import streamlit as st

from core.dataset import adding
from core.dataset.adding import AddReport, NewPhoto
from core.dataset.index import Dataset
from core.dataset.names import suggested_name
from streamlit_app import frame, resources
from streamlit_app.parts.shared.progress import progress
from streamlit_app.words import counted, file_size, plain

_REPORT = "add-report"


def is_possible(data: Dataset, key: str) -> bool:
    """Whether photos can be added; a folder that was opened by its path can be copied first."""
    if adding.is_ours(data, resources.paths()):
        return True
    size = f"{counted(len(data.usable), 'photo')}, {file_size(int(data.usable['bytes'].sum()))}"
    st.markdown(
        f"*{plain(data.name)}* was opened by its path. Its folder belongs to its owner, so nothing is written to it. "
        "A copy in the data folder can take more photos; the decisions about labels go with it."
    )
    name = st.text_input("Name of the copy", suggested_name(data.name), key=f"{key}-copy-name")
    if st.button(f"Copy it ({size})", key=f"{key}-copy", icon=":material/content_copy:"):
        paths = resources.paths()
        frame.choose(adding.copy_dataset(data, name, paths, progress(st.empty(), "Copying the photos")))
        st.toast(f"{plain(name)} is open.", icon=":material/check_circle:")
        st.rerun()
    return False


def offer(photos: Sequence[NewPhoto], data: Dataset, identity: Hashable, key: str) -> None:
    """Shows what adding these photos would bring, and adds them at a click.

    Args:
        photos: That may be added.
        data: The dataset, one of the data folder.
        identity: Tells these photos from others: they are read once, however often the page is drawn.
        key: Of the widgets.
    """
    with_test = False
    if any(photo.split == "test" for photo in photos) and resources.num_photos(data, "test"):
        with_test = st.checkbox(
            "Add the photos of the test folder to the test photos",
            key=f"{key}-test",
            help="Figures of runs from before are then of other test photos, and do not compare.",
        )
    wanted = (identity, with_test, data.fingerprint)
    known: tuple[Hashable, AddReport] | None = st.session_state.get(_REPORT)
    if known is None or known[0] != wanted:
        reading = progress(st.empty(), "Reading the photos")
        known = st.session_state[_REPORT] = (wanted, adding.inspect_addition(photos, data, with_test, reading))
    report = known[1]
    if report.num_photos:
        table = pd.DataFrame(report.counts).fillna(0).astype(int).rename_axis("Class").reset_index()
        st.dataframe(table.replace({"Class": {"": "no label"}}), hide_index=True, key=f"{key}-counts")
    for sentence in (*report.refusals, *report.warnings):
        st.text(sentence)
    if not report.refusals and st.button(
        f"Add {counted(report.num_photos, 'photo')} to {plain(data.name)}", type="primary", key=f"{key}-add"
    ):
        writing = progress(st.empty(), "Copying the photos")
        done = adding.add_photos(photos, data, resources.paths(), with_test, writing)
        st.session_state.pop(_REPORT, None)
        st.toast(f"{counted(done.num_photos, 'photo')} added.", icon=":material/check_circle:")
        st.rerun()
