"""Letting another run answer: asked once more, with what changes."""

import streamlit as st

from core.runs import registry
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.parts.shared.run_picker import accuracy_text
from streamlit_app.words import listed, plain


def button(run: Run, served: Run | None, key: str) -> None:
    """A button that opens the confirmation."""
    if st.button("Let this run answer…", key=key, icon=":material/publish:", type="primary"):
        confirm(run, served)


@st.dialog("Let this run answer?", width="medium", icon=":material/publish:")
def confirm(run: Run, served: Run | None) -> None:
    """Shows what changes, and does it."""
    st.markdown(f"From now on **{plain(run.run_id)}** answers on these pages, in the API and on the command line.")
    rows = [{"": "Then", **_facts(run)}]
    if served is not None:
        rows.insert(0, {"": "Now", **_facts(served)})
    st.dataframe(rows, hide_index=True)
    if served is not None and set(served.class_names) != set(run.class_names):
        st.warning("The classes change. Programs that ask the API must know the new ones.", icon=":material/warning:")
    if st.button("Let it answer", type="primary", key="confirm-promotion"):
        registry.promote(resources.paths(), run.run_id)
        st.toast("The run answers now.", icon=":material/check_circle:")
        st.rerun()


def _facts(run: Run) -> dict[str, str]:
    return {
        "Accuracy": accuracy_text(run),
        "Classes": listed(run.class_names),
        "Learned from": f"{run.dataset.name} ({run.labels} labels)",
    }
