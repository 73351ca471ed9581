"""Pictures for the browser."""

import io

import numpy as np
from PIL import Image


def as_webp(image: np.ndarray, longest_side: int, quality: int = 82) -> bytes:
    """A picture as WebP, made smaller if it is larger than wanted.

    Args:
        image: `uint8`, shape `(height, width, 3)`.
        longest_side: In pixels, at most.
        quality: 0-100.
    """
    picture = Image.fromarray(image)
    picture.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality, method=1)
    return buffer.getvalue()
