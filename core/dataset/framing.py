"""What a network sees of a photo: the whole, squashed, or the square in its middle, its proportions kept."""

from typing import Literal, get_args

import numpy as np
from PIL import Image

Framing = Literal["squash", "centre"]
FRAMINGS: tuple[Framing, ...] = get_args(Framing)


def frame(size: tuple[int, int], framing: Framing) -> tuple[slice, slice]:
    """Rows and columns of the part that the network sees; it is then resized to the network's input.

    Args:
        size: `(height, width)` of the photo.
        framing: `squash` takes all of it, `centre` the largest square in the middle.
    """
    height, width = size
    side = min(size)
    return (_middle(height, side), _middle(width, side)) if framing == "centre" else (slice(0, height), slice(0, width))


def framed(image: np.ndarray, framing: Framing) -> np.ndarray:
    """That part of a picture, `uint8`, shape `(rows, columns, 3)`; a view, nothing is copied."""
    return image[frame(image.shape[:2], framing)]


def cut(picture: Image.Image, framing: Framing) -> Image.Image:
    """The same of a picture that Pillow holds."""
    rows, columns = frame((picture.height, picture.width), framing)
    box = (columns.start, rows.start, columns.stop, rows.stop)
    return picture if framing == "squash" else picture.crop(box)


def squashed(picture: Image.Image, image_size: tuple[int, int]) -> Image.Image:
    """A picture in another size, `(height, width)`; bicubic with antialiasing."""
    height, width = image_size
    return picture.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)


def _middle(length: int, side: int) -> slice:
    start = (length - side) // 2
    return slice(start, start + side)
