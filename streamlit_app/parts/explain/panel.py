"""Explain more: three ways to look into one answer."""

import numpy as np
import streamlit as st

from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.parts.explain import classes, methods, what_if
from streamlit_app.parts.shared import heat
from streamlit_app.pictures import shrunk

VIEWS = {"Why each class": classes.show, "Compare methods": methods.show, "Hide a part": what_if.show}


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
    prediction = resources.predictor(run).predict([image])[0]
    VIEWS[view](resources.AnsweredPhoto(shrunk(image, heat.SHOWN_SIDE), prediction, run, key))
