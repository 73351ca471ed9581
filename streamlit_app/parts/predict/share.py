"""The answer as one picture to give to others."""

import streamlit as st

from core.explanation.heatmap import Explanation
from core.explanation.overlay import encode_png
from core.explanation.share_card import share_card
from core.prediction.words import answer
from streamlit_app.colors import class_colors
from streamlit_app.parts.shared.run_picker import accuracy_text
from streamlit_app.resources import AnsweredPhoto


def button(photo: AnsweredPhoto, found: Explanation) -> None:
    """Offers the card; it is drawn when somebody wants it.

    Args:
        photo: That was explained.
        found: Its map.
    """
    run, trust = photo.run, photo.known_trust(found)
    notes = [trust.sentence] if trust else []
    notes.append(f"Tuskscope, run {run.run_id}: {accuracy_text(run)}.")

    def draw() -> bytes:
        colors = class_colors(run.class_names)
        return encode_png(share_card(photo.image, found, answer(photo.prediction), colors, 0.6, notes))

    st.download_button(
        "Save as picture",
        draw,
        "answer.png",
        "image/png",
        key=f"{photo.key}-card",
        icon=":material/image:",
        on_click="ignore",
        help="The photo with its heat map and the answer, to show to others.",
    )
