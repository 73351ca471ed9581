"""What can be done with a run: use it, read its card, export it, switch back, delete."""

from dataclasses import asdict

import streamlit as st

from core.dataset.index import Dataset
from core.runs import registry
from core.runs.folder import LIVE_STATES, Run
from core.workflows.card import CARD_FILE, card_of
from streamlit_app import resources
from streamlit_app.parts.models import confirmations, exports
from streamlit_app.parts.shared.run_picker import accuracy_of
from streamlit_app.parts.training.live import against
from streamlit_app.words import plain


def show(data: Dataset, run: Run, served: Run) -> None:
    """The chosen run: its figures against those of the one in use, and the actions."""
    is_done, is_served = run.state == "succeeded", run.run_id == served.run_id
    with st.container(border=True):
        st.markdown(f"#### {plain(run.run_id)}")
        if not is_done:
            st.markdown(f"{run.state.capitalize()}. {plain(run.message)}")
        elif is_served:
            st.markdown(f"In use: {plain(accuracy_of(run))}.")
        else:
            against(data, served, run)
        with st.container(horizontal=True):
            if is_done and not is_served:
                confirmations.button(run, key="promote")
            if is_done and st.button("Model card…", key="card", icon=":material/description:"):
                show_card(run)
            if run.state not in LIVE_STATES and not is_served:
                if st.button("Delete…", key="delete", icon=":material/delete:"):
                    confirmations.confirm_delete(run)
        if is_done:
            with st.expander("Export: ONNX, SavedModel, smaller files", icon=":material/ios_share:"):
                exports.show(run)
        if run.state != "damaged":
            with st.expander("Settings and files"):
                facts = {"config": asdict(run.config), "dataset": asdict(run.dataset), "versions": run.versions}
                st.json(facts, expanded=1)


def roll_back() -> None:
    """A button back to the run that was in use before, if there was one."""
    before = next(registry.earlier(resources.paths()), None)
    if before and st.button(f"Switch back to {plain(before.run_id)}…", key="roll-back", icon=":material/undo:"):
        confirmations.confirm_roll_back(before)


@st.dialog("Model card", width="large", icon=":material/description:")
def show_card(run: Run) -> None:
    """The run's card; made now if its folder holds none."""
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
