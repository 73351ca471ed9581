"""Why each class: the photo beside the evidence for every class, and whether to believe it."""

import streamlit as st

from core.explanation.heatmap import available_methods
from core.explanation.methods import ALL
from core.explanation.overlay import legend
from core.prediction.words import percent
from streamlit_app.colors import class_colors
from streamlit_app.components.explained_photos import explained_photos
from streamlit_app.parts.shared import heat
from streamlit_app.parts.shared.progress import draw_again, progress
from streamlit_app.resources import AnsweredPhoto
from streamlit_app.words import plain

NUM_CLASSES = 5  # shown at most: the most probable ones


def show(photo: AnsweredPhoto) -> None:
    """Shows them side by side."""
    probabilities, class_names = photo.prediction.probabilities, photo.run.class_names
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = st.selectbox(
            "Method",
            available_methods(photo.prediction),
            format_func=lambda name: ALL[name].title,
            key="why-method",
            width=220,
        )
        signed = st.toggle("Also evidence against", key="why-signed", help="Orange: for the class. Violet: against.")
    st.caption(plain(f"{ALL[method].meaning} {ALL[method].cost}"))
    place = st.empty()
    found = {
        name: photo.explanation(name, method, signed, progress(place, f"{ALL[method].title} for {name}"))
        for name in photo.ranked[:NUM_CLASSES]
    }
    cards = [heat.card(photo, None, "original", title="The photo", alt="The photo")]
    cards += [
        heat.card(
            photo,
            one,
            name,
            title=f"Evidence for {name}",
            note=percent(probabilities[name], 1) + ("" if one.heatmap.any() else ": no evidence in the photo"),
            color=class_colors(class_names).get(name, ""),
            alt=f"The photo, and the evidence for {name}",
            waiting="Testing this map…",
        )
        for name, one in found.items()
    ]
    explained_photos(cards, legend(signed), key=f"{photo.key}-classes", columns=min(3, len(cards)))
    if len(class_names) > NUM_CLASSES:
        st.caption(f"The {NUM_CLASSES} most probable of {len(class_names)} classes.")
    place = st.empty()
    for name, one in found.items():
        if photo.known_faithfulness(one) is None:
            photo.faithfulness(one, progress(place, f"Testing the map for {name}"))
            draw_again()
    heat.verdicts_explained(photo.run)
