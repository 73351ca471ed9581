"""What if a part of the photo were not there: hide it and see the answer change."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from scipy.ndimage import label as regions

from core.errors import MethodUnavailableError
from core.explanation.what_if import Box, what_if
from core.prediction.predictor import Prediction
from core.prediction.words import answer, percent
from streamlit_app import resources
from streamlit_app.charts.prediction import probability_bars
from streamlit_app.colors import class_colors
from streamlit_app.components.hide_parts import Shares, hide_parts
from streamlit_app.parts.shared.layout import chart
from streamlit_app.resources import AnsweredPhoto
from streamlit_app.words import plain

LEAST = 0.004  # shares: a thinner box has no pixel in a small photo


def show(photo: AnsweredPhoto) -> None:
    """Shows the photo to draw on, and beside it the answer without what is hidden."""
    height, width = photo.image.shape[:2]
    state = st.session_state.setdefault(f"{photo.key}-hidden", {"boxes": [], "version": 0})
    left, right = st.columns([3, 2], gap="medium")
    with right:
        place = st.container()
        label = f"Hide the strongest evidence for {plain(photo.prediction.label)}"
        if st.button(label, key=f"{photo.key}-suggest", icon=":material/target:"):
            state.update(boxes=_strongest(photo), version=state["version"] + 1)
    with left:
        drawn = hide_parts(photo.webp, (width, height), state["boxes"], state["version"], f"{photo.key}-hide")
    boxes, predictor = in_pixels(drawn, (height, width)), resources.predictor(photo.run)
    before = predictor.predict([photo.image])[0]
    after = what_if(photo.image, boxes, predictor) if boxes else before
    with place:
        if boxes:
            turned = ":orange[:material/swap_horiz:] " if after.label != before.label else ""
            st.markdown(f"### {turned}{plain(answer(after))}")
            st.caption(plain(change(before, after)))
        else:
            st.markdown(f"### {plain(answer(before))}")
            st.caption("Drag a box over the photo to blur that part away. The answer without it appears here.")
        bars = probability_bars(after.probabilities, class_colors(photo.run.class_names), before.probabilities)
        chart(bars, f"{photo.key}-moved", alt=change(before, after))


def in_pixels(boxes: Sequence[Shares], size: tuple[int, int]) -> list[Box]:
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
        return f"{before.label} stays at {percent(second)}: the answer does not depend on this part."
    verb = "rises" if points > 0 else "falls"
    return f"{before.label} {verb} by {abs(points)} points, from {percent(first)} to {percent(second)}."


def _strongest(photo: AnsweredPhoto) -> list[Shares]:
    """A box around the strongest region of the run's own map; none where nothing spoke for the answer."""
    try:
        found = photo.explanation(photo.prediction.label).heatmap
    except MethodUnavailableError:
        return []
    if not found.any():
        return []
    marked, _ = regions(found >= 0.55)
    rows, columns = np.nonzero(marked == marked[np.unravel_index(found.argmax(), found.shape)])
    corners = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    left, top, right, bottom = (corners / np.tile(found.shape[::-1], 2)).round(4).tolist()
    return [(left, top, right, bottom)]
