"""What all methods share that hide parts of a photo: how to hide, and how to read the answer."""

import numpy as np
from PIL import Image, ImageFilter


def blurred(image: np.ndarray) -> np.ndarray:
    """The photo with its details gone: hides without adding edges that a network would read (Petsiuk 2018).

    Args:
        image: `uint8`, shape `(height, width, 3)`.

    Returns:
        `uint8`, same shape; Gaussian blur over a tenth of the longer side.
    """
    return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(max(image.shape[:2]) / 10)))


def mixed(image: np.ndarray, hidden: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """The photo where `keep` is 1 and the hidden version where it is 0.

    Args:
        image: `uint8`, shape `(height, width, 3)`.
        hidden: `uint8`, same shape.
        keep: Shape `(height, width)`, 0-1 or boolean.
    """
    if keep.dtype == bool:
        return np.where(keep[..., None], image, hidden)
    weight = (keep * 256 + 0.5).astype(np.uint16)[..., None]
    return ((image * weight + hidden * (256 - weight) + 128) >> 8).astype(np.uint8)


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Log-odds, `float64`, kept finite: they still move where a probability is stuck near 0 or 1."""
    clipped = np.clip(np.asarray(probabilities, np.float64), 1e-6, 1 - 1e-6)
    return np.log(clipped / (1 - clipped))
