"""What is asked once more before it is done: using another model, switching back, deleting."""

from collections.abc import Callable

import streamlit as st

from core.errors import TuskscopeError
from core.metrics import headline
from core.runs import registry
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.parts.shared.run_picker import accuracy_of
from streamlit_app.words import listed, plain


def button(run: Run, key: str) -> None:
    """A button that opens the confirmation."""
    if st.button("Use this model…", key=key, icon=":material/publish:", type="primary"):
        confirm(run)


@st.dialog("Use this model?", width="medium", icon=":material/publish:")
def confirm(run: Run) -> None:
    """Shows what changes, and does it."""
    st.markdown(f"From now on **{plain(run.run_id)}** answers on these pages, in the API and on the command line.")
    rows = [{"": "Then", **_facts(run)}]
    if served := resources.active_run():
        rows.insert(0, {"": "Now", **_facts(served)})
        if measured_on(served) != measured_on(run):
            st.warning(
                "These figures cannot be compared: they are of other photos, or by other labels.",
                icon=":material/warning:",
            )
        if set(served.class_names) != set(run.class_names):
            st.warning(
                "The classes change. Programs that use the API must know the new ones.", icon=":material/warning:"
            )
    st.dataframe(rows, hide_index=True)
    do("Use it", "promotion", lambda: registry.promote(resources.paths(), run.run_id))


@st.dialog("Switch back?", icon=":material/undo:")
def confirm_roll_back(before: Run) -> None:
    """Asks once more, and switches back to the model that was in use before."""
    st.markdown(f"**{plain(before.run_id)}** will be in use again.")
    do("Switch back", "roll-back", lambda: registry.rollback(resources.paths()))


@st.dialog("Delete this run?", icon=":material/delete:")
def confirm_delete(run: Run) -> None:
    """Asks once more, and deletes."""
    st.markdown(f"**{plain(run.run_id)}** and all its files are removed for good. Photos and decisions stay.")
    do("Delete it", "delete", lambda: registry.delete(resources.paths(), run.run_id))


def do(label: str, key: str, action: Callable[[], Run | None]) -> None:
    """The button that does it; inside a dialog nothing else would show what goes wrong."""
    if not st.button(label, type="primary", key=f"confirm-{key}"):
        return
    try:
        run = action()
    except TuskscopeError as error:
        st.error(plain(error))
        return
    if run is not None:
        st.toast(f"{plain(run.run_id)} is in use.", icon=":material/check_circle:")
    st.rerun()


def measured_on(run: Run) -> tuple[str, ...]:
    """What two runs must share for their figures to be comparable: photos and labels."""
    result = headline(run.evaluation)
    return (run.dataset.fingerprint, result.split, result.labels) if result else ()


def _facts(run: Run) -> dict[str, str]:
    return {
        "Evaluation": accuracy_of(run),
        "Classes": listed(run.class_names),
        "Trained on": f"{run.dataset.name} ({run.labels} labels)",
    }
