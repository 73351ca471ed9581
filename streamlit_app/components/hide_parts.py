"""A photo on which boxes are drawn, by pointer, finger or keys; what they hide is blurred at once."""

import base64
from collections.abc import Callable, Sequence

import streamlit as st

from streamlit_app.components import asset

MAX_BOXES = 6
Shares = tuple[float, float, float, float]


def hide_parts(
    source: bytes,
    size: tuple[int, int],
    proposed: Sequence[Shares],
    version: int,
    key: str,
    on_changed: Callable[[], None] = lambda: None,
) -> list[Shares]:
    """Shows the photo; returns the boxes on it.

    Args:
        source: The photo as WebP.
        size: `(width, height)`.
        proposed: Boxes to begin with: each left, top, right, bottom as shares of the photo, 0-1.
        version: Another one replaces what is drawn by `proposed`.
        key: Of the widget.
        on_changed: Called when somebody changed a box.
    """
    url = "data:image/webp;base64," + base64.b64encode(source).decode("ascii")
    data = {"source": url, "ratio": size[0] / size[1], "boxes": list(proposed), "version": version, "most": MAX_BOXES}
    drawn = _component()(data=data, key=key, on_drawn_change=on_changed).drawn
    if not drawn or drawn.get("version") != version:
        return [tuple(box) for box in proposed]
    return [tuple(box) for box in drawn["boxes"]]


@st.cache_resource(show_spinner=False)
def _component():
    return st.components.v2.component(
        "tuskscope_hide_parts", html=asset("hide_parts.html"), css=asset("hide_parts.css"), js=asset("hide_parts.js")
    )
