"""The answer as one picture to give to others."""

import numpy as np
import streamlit as st

from core.explanation.heatmap import Explanation
from core.explanation.overlay import encode_png
from core.explanation.share_card import share_card
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.colors import class_colors
from streamlit_app.parts.shared.run_picker import accuracy_text


def button(image: np.ndarray, found: Explanation, sentence: str, run: Run, key: str) -> None:
    """Offers the card; it is drawn when somebody wants it.

    Args:
        image: `uint8`, shape `(height, width, 3)`, that was explained.
        found: Its map.
        sentence: The answer.
        run: Whose.
        key: Of the widget.
    """
    trust = resources.known_trust(image, run, found)
    notes = [trust.sentence] if trust else []
    notes.append(f"Tuskscope, run {run.run_id}: right on {accuracy_text(run)}.")

    def draw() -> bytes:
        return encode_png(share_card(image, found, sentence, class_colors(run.class_names), 0.6, notes))

    st.download_button(
        "Save as picture",
        draw,
        "answer.png",
        "image/png",
        key=f"{key}-card",
        icon=":material/image:",
        on_click="ignore",
        help="A card with the photo, the heat map and the answer, to show to others.",
    )
