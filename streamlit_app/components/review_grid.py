"""Photos to select, and buttons that decide about all that are selected."""

from collections.abc import Callable, Sequence

import streamlit as st

from streamlit_app.components import asset
from streamlit_app.components.photo_grid import GridPhoto, as_data


def review_grid(
    photos: Sequence[GridPhoto], colors: dict[str, str], key: str, on_decided: Callable[[], None], columns: int = 6
) -> str | None:
    """Shows the photos; returns the path of the one just opened.

    Args:
        photos: In the order to show; at most some dozens.
        colors: Of the classes; each is a button, beside Keep and Exclude.
        key: Of the widget. Its value's `decided` is `paths`, `action` and `label`.
        on_decided: Called when somebody decided.
        columns: On a wide page; narrow ones take fewer.
    """
    actions = [{"action": "relabel", "label": name, "text": name, "color": color} for name, color in colors.items()]
    actions += [{"action": name, "label": "", "text": name.capitalize(), "color": ""} for name in ("keep", "exclude")]
    result = _component()(
        data={"columns": columns, "photos": [as_data(photo) for photo in photos], "actions": actions},
        key=key,
        on_decided_change=on_decided,
        on_opened_change=lambda: None,
    )
    return result.opened


@st.cache_resource(show_spinner=False)
def _component():
    return st.components.v2.component(
        "tuskscope_review_grid",
        html=asset("review_grid.html"),
        css=asset("photo_grid.css") + asset("review_grid.css"),
        js=asset("review_grid.js"),
    )
