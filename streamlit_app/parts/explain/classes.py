"""Why each class: the photo beside what speaks for every class, and whether to believe it."""

import numpy as np
import streamlit as st

from core.explanation.heatmap import available_methods
from core.explanation.methods import ALL
from core.prediction.predictor import Prediction
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.colors import class_colors
from streamlit_app.components.explained_photos import explained_photos
from streamlit_app.parts.shared import heat
from streamlit_app.pictures import as_webp
from streamlit_app.words import percent, plain

NUM_CLASSES = 5  # shown at most: the most probable ones


def show(image: np.ndarray, prediction: Prediction, run: Run, key: str) -> None:
    """Shows them side by side.

    Args:
        image: `uint8`, shape `(height, width, 3)`, as large as it is shown.
        prediction: Of it.
        run: Whose answer.
        key: Of the widgets.
    """
    methods = available_methods(prediction)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = st.selectbox("Method", methods, format_func=lambda name: ALL[name].title, key="why-method", width=220)
        signed = st.toggle("Also what speaks against", key="why-signed", help="Orange: for the class. Violet: against.")
    st.caption(plain(f"{ALL[method].meaning} {ALL[method].cost}"))
    ranked = sorted(prediction.probabilities, key=prediction.probabilities.get, reverse=True)[:NUM_CLASSES]
    place = st.empty()
    found = {
        name: resources.explanation(
            image, run, name, method, signed, prediction, heat.progress(place, f"{ALL[method].title} for {name}")
        )
        for name in ranked
    }
    place.empty()
    colors, source = class_colors(run.class_names), as_webp(image, heat.SHOWN_SIDE)
    trusts = {name: resources.known_trust(image, run, one) for name, one in found.items()}
    cards = [heat.card(image, None, "original", source=source, title="The photo", alt="The photo")]
    cards += [
        heat.card(
            image,
            one,
            name,
            source=source,
            title=f"Why {name}",
            note=_note(prediction.probabilities[name], one),
            color=colors.get(name, ""),
            alt=f"The photo, and what speaks for {name}",
            trust=trusts[name],
            waiting="Measuring whether to believe it…",
        )
        for name, one in found.items()
    ]
    explained_photos(cards, heat.colors_of(signed, "the class"), key=f"{key}-classes", columns=min(3, len(cards)))
    if len(run.class_names) > NUM_CLASSES:
        st.caption(f"The {NUM_CLASSES} most probable of {len(run.class_names)} classes.")
    place = st.empty()
    for name, trust in trusts.items():
        if trust is None:
            resources.trust(image, run, found[name], heat.progress(place, f"Testing the map for {name}"))
            heat.again()
    heat.numbers_explained(run)


def _note(probability: float, found) -> str:
    return percent(probability, 1) + ("" if found.heatmap.any() else ": no region spoke for it")
