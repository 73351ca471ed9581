"""Files of a dataset that cannot be used, and photos that occur more than once."""

import streamlit as st

from core.dataset.index import PROBLEMS, Dataset
from streamlit_app import resources
from streamlit_app.parts.shared import photos
from streamlit_app.words import counted, plain


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
    for note in data.notes:
        st.caption(plain(note))
    st.subheader("Photos that occur more than once", anchor=False, help="By reviewed labels, without excluded photos.")
    table = data.usable.assign(group=resources.duplicates(data))
    reviewed = data.reviewed(resources.decisions(data)).set_index("path")["label"]
    table = table.assign(label=table["path"].map(reviewed)).dropna(subset="label")
    repeated = table[table.groupby("group")["path"].transform("size") > 1].sort_values(["group", "path"])
    if repeated.empty:
        st.caption("None. No two photos look alike.")
        return
    groups = repeated.groupby("group")
    line = f"{counted(groups.ngroups, 'group')} of photos that are equal, mirrored or nearly so."
    for column, place, why in (
        ("split", "split", "a test photo is also a training photo"),
        ("label", "class", "a label is wrong"),
    ):
        if several := int((groups[column].nunique() > 1).sum()):
            line += f" :orange[:material/front_hand: {several} of them in more than one {place}: {why}.]"
    st.markdown(line)
    repeated["number"] = repeated["group"].factorize()[0] + 1
    repeated["note"] = [f"group {row.number}, {row.split}" for row in repeated.itertuples()]
    photos.gallery(data, repeated, key="duplicates")
