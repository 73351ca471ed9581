"""Small pictures inside the page, as `data:` addresses; only pixels of the uploaded file remain."""

import base64
import io

import numpy as np
from PIL import Image

from core.explanation.overlay import colorize

PHOTO_BYTES = 15_000  # base64 makes 20 KB of it; with two heat layers and the markup a page stays below 40 KB
PHOTO_STEPS = ((512, 72), (512, 60), (512, 48), (448, 42), (384, 36), (320, 30), (256, 25), (192, 20))
HEAT_SIDE = 96  # heat maps are smooth: the browser scales them up
HEAT_OPACITY = 0.72


def photo_address(image: np.ndarray) -> str:
    """A thumbnail in the best quality that fits `PHOTO_BYTES`.

    Args:
        image: `uint8`, shape `(height, width, 3)`, RGB.
    """
    photo = Image.fromarray(image)
    for side, quality in PHOTO_STEPS:
        small = _fit(photo, side)
        content = _webp(small, quality)
        if len(content) <= PHOTO_BYTES:
            break
    return _address(content)


def heat_address(heatmap: np.ndarray) -> str:
    """A heat map as a layer for the photo: the colours of `overlay`, transparent where nothing spoke.

    Args:
        heatmap: `float32`, shape `(height, width)`, 0-1.
    """
    small = _fit(Image.fromarray((heatmap * 255).round().astype(np.uint8)), HEAT_SIDE)
    strength = np.asarray(small, dtype=np.float32) / 255
    alpha = (strength * HEAT_OPACITY * 255).round().astype(np.uint8)
    return _address(_webp(Image.fromarray(np.dstack([colorize(strength), alpha])), 70))


def _fit(picture: Image.Image, side: int) -> Image.Image:
    scale = min(1.0, side / max(picture.size))
    size = tuple(max(1, round(length * scale)) for length in picture.size)
    return picture.resize(size, Image.Resampling.LANCZOS if picture.mode == "RGB" else Image.Resampling.BOX)


def _webp(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality, method=4)
    return buffer.getvalue()


def _address(content: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(content).decode()
