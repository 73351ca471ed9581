"""What all methods share that hide parts of a photo: how to hide, and how to read the answer."""

from collections.abc import Callable, Iterable
from itertools import islice

import numpy as np
from PIL import Image, ImageFilter
from scipy.special import logit

from core.prediction.predictor import Predictor

Progress = Callable[[int, int], None]
_BATCH = 16  # variants of one photo at a time: 200 would be 30 MB


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
    return ((image * weight + hidden * (256 - weight) + 128) // 256).astype(np.uint8)


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Log-odds, `float64`, kept finite: they still move where a probability is stuck near 0 or 1."""
    return logit(np.clip(probabilities, 1e-6, 1 - 1e-6))


def class_probabilities(
    variants: Iterable[np.ndarray],
    number: int,
    class_index: int,
    predictor: Predictor,
    progress: Progress | None = None,
) -> np.ndarray:
    """The probability of one class in many variants of a photo, made and predicted in batches.

    Args:
        variants: Each `uint8`, shape `(height, width, 3)`.
        number: Of them.
        class_index: Position in the run's `class_names`.
        predictor: The run's predictor.
        progress: Called with (variants predicted, variants in all).

    Returns:
        `float64`, shape `(number,)`.
    """
    found: list[float] = []
    remaining = iter(variants)
    while batch := list(islice(remaining, _BATCH)):
        found += predictor.probabilities(batch)[:, class_index].tolist()
        if progress is not None:
            progress(len(found), number)
    return np.array(found)
