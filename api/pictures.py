"""Small pictures inside the page, as `data:` addresses; only pixels of the uploaded file remain."""

import base64
import io

import numpy as np
from PIL import Image

from core.explanation.overlay import colorize

PAGE_BYTES = 40_000  # of a page with all its pictures
MARKUP_BYTES = 17_500  # of it without them: style sheet, script and words
CARD_BYTES = 1_800  # of the words around each further photo
PHOTO_STEPS = (
    (512, 72),
    (512, 60),
    (512, 48),
    (448, 42),
    (384, 36),
    (320, 30),
    (256, 25),
    (192, 20),
    (144, 20),
    (112, 15),
    (80, 10),
)
HEAT_SIDE = 96  # heat maps are smooth: the browser scales them up
HEAT_OPACITY = 0.72


def photo_bytes(number: int, layer_bytes: int) -> int:
    """How large the file of each of `number` photos on a page may be, beside `layer_bytes` characters of heat maps."""
    left = PAGE_BYTES - MARKUP_BYTES - (number - 1) * CARD_BYTES - layer_bytes
    return max(0, left // number * 3 // 4)  # an address is longer than its file by a third


def photo_address(image: np.ndarray, max_bytes: int = 15_000) -> str:
    """A thumbnail in the best quality that fits `max_bytes`, or the smallest one.

    Args:
        image: `uint8`, shape `(height, width, 3)`, RGB.
        max_bytes: Of the file.
    """
    photo = Image.fromarray(image)
    for side, quality in PHOTO_STEPS:
        small = _fit(photo, side)
        content = _webp(small, quality)
        if len(content) <= max_bytes:
            break
    return _address(content)


def heat_address(heatmap: np.ndarray, side: int = HEAT_SIDE) -> str:
    """A heat map as a layer for the photo: the colours of `overlay`, transparent where nothing spoke.

    Args:
        heatmap: `float32`, shape `(height, width)`, 0-1.
        side: Of the longer side, in pixels.
    """
    small = _fit(Image.fromarray((heatmap * 255).round().astype(np.uint8)), side)
    strength = np.asarray(small, dtype=np.float32) / 255
    alpha = (strength * HEAT_OPACITY * 255).round().astype(np.uint8)
    return _address(_webp(Image.fromarray(np.dstack([colorize(strength), alpha])), 70))


def _fit(picture: Image.Image, side: int) -> Image.Image:
    scale = min(1.0, side / max(picture.size))
    width, height = (max(1, round(length * scale)) for length in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS if picture.mode == "RGB" else Image.Resampling.BOX)


def _webp(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality, method=4)
    return buffer.getvalue()


def _address(content: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(content).decode()
