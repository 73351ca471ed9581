"""The loop as a row of five dots."""

from collections.abc import Sequence
from dataclasses import asdict

from streamlit_app.components import component
from streamlit_app.loop import Step


def stepper(steps: Sequence[Step]) -> None:
    """Shows the steps: a tick for done, a ring for the next one, an empty dot for the rest."""
    data = [asdict(step) for step in steps]
    component("stepper")(data=data, key="stepper")
