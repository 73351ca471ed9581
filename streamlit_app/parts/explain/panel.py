"""Explain more: three ways to look into one answer."""

import numpy as np
import streamlit as st

from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.parts.explain import classes as explain_classes
from streamlit_app.parts.explain import methods as explain_methods
from streamlit_app.parts.explain import what_if as explain_what_if
from streamlit_app.parts.shared import heat
from streamlit_app.pictures import shrunk

VIEWS = {
    "Why each class": explain_classes.show,
    "Compare methods": explain_methods.show,
    "Hide a part": explain_what_if.show,
}


@st.fragment
def show(image: np.ndarray, run: Run, key: str) -> None:
    """Shows the way that is chosen; the choice lives in the address bar.

    Args:
        image: `uint8`, shape `(height, width, 3)`.
        run: Whose answer.
        key: Of the widgets: another photo begins anew.
    """
    st.subheader("Explain more", anchor=False)
    view = st.segmented_control(
        "Explain more",
        list(VIEWS),
        default="Why each class",
        key="explain",
        required=True,
        label_visibility="collapsed",
        bind="query-params",
    )
    prediction = resources.predictor(run).predict([image])[0]  # of the photo as it is, so that all figures agree
    VIEWS[view](shrunk(image, heat.SHOWN_SIDE), prediction, run, key)
