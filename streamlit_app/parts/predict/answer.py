"""The answer about one photo: sentence, probabilities, the pixels that spoke for it, similar photos."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from core.dataset.index import Dataset
from core.errors import MethodUnavailableError
from core.explanation.heatmap import Explanation
from core.explanation.methods import ALL
from core.prediction.predictor import Prediction
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.charts.prediction import probability_bars
from streamlit_app.colors import class_colors
from streamlit_app.components.explained_photos import explained_photos
from streamlit_app.parts.explain import more as explain_more
from streamlit_app.parts.explain import similar as similar_photos
from streamlit_app.parts.predict import share
from streamlit_app.parts.shared import heat
from streamlit_app.pictures import shrunk
from streamlit_app.words import answer, answer_detail, plain


@st.fragment
def show(*arguments, **more) -> None:
    """As `draw`; what is clicked in it redraws nothing else of the page."""
    draw(*arguments, **more)


def draw(
    image: np.ndarray,
    run: Run,
    key: str,
    data: Dataset | None = None,
    given: str = "",
    own_path: str = "",
    heading: str = "##",
    open_photo: Callable[[str], None] | None = None,
    leads_on: bool = True,
) -> None:
    """Shows what a run says of a photo, and why.

    Args:
        image: `uint8`, shape `(height, width, 3)`, RGB.
        run: The run that answers.
        key: Of the widgets.
        data: The data set to show similar photos of, if it is the one the run learned from.
        given: The photo's label, if it has one.
        own_path: The photo's path in `data`, if it is one of it: then it is not its own neighbour.
        heading: Markdown level of the sentence; a dialog shows headings smaller.
        open_photo: Called with the path of a similar photo that was clicked.
        leads_on: Offer the way to more explanations.
    """
    prediction = resources.predictor(run).predict([image])[0]
    small = shrunk(image, heat.SHOWN_SIDE)
    left, right = st.columns([3, 2], gap="medium")
    with right:
        sentence(prediction, given, heading)
        st.plotly_chart(
            probability_bars(prediction.probabilities, class_colors(run.class_names)),
            key=f"{key}-bars",
            config={"displayModeBar": False},
            alt=answer(prediction),
        )
        class_name = _class_toggle(prediction, key)
        place = st.container()
    with left:
        found = _picture(small, prediction, run, class_name, key)
    with place, st.container(horizontal=True):
        if leads_on:
            explain_more.button(image, run, key, own_path)
        if found is not None:
            share.button(small, found, answer(prediction), run, key)
    if data is not None and data.name == run.dataset.name:
        clicked = similar_photos.show(prediction, run, data, class_name, f"{key}-similar", own_path)
        if clicked and open_photo:
            open_photo(clicked)


def sentence(prediction: Prediction, given: str = "", heading: str = "##") -> None:
    """The answer in words, and whether a person should look."""
    contradicted = given in prediction.probabilities and given != prediction.label
    needs_person = prediction.uncertain or contradicted
    icon = ":orange[:material/front_hand:] " if needs_person else ""
    st.markdown(f"{heading} {icon}{plain(answer(prediction))}")
    detail = plain(answer_detail(prediction))
    if contradicted:
        detail = f"The folder says **{plain(given)}**. " + detail
    st.caption(detail)


def _class_toggle(prediction: Prediction, key: str) -> str:
    ranked = sorted(prediction.probabilities, key=prediction.probabilities.get, reverse=True)
    chosen = st.pills(
        "What speaks for",
        ranked,
        default=prediction.label,
        format_func=plain,
        required=True,
        key=f"{key}-class",
    )
    return chosen or prediction.label


def _picture(image: np.ndarray, prediction: Prediction, run: Run, class_name: str, key: str) -> Explanation | None:
    place = st.empty()
    report = heat.progress(place, "Looking for the evidence")
    try:
        found = resources.explanation(image, run, class_name, prediction=prediction, progress=report)
    except MethodUnavailableError as error:
        found = None
        st.caption(plain(error))
    place.empty()
    note = f"Where the evidence for {class_name} lies ({ALL[found.method].title})." if found else ""
    alt = f"The photo, and what speaks for {class_name}"
    explained_photos(
        [heat.card(image, found, note=note, alt=alt)],
        heat.colors_of(class_name=class_name) if found else None,
        key=f"{key}-picture",
        columns=1,
        tallest="62vh",
    )
    return found
