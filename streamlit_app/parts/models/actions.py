"""What can be done with a run: let it answer, read its card, use it elsewhere, go back, delete."""

from dataclasses import asdict

import streamlit as st

from core.errors import TuskscopeError
from core.runs import registry
from core.runs.folder import LIVE_STATES, Run
from core.workflows.card import CARD_FILE, card_of
from streamlit_app import resources
from streamlit_app.parts.models import exports, promotion
from streamlit_app.parts.shared.run_picker import accuracy_text
from streamlit_app.parts.training.live import comparison_words
from streamlit_app.words import plain


def show(run: Run, served: Run) -> None:
    """The chosen run: its figures against the served one, and the actions."""
    with st.container(border=True):
        st.markdown(f"#### {plain(run.run_id)}")
        if run.state != "succeeded":
            st.markdown(f"{run.state.capitalize()}. {plain(run.message)}")
        elif run.run_id == served.run_id:
            st.markdown(f"Right on {plain(accuracy_text(run))}. This run answers now.")
        else:
            st.markdown(f"Against the served run: {plain(comparison_words(served, run))}")
        with st.container(horizontal=True):
            if run.state == "succeeded" and run.run_id != served.run_id:
                promotion.button(run, served, key="promote")
            if run.state == "succeeded" and st.button("Model card…", key="card", icon=":material/description:"):
                show_card(run)
            if run.state not in LIVE_STATES and run.run_id != served.run_id:
                if st.button("Delete…", key="delete", icon=":material/delete:"):
                    confirm_delete(run)
        if run.state == "succeeded":
            with st.expander("Use it elsewhere: ONNX, SavedModel, smaller files", icon=":material/ios_share:"):
                exports.show(run)
        with st.expander("Settings and files"):
            facts = {"config": run.config.as_dict(), "dataset": asdict(run.dataset), "versions": run.versions}
            st.json(facts, expanded=1)


def roll_back(served: Run) -> None:
    """A button back to the run that was served before, if there was one."""
    entries = registry.history(resources.paths())
    if len({entry["run_id"] for entry in entries}) < 2:
        return
    if st.button("Go back to the run before…", key="roll-back", icon=":material/undo:"):
        confirm_roll_back(served)


@st.dialog("Model card", width="large", icon=":material/description:")
def show_card(run: Run) -> None:
    """The run's card, as its folder holds it."""
    card = card_of(run, resources.paths())
    st.markdown(card)
    st.download_button(
        "Save as Markdown",
        card,
        f"{run.run_id}-{CARD_FILE}",
        "text/markdown",
        key="save-card",
        icon=":material/download:",
        on_click="ignore",
    )


@st.dialog("Go back?", icon=":material/undo:")
def confirm_roll_back(served: Run) -> None:
    """Asks once more, and goes back."""
    st.markdown(f"**{plain(served.run_id)}** stops answering; the run that answered before it takes over.")
    if st.button("Go back", type="primary", key="confirm-roll-back"):
        try:
            run = registry.rollback(resources.paths())
        except TuskscopeError as error:  # inside a dialog: app.py does not see it
            st.error(plain(error))
            return
        st.toast(f"{plain(run.run_id)} answers now.", icon=":material/check_circle:")
        st.rerun()


@st.dialog("Delete this run?", icon=":material/delete:")
def confirm_delete(run: Run) -> None:
    """Asks once more, and deletes."""
    st.markdown(f"**{plain(run.run_id)}** and all its files go for good. The photos and label decisions stay.")
    if st.button("Delete it", type="primary", key="confirm-delete"):
        try:
            registry.delete(resources.paths(), run.run_id)
        except TuskscopeError as error:
            st.error(plain(error))
            return
        st.rerun()
