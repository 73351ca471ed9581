"""A grid of photos that can be clicked or reached by keyboard."""

import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from streamlit_app.components import asset


@dataclass(frozen=True)
class GridPhoto:
    """One photo of a grid.

    Attributes:
        id: What a click gives back.
        content: WebP bytes, or `None` if there is no picture to show.
        title: First line, such as the label.
        note: Second line.
        color: `#rrggbb` of the class; "" for none.
        warn: The note asks for a person.
        alt: What a screen reader says.
    """

    id: str
    content: bytes | None
    title: str
    note: str = ""
    color: str = ""
    warn: bool = False
    alt: str = ""


def photo_grid(photos: Sequence[GridPhoto], key: str, columns: int = 6) -> str | None:
    """Shows the photos; returns the id of the one just clicked.

    Args:
        photos: In the order to show; at most some dozens.
        key: Of the widget.
        columns: On a wide page; narrow ones take fewer.
    """
    result = _component()(
        data={"columns": columns, "photos": [as_data(photo) for photo in photos]},
        key=key,
        on_clicked_change=lambda: None,
    )
    return result.clicked


def as_data(photo: GridPhoto) -> dict:
    """A photo as the script wants it."""
    source = photo.content and "data:image/webp;base64," + base64.b64encode(photo.content).decode("ascii")
    return {**asdict(photo), "content": None, "source": source or "", "alt": photo.alt or photo.title}


@st.cache_resource(show_spinner=False)
def _component():
    return st.components.v2.component(
        "tuskscope_photo_grid",
        html='<div class="grid"></div>',
        css=asset("photo_grid.css"),
        js=asset("photo_grid.js"),
    )
