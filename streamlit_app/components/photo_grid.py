"""A grid of photos that can be clicked or reached by keyboard."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from streamlit_app.components import component


@dataclass(frozen=True)
class GridPhoto:
    """One photo of a grid.

    Attributes:
        id: What a click gives back.
        source: Address of the picture, see `components.data_url`; "" if there is no picture to show.
        title: First line, such as the label.
        note: Second line.
        color: `#rrggbb` of the class; "" for none.
        warn: The note asks for a person.
        alt: What a screen reader says.
    """

    id: str
    source: str
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
    data = {"columns": columns, "photos": [asdict(photo) for photo in photos]}
    return component("photo_grid")(data=data, key=key, on_clicked_change=lambda: None).clicked
