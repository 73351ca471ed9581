"""The answer about one photo: sentence, probabilities, the pixels that spoke for it, similar photos."""

import numpy as np
import streamlit as st

from core.dataset.index import Dataset
from core.errors import MethodUnavailableError
from core.explanation.overlay import overlay
from core.prediction.predictor import Prediction
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.charts.prediction import probability_bars
from streamlit_app.colors import class_colors
from streamlit_app.components.photo_grid import GridPhoto, photo_grid
from streamlit_app.words import answer, answer_detail, plain

NUM_SIMILAR = 4


@st.fragment
def show(
    image: np.ndarray,
    run: Run,
    key: str,
    data: Dataset | None = None,
    given: str = "",
    own_path: str = "",
    heading: str = "##",
) -> None:
    """Shows what a run says of a photo, and why.

    Args:
        image: `uint8`, shape `(height, width, 3)`, RGB.
        run: The run that answers.
        key: Of the widgets.
        data: The data set to show similar photos of, if it is the one the run learned from.
        given: The photo's label, if it has one.
        own_path: The photo's path in `data`, so that it is not its own neighbour.
        heading: Markdown level of the sentence; a dialog shows headings smaller.
    """
    predictor = resources.predictor(run)
    prediction = predictor.predict([image])[0]
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
        opacity = st.slider(
            "Heat map",
            0,
            100,
            45,
            5,
            format="%d %%",
            key=f"{key}-opacity",
            help="How strongly the heat map covers the photo. 0 % shows the photo alone.",
        )
    with left:
        _picture(image, run, class_name, opacity / 100)
    if data is not None and data.name == run.dataset.get("name"):
        _similar(prediction, run, data, key, own_path)


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


def _picture(image: np.ndarray, run: Run, class_name: str, opacity: float) -> None:
    shown, note = image, ""
    if opacity > 0:
        try:
            explanation = resources.explanation(image, run, class_name)
            shown = overlay(image, explanation.heatmap, opacity)
            note = f"Yellow: what spoke most for {plain(class_name)} ({METHODS.get(explanation.method, '')})."
        except MethodUnavailableError as error:
            note = plain(error)
    st.image(shown, width="stretch", output_format="JPEG", alt="The photo with its heat map")
    st.caption(note or "The photo as it is.")


def _similar(prediction: Prediction, run: Run, data: Dataset, key: str, own_path: str) -> None:
    found = resources.similar(data, run, prediction.embedding, NUM_SIMILAR + 1)
    found = found[found["path"] != own_path].head(NUM_SIMILAR)
    if found.empty:
        return
    st.markdown("**Training photos most like this one**")
    colors = class_colors(data.class_names)
    hashes = dict(zip(data.table["path"], data.table["sha256"], strict=True))
    photo_grid(
        [
            GridPhoto(
                id=row["path"],
                content=resources.small_photo(data, row["path"], hashes.get(row["path"], "")),
                title=row["label"],
                note=f"likeness {row['similarity']:.2f}",
                color=colors.get(row["label"], ""),
                alt=f"{row['path']}, labelled {row['label']}",
            )
            for row in found.to_dict("records")
        ],
        key=f"{key}-similar",
        columns=4,
    )


METHODS = {
    "class_map": "class map, exact for this network",
    "grad_cam": "Grad-CAM",
    "occlusion": "measured by hiding parts of the photo",
}
