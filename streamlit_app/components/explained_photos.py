"""Photos under heat maps whose strength is set in the browser: a moved slider asks the server nothing."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from core.explanation.faithfulness import Faithfulness
from core.explanation.overlay import Legend, encode_png, layer
from streamlit_app.components import asset

VERDICTS = {
    "clearly": "Beats chance clearly",
    "barely": "Barely beats chance",
    "not": "Does not beat chance",
}


@dataclass(frozen=True)
class ExplainedPhoto:
    """One photo with its heat map.

    Attributes:
        id: What a click on its button gives back.
        source: The photo as WebP.
        size: `(width, height)` of the photo.
        heatmap: `float32`, shape `(height, width)`; `None` shows the photo alone.
        signed: How to read `heatmap`.
        title: First line below; "" for none.
        note: Second line.
        color: `#rrggbb` of the class; "" for none.
        alt: What a screen reader says.
        trust: Shown as verdict and ruler; `None` for none.
        waiting: Said where the verdict will be.
        button: On a button over the photo, where there is no map yet; "" for none.
    """

    id: str
    source: bytes
    size: tuple[int, int]
    heatmap: np.ndarray | None = field(repr=False)
    signed: bool = False
    title: str = ""
    note: str = ""
    color: str = ""
    alt: str = ""
    trust: Faithfulness | None = None
    waiting: str = ""
    button: str = ""


def explained_photos(
    photos: Sequence[ExplainedPhoto], legend: Legend | None, key: str, columns: int = 3, tallest: str = "70vh"
) -> str | None:
    """Shows the photos in a grid below one slider (if there are maps); returns the id whose button was just clicked.

    Args:
        photos: At most a dozen.
        legend: Of the colours; `None` leaves out the slider too.
        key: Of the widget.
        columns: On a wide page; narrow ones take fewer.
        tallest: CSS length that no picture exceeds.
    """
    scale = legend and {"colors": list(legend.colors), "words": [legend.low, legend.middle, legend.high]}
    result = _component()(
        data={"photos": [_as_data(photo) for photo in photos], "legend": scale, "columns": columns, "tallest": tallest},
        key=key,
        on_asked_change=lambda: None,
    )
    return result.asked


def _as_data(photo: ExplainedPhoto) -> dict:
    width, height = photo.size
    colors = None if photo.heatmap is None else encode_png(layer(photo.heatmap, photo.signed))
    data = {
        "id": photo.id,
        "source": _url(photo.source, "webp"),
        "layer": _url(colors, "png"),
        "width": width,
        "height": height,
        "title": photo.title,
        "note": photo.note,
        "color": photo.color,
        "alt": photo.alt or photo.title,
        "waiting": photo.waiting,
        "button": photo.button,
        "trust": None,
    }
    if photo.trust is not None:
        found = photo.trust
        data["trust"] = {
            "verdict": found.verdict,
            "words": VERDICTS[found.verdict],
            "sentence": found.sentence,
            "gain": found.gain,
            "chance": found.random_gain,
            "deviation": found.random_deviation,
            "middle": found.centre_gain,
        }
    return data


def _url(content: bytes | None, kind: str) -> str:
    return f"data:image/{kind};base64," + base64.b64encode(content).decode("ascii") if content else ""


@st.cache_resource(show_spinner=False)
def _component():
    return st.components.v2.component(
        "tuskscope_explained_photos",
        html=asset("explained_photos.html"),
        css=asset("explained_photos.css"),
        js=asset("explained_photos.js"),
    )
