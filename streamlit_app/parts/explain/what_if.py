"""What if a part of the photo were not there: hide it and see the answer move."""

import numpy as np
import streamlit as st
from scipy.ndimage import label as regions

from core.errors import MethodUnavailableError
from core.explanation.what_if import what_if
from core.prediction.predictor import Prediction
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.charts.explanation import moved_bars
from streamlit_app.colors import class_colors
from streamlit_app.components.hide_parts import Shares, hide_parts
from streamlit_app.parts.shared import heat
from streamlit_app.pictures import as_webp
from streamlit_app.words import answer, percent, plain

LEAST = 0.004  # shares: a thinner box has no pixel in a small photo


def show(image: np.ndarray, prediction: Prediction, run: Run, key: str) -> None:
    """Shows the photo to draw on, and beside it the answer without what is hidden.

    Args:
        image: `uint8`, shape `(height, width, 3)`, as large as it is shown.
        prediction: Of it.
        run: Whose answer.
        key: Of the widgets.
    """
    state = st.session_state.setdefault(f"{key}-hidden", {"boxes": [], "version": 0})
    left, right = st.columns([3, 2], gap="medium")
    with right:
        place = st.container()
        label = f"Hide what spoke most for {plain(prediction.label)}"
        if st.button(label, key=f"{key}-suggest", icon=":material/target:"):
            state.update(boxes=_strongest(image, prediction, run), version=state["version"] + 1)
    with left:
        boxes = hide_parts(
            as_webp(image, heat.SHOWN_SIDE), image.shape[1::-1], state["boxes"], state["version"], key=f"{key}-hide"
        )
    pixels = in_pixels(boxes, image.shape[:2])
    before = resources.predictor(run).predict([image])[0]
    after = what_if(image, pixels, resources.predictor(run)) if pixels else before
    with place:
        _answer(before, after, bool(pixels))
        st.plotly_chart(
            moved_bars(before.probabilities, after.probabilities, class_colors(run.class_names)),
            key=f"{key}-moved",
            config={"displayModeBar": False},
            alt=change(before, after),
        )


def in_pixels(boxes: list[Shares], size: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    """Boxes in shares as pixels of a photo of `(height, width)`: at least one pixel each; thinner ones are left out."""
    height, width = size
    found = []
    for left, top, right, bottom in boxes:
        if right - left < LEAST or bottom - top < LEAST:
            continue
        first, upper = min(int(left * width), width - 1), min(int(top * height), height - 1)
        found.append((first, upper, max(first + 1, round(right * width)), max(upper + 1, round(bottom * height))))
    return found


def change(before: Prediction, after: Prediction) -> str:
    """What became of the class that was answered (not escaped)."""
    first, second = before.probabilities[before.label], after.probabilities[before.label]
    points = round(100 * (second - first))
    if abs(points) < 1:
        return f"{before.label} stays at {percent(second)}: the answer does not hang on this part."
    verb = "rises" if points > 0 else "falls"
    return f"{before.label} {verb} by {abs(points)} points, from {percent(first)} to {percent(second)}."


def _answer(before: Prediction, after: Prediction, is_hidden: bool) -> None:
    if not is_hidden:
        st.markdown(f"### {plain(answer(before))}")
        st.caption("Drag a box over the photo: the answer is asked again without that part, which is blurred away.")
        return
    turned = ":orange[:material/swap_horiz:] " if after.label != before.label else ""
    st.markdown(f"### {turned}{plain(answer(after))}")
    st.caption(plain(change(before, after)))


def _strongest(image: np.ndarray, prediction: Prediction, run: Run) -> list[Shares]:
    """A box around the strongest region of the run's own map."""
    try:
        found = resources.explanation(image, run, prediction.label, prediction=prediction).heatmap
    except MethodUnavailableError:
        return []
    if not found.any():
        return []
    marked, _ = regions(found >= 0.55)
    rows, columns = np.nonzero(marked == marked[np.unravel_index(found.argmax(), found.shape)])
    height, width = found.shape
    box = columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height
    return [tuple(round(float(share), 4) for share in box)]
