"""Photos under heat maps whose strength is set in the browser: a moved slider asks the server nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.explanation.faithfulness import Faithfulness
from core.explanation.overlay import Legend, encode_png, layer
from streamlit_app.components import component, data_url

VERDICTS = {
    "clearly": "Clearly better than chance",
    "barely": "Barely better than chance",
    "not": "No better than chance",
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
        faithfulness: Shown as verdict and ruler; `None` for none.
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
    faithfulness: Faithfulness | None = None
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
    data = {"photos": [_as_data(photo) for photo in photos], "legend": scale, "columns": columns, "tallest": tallest}
    return component("explained_photos")(data=data, key=key, on_asked_change=lambda: None).asked


def _as_data(photo: ExplainedPhoto) -> dict[str, Any]:
    colors = None if photo.heatmap is None else encode_png(layer(photo.heatmap, photo.signed))
    found = photo.faithfulness
    return {
        **vars(photo),
        "heatmap": None,
        "source": data_url(photo.source),
        "layer": data_url(colors, "png"),
        "alt": photo.alt or photo.title,
        "faithfulness": found
        and {
            "verdict": found.verdict,
            "words": VERDICTS[found.verdict],
            "sentence": found.sentence,
            "gain": found.gain,
            "chance": found.random_gain,
            "deviation": found.random_deviation,
            "middle": found.centre_gain,
        },
    }
