"""Pictures for the browser."""

import hashlib
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


def shrunk(image: np.ndarray, longest_side: int = 960) -> np.ndarray:
    """A picture no larger than a page shows it: what is drawn over it costs as much as it is large.

    Args:
        image: `uint8`, shape `(height, width, 3)`.
        longest_side: In pixels; a smaller picture comes back as it is.
    """
    height, width = image.shape[:2]
    scale = longest_side / max(height, width)
    if scale >= 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0))


def fingerprint(image: np.ndarray) -> str:
    """Tells a picture from others: for keys of widgets."""
    return hashlib.sha256(repr(image.shape).encode() + image.tobytes()).hexdigest()[:12]
