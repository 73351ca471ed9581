"""The names of the classes: typed once, added, renamed and merged later."""

from collections.abc import Callable

import streamlit as st

from core.dataset.classes import add_classes, merge_classes, remove_class, rename_class
from core.dataset.index import Dataset
from core.errors import TuskscopeError
from streamlit_app.words import plain


def form(data: Dataset) -> None:
    """The first step: what can be on the photos."""
    with st.form("classes", border=True):
        st.markdown("**What can be on the photos?** Name the classes; you can add and rename them later.")
        text = st.text_input("Classes, separated by commas", placeholder="African, Asian", key="class-names")
        if st.form_submit_button("Begin", type="primary"):
            _try(lambda: add_classes(data, [name for name in text.split(",") if name.strip()]))


def popover(data: Dataset) -> None:
    """Adds, renames, merges and removes classes."""
    with st.popover("Classes", icon=":material/edit:"):
        new = st.text_input("Add a class", key="class-new")
        if st.button("Add", key="class-add", disabled=not new.strip()):
            _try(lambda: add_classes(data, [new]))
        if not data.typed.names:
            return
        name = st.selectbox("Change a class", data.typed.names, key="class-which")
        to = st.text_input("New name", key="class-to")
        if st.button("Rename", key="class-rename", disabled=not to.strip()):
            _try(lambda: rename_class(data, name, to))
        others = [other for other in data.class_names if other != name]
        if others:
            into = st.selectbox("Merge it into", others, key="class-into")
            if st.button("Merge", key="class-merge", help="All its labels become labels of the other class."):
                _try(lambda: merge_classes(data, name, into))
        if st.button("Remove", key="class-remove", help="Only a class that no photo has."):
            _try(lambda: remove_class(data, name))


def _try(change: Callable[[], object]) -> None:
    try:
        change()
    except TuskscopeError as error:
        st.markdown(f":orange[:material/front_hand:] {plain(str(error))}")
        return
    st.rerun()
