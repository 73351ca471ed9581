"""The answer about one photo: sentence, probabilities, the pixels that spoke for it, similar photos."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from core.dataset.index import Dataset
from core.errors import MethodUnavailableError
from core.explanation.heatmap import Explanation
from core.explanation.methods import ALL
from core.explanation.overlay import encode_png, legend
from core.explanation.share_card import share_card
from core.prediction.predictor import Prediction
from core.prediction.words import answer, answer_detail
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.charts.prediction import probability_bars
from streamlit_app.colors import class_colors
from streamlit_app.components.explained_photos import explained_photos
from streamlit_app.parts.explain import more, similar
from streamlit_app.parts.shared import heat
from streamlit_app.parts.shared.layout import chart
from streamlit_app.parts.shared.progress import progress
from streamlit_app.parts.shared.run_picker import accuracy_of
from streamlit_app.pictures import shrunk
from streamlit_app.resources import AnsweredPhoto
from streamlit_app.words import plain


@st.fragment
def show(*arguments: Any, **more_arguments: Any) -> None:
    """As `draw`; what is clicked in it redraws nothing else of the page."""
    draw(*arguments, **more_arguments)


def draw(
    image: np.ndarray,
    run: Run,
    key: str,
    data: Dataset,
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
        data: The dataset to show similar photos of, if it is the one the run learned from.
        given: The photo's label, if it has one.
        own_path: The photo's path in `data`, if it is one of it: then it is not its own neighbour.
        heading: Markdown level of the sentence; a dialog shows headings smaller.
        open_photo: Called with the path of a similar photo that was clicked.
        leads_on: Offer the way to more explanations.
    """
    prediction = resources.predictor(run).predict([image])[0]
    photo = AnsweredPhoto(shrunk(image, heat.SHOWN_SIDE), prediction, run, key)
    left, right = st.columns([3, 2], gap="medium")
    with right:
        sentence(prediction, given, heading)
        answered_by(run, data, own_path)
        bars = probability_bars(prediction.probabilities, class_colors(run.class_names))
        chart(bars, f"{key}-bars", alt=answer(prediction))
        class_name = st.pills(
            "Evidence for",
            photo.ranked,
            default=prediction.label,
            format_func=plain,
            required=True,
            key=f"{key}-class",
        )
        place = st.container()
    with left:
        found = _picture(photo, class_name)
    with place, st.container(horizontal=True):
        if leads_on:
            more.button(image, run, key, own_path)
        if found is not None:
            _share_button(photo, found)
    if resources.is_of(run, data):
        clicked = similar.show(photo, data, class_name, own_path)
        if clicked and open_photo:
            open_photo(clicked)


def sentence(prediction: Prediction, given: str = "", heading: str = "##") -> None:
    """The answer in words, and whether a person should look."""
    contradicted = given in prediction.probabilities and given != prediction.label
    icon = ":orange[:material/front_hand:] " if prediction.uncertain or contradicted else ""
    st.markdown(f"{heading} {icon}{plain(answer(prediction))}")
    detail = plain(answer_detail(prediction))
    st.caption(f"Its folder says **{plain(given)}**. {detail}" if contradicted else detail)


def answered_by(run: Run, data: Dataset, own_path: str) -> None:
    """Which run it was and what it learned from; a photo of another dataset than that is out of its experience."""
    line = f"Answered by {plain(run.run_id)}, trained on the dataset *{plain(run.dataset.name)}*."
    if own_path and not resources.is_of(run, data):
        line += (
            f" :orange[:material/front_hand:] It has learned from no photo of *{plain(data.name)}*: do not rely on it."
        )
    st.caption(line)


def _picture(photo: AnsweredPhoto, class_name: str) -> Explanation | None:
    """The photo with its heat map; without one it says why."""
    found, note = None, ""
    try:
        found = photo.explanation(class_name, progress=progress(st.empty(), "Looking for the evidence"))
        note = f"Evidence for {class_name} ({ALL[found.method].title})"
    except MethodUnavailableError as error:
        st.caption(plain(error))
    explained_photos(
        [heat.card(photo, found, note=note, alt=f"The photo, and the evidence for {class_name}", verdict=False)],
        legend(class_name=class_name) if found else None,
        key=f"{photo.key}-picture",
        columns=1,
        tallest="62vh",
    )
    return found


def _share_button(photo: AnsweredPhoto, found: Explanation) -> None:
    """Offers the answer as one picture to give to others; it is drawn when somebody wants it."""
    run, faithfulness = photo.run, photo.known_faithfulness(found)
    notes = [faithfulness.sentence] if faithfulness else []
    notes.append(f"Tuskscope, run {run.run_id}: {accuracy_of(run)}.")

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
