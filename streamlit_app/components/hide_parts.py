"""A photo on which boxes are drawn, by pointer, finger or keys; what they hide is blurred at once."""

from collections.abc import Sequence

from streamlit_app.components import component, data_url

MAX_BOXES = 6
Shares = tuple[float, float, float, float]


def hide_parts(
    source: bytes, size: tuple[int, int], proposed: Sequence[Shares], version: int, key: str
) -> Sequence[Shares]:
    """Shows the photo; returns the boxes on it.

    Args:
        source: The photo as WebP.
        size: `(width, height)`.
        proposed: Boxes to begin with: each left, top, right, bottom as shares of the photo, 0-1.
        version: Another one replaces what is drawn by `proposed`.
        key: Of the widget.
    """
    data = {
        "source": data_url(source),
        "ratio": size[0] / size[1],
        "boxes": list(proposed),
        "version": version,
        "most": MAX_BOXES,
    }
    drawn = component("hide_parts")(data=data, key=key, on_drawn_change=lambda: None).drawn
    return proposed if not drawn or drawn["version"] != version else [tuple(box) for box in drawn["boxes"]]
