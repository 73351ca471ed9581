"""Pictures as other protocols send them: arrays of numbers, or the bytes of a file in base64."""

import math
from itertools import chain
from typing import Any

import numpy as np

from api.inputs import refuse, shown
from api.json_inputs import base64_bytes
from api.limits import Turn
from api.problems import Problem
from api.served import served_predictor
from core.dataset.images import MAX_SIDE
from core.prediction.predictor import Predictor

MODEL_NAME = "tuskscope"
VERSION = "1"
INPUT = "image"


def named_predictor(name: str, version: str | None = None) -> Predictor:
    """The served predictor, if that is what the client means: `tuskscope` or the id of the served run.

    Raises:
        Problem: 404 for any other model or version.
    """
    predictor = served_predictor()
    if name not in (MODEL_NAME, predictor.run.run_id) or version not in (None, VERSION):
        raise Problem("unknown-model")
    return predictor


def as_image(values: Any, turn: Turn) -> np.ndarray:
    """Makes one picture of an element of JSON.

    Args:
        values: `{"b64": "<base64 of a picture file>"}`, or rows of pixels, shape `(height, width, 3)`, RGB, 0-255.
        turn: The admitted request.

    Returns:
        `uint8`, shape `(height, width, 3)`.

    Raises:
        Problem: 422 if it is neither.
        ImageError: If the file is not a picture.
    """
    if isinstance(values, dict):
        if set(values) != {"b64"}:
            came = ", ".join(map(shown, list(values)[:3])) or "nothing"
            refuse(f'Expected a picture as numbers, {{"b64": …}} or {{"{INPUT}": …}}, but got an object with {came}.')
        return turn.decode(base64_bytes("b64", values["b64"]))
    with turn.reading():
        return checked_pixels(number_array(values))


def checked_pixels(pixels: np.ndarray) -> np.ndarray:
    """Takes any numbers from 0 to 255 as a picture.

    Raises:
        Problem: 422 for another shape, type or range.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or not all(1 <= side <= MAX_SIDE for side in pixels.shape[:2]):
        refuse("Expected a picture of shape (height, width, 3).")
    if pixels.dtype != np.uint8 and not (np.isfinite(pixels).all() and pixels.min() >= 0 and pixels.max() <= 255):
        refuse("Expected pixels from 0 to 255. Do not scale them: the model does.")
    if pixels.dtype.kind == "f" and pixels.max() <= 1 and (pixels % 1).any():  # else a confident answer about black
        refuse("The pixels are between 0 and 1. Expected 0 to 255: do not scale them, the model does.")
    return pixels if pixels.dtype == np.uint8 else np.round(pixels).astype(np.uint8)


def probabilities_of(turn: Turn, predictor: Predictor, images: list[np.ndarray]) -> list[dict[str, float]]:
    """Class name to probability, for each picture."""
    return [turn.predict(predictor, image).probabilities for image in images]


def whole_shape(shape: Any) -> tuple[int, ...]:
    """Reads a tensor's shape.

    Raises:
        Problem: 422 if it is not a list of sizes.
    """
    is_list = isinstance(shape, list) and 1 <= len(shape) <= 4
    if not is_list or any(type(side) is not int or not 0 <= side <= 2**31 for side in shape):
        refuse("Expected shape to be a list of one to four sizes.")
    if math.prod(shape) > 2**31:
        refuse("The shape is larger than any request.")
    return tuple(shape)


def number_array(values: Any) -> np.ndarray:
    """Makes an array of nested lists of numbers; `True` is none here.

    Raises:
        Problem: 422 if it is no list, ragged, or holds something else.
    """
    if not isinstance(values, list):
        refuse('Expected a picture as nested lists of numbers or as {"b64": …}.')
    try:
        found = np.array(values)
    except (ValueError, OverflowError):
        refuse("Expected a picture whose rows have the same length.")
    elements: Any = values
    for _ in range(found.ndim - 1):
        elements = chain.from_iterable(elements)
    if found.dtype.kind not in "uif" or bool in set(map(type, elements)):
        refuse("Expected a picture of numbers.")
    return found
