"""RISE: hide the photo behind random soft masks and see which ones keep the class; works for every run."""

from functools import lru_cache

import numpy as np
from PIL import Image

from core.dataset.images import resize
from core.explanation.masking import Progress, blurred, class_probabilities, log_odds, mixed
from core.prediction.predictor import Predictor

NUM_MASKS = 200
_CELLS = 7
_KEPT = 0.5  # share of the cells that stay visible


def rise_map(
    image: np.ndarray,
    class_index: int,
    predictor: Predictor,
    progress: Progress | None = None,
) -> np.ndarray:
    """Shows how much more a class is believed when a pixel is visible (Petsiuk 2018, "RISE").

    Differences to the paper: hidden parts are blurred, not black, and log-odds are averaged, which need fewer masks
    than probabilities; the mean is taken out, so that negative values speak against the class.

    Args:
        image: What the network sees of the photo, `uint8`, shape `(height, width, 3)`.
        class_index: Position in the run's `class_names`.
        predictor: The run's predictor; it predicts `NUM_MASKS` times.
        progress: Called with (passes done, passes in all).

    Returns:
        `float32`, shape `(56, 56)`: mean log-odds with the pixel visible minus with it hidden.
    """
    small = resize(image, predictor.run.image_size)
    hidden = blurred(small)
    masks = _masks(NUM_MASKS, *small.shape[:2])
    variants = (mixed(small, hidden, mask / 255) for mask in masks)
    scores = log_odds(class_probabilities(variants, NUM_MASKS, class_index, predictor, progress))
    seen = np.stack([np.asarray(Image.fromarray(mask).resize((56, 56), Image.Resampling.BOX)) for mask in masks]) / 255
    visible, covered = (
        np.tensordot(scores, share, 1) / np.maximum(share.sum(axis=0), 1e-9) for share in (seen, 1 - seen)
    )
    return (visible - covered).astype(np.float32)


@lru_cache(maxsize=2)
def _masks(number: int, height: int, width: int) -> np.ndarray:
    """Random cells, enlarged softly and shifted by a part of a cell; `uint8`, shape `(number, height, width)`."""
    random = np.random.default_rng(0)  # the same masks each time: the same photo gives the same map
    rows, columns = -(-height // _CELLS), -(-width // _CELLS)
    size = (columns * (_CELLS + 1), rows * (_CELLS + 1))
    masks = np.empty((number, height, width), np.uint8)
    for index in range(number):
        cells = (random.random((_CELLS + 1, _CELLS + 1)) < _KEPT).astype(np.float32) * 255
        top, left = random.integers(0, rows), random.integers(0, columns)
        large = np.asarray(Image.fromarray(cells).resize(size, Image.Resampling.BILINEAR))
        masks[index] = large[top : top + height, left : left + width].round()
    masks.flags.writeable = False  # cached things are read-only
    return masks
