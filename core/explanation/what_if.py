"""What if a part of the photo were not there: hide boxes and ask again."""

import numpy as np

from core.explanation.masking import blurred
from core.prediction.predictor import Prediction, Predictor

Box = tuple[int, int, int, int]


def hide_boxes(image: np.ndarray, boxes: list[Box]) -> np.ndarray:
    """A copy of the photo with boxes blurred away.

    Args:
        image: `uint8`, shape `(height, width, 3)`.
        boxes: Each `(left, top, right, bottom)` in pixels of the photo, right and bottom not included; in any
            order of the corners, parts outside the photo are ignored.

    Returns:
        `uint8`, same shape.

    Raises:
        ValueError: If a box has no pixel inside the photo.
    """
    height, width = image.shape[:2]
    hidden, result = blurred(image), image.copy()
    for box in boxes:
        left, right = sorted(np.clip(box[::2], 0, width).astype(int))
        top, bottom = sorted(np.clip(box[1::2], 0, height).astype(int))
        if left == right or top == bottom:
            raise ValueError(f"Expected a box inside the photo of {width} x {height} pixels, but got {tuple(box)}.")
        result[top:bottom, left:right] = hidden[top:bottom, left:right]
    return result


def what_if(image: np.ndarray, boxes: list[Box], predictor: Predictor) -> Prediction:
    """What the run says when boxes are hidden; arguments and errors as `hide_boxes`."""
    return predictor.predict([hide_boxes(image, boxes)])[0]
