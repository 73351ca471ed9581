"""The loop as a row of five dots."""

from collections.abc import Sequence

import streamlit as st

from streamlit_app.components import asset
from streamlit_app.loop import Step


def stepper(steps: Sequence[Step]) -> None:
    """Shows the steps: a tick for done, a ring for the next one, an empty dot for the rest."""
    data = [{"name": step.name, "state": step.state, "fact": step.fact} for step in steps]
    _component()(data=data, key="stepper")


@st.cache_resource(show_spinner=False)
def _component():
    return st.components.v2.component(
        "tuskscope_stepper",
        html='<ol aria-label="The loop"></ol>',
        css=asset("stepper.css"),
        js=asset("stepper.js"),
    )
