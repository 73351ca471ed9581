"""What a network sees of a photo: the whole, squashed, or the square in its middle, its proportions kept."""

from typing import Literal, get_args

import numpy as np

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
    return (_middle(height, side), _middle(width, side)) if framing == "centre" else (slice(height), slice(width))


def framed(image: np.ndarray, framing: Framing) -> np.ndarray:
    """That part of a picture, `uint8`, shape `(rows, columns, 3)`; a view, nothing is copied."""
    return image[frame(image.shape[:2], framing)]


def _middle(length: int, side: int) -> slice:
    start = (length - side) // 2
    return slice(start, start + side)
