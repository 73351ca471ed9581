"""Files of a data set that cannot be used, and photos that occur more than once."""

import streamlit as st

from core.dataset.index import PROBLEMS, Dataset
from streamlit_app import resources
from streamlit_app.parts.shared import photos
from streamlit_app.words import counted


def show(data: Dataset) -> None:
    """The problems list, then groups of photos that look alike."""
    problems = data.table[data.table["problem"] != ""]
    st.subheader("Files that cannot be used", anchor=False)
    if problems.empty:
        st.caption("None. Every file opens as a picture.")
    else:
        st.dataframe(
            problems.assign(why=problems["problem"].map(PROBLEMS))[["path", "label", "split", "why"]],
            hide_index=True,
            column_config={"path": "File", "label": "Class", "split": "Split", "why": "Why"},
        )
    st.subheader("Photos that occur more than once", anchor=False)
    table = data.usable.assign(group=resources.duplicates(data))
    repeated = table[table.groupby("group")["path"].transform("size") > 1].sort_values(["group", "path"])
    groups = repeated.groupby("group")
    across = int((groups["split"].nunique() > 1).sum())
    contradicting = int((groups["label"].nunique() > 1).sum())
    if repeated.empty:
        st.caption("None. No two photos look alike.")
        return
    line = f"{counted(groups.ngroups, 'group')} of photos that are equal, mirrored or nearly so."
    if across:
        line += f" :orange[:material/front_hand: {across} of them in more than one split: a test photo is known.]"
    if contradicting:
        line += f" :orange[:material/front_hand: {contradicting} of them in more than one class: a label is wrong.]"
    st.markdown(line)
    numbers = repeated["group"].factorize()[0] + 1
    repeated = repeated.assign(
        note=[f"group {number}, {split}" for number, split in zip(numbers, repeated["split"], strict=True)]
    )
    photos.gallery(data, repeated, key="duplicates")
