"""The way from an answer to more explanations of the same photo, on the Predict page."""

import numpy as np
import streamlit as st

from core.runs.folder import Run
from streamlit_app import navigation, resources
from streamlit_app.pictures import shrunk

BROUGHT = "brought-photo"  # a photo of no dataset that another page hands over
BROUGHT_SIDE = 2048  # pixels: a session keeps 12 MB of it at most


def button(image: np.ndarray, run: Run, key: str, path: str = "") -> None:
    """A button that opens the photo on the Predict page.

    Args:
        image: `uint8`, shape `(height, width, 3)`.
        run: Whose answer was shown.
        key: Of the widget.
        path: The photo's path in the chosen dataset; "" if it is not of it.
    """
    if not st.button("Explain more", key=f"{key}-more", icon=":material/image_search:", type="primary"):
        return
    served = resources.active_run()
    query = {"photo": path} if path else {}
    if served is None or run.run_id != served.run_id:
        query["by"] = run.run_id
    st.session_state.pop(BROUGHT, None)
    if not path:
        st.session_state[BROUGHT] = shrunk(image, BROUGHT_SIDE)
    st.switch_page(navigation.file_of("predict"), query_params=query)
