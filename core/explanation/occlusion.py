"""Occlusion sensitivity: cover a part, predict again; works for every run, without TensorFlow."""

import numpy as np

from core.dataset.images import resize
from core.explanation.masking import Progress, class_probabilities, log_odds
from core.prediction.predictor import Predictor

_CELLS = 8  # the covered square has two cells a side and moves by one


def occlusion_map(
    image: np.ndarray, class_index: int, predictor: Predictor, progress: Progress | None = None
) -> np.ndarray:
    """Shows by how much the log-odds of a class fall when a square of the photo is covered (Zeiler & Fergus 2014).

    Args:
        image: What the network sees of the photo, `uint8`, shape `(height, width, 3)`.
        class_index: Position in the run's `class_names`.
        predictor: The run's predictor; it predicts 50 times.
        progress: Called with (passes done, passes in all).

    Returns:
        `float32`, shape `(8, 8)`: mean fall over the squares that cover a cell; negative where covering helps.
    """
    small = resize(image, predictor.run.image_size)
    fill = small.reshape(-1, 3).mean(axis=0).astype(np.uint8)  # the photo's mean colour hides without adding an edge
    rows, columns = (np.linspace(0, side, _CELLS + 1).astype(int) for side in small.shape[:2])
    variants = [small]
    for row, column in np.ndindex(_CELLS - 1, _CELLS - 1):
        covered = small.copy()
        covered[rows[row] : rows[row + 2], columns[column] : columns[column + 2]] = fill
        variants.append(covered)
    scores = log_odds(class_probabilities(variants, len(variants), class_index, predictor, progress))
    falls = (scores[0] - scores[1:]).reshape(_CELLS - 1, _CELLS - 1)
    return (_over_cells(falls) / _over_cells(np.ones_like(falls))).astype(np.float32)


def _over_cells(squares: np.ndarray) -> np.ndarray:
    """Sums the values of the squares that cover each cell."""
    shifted = [np.pad(squares, ((down, 1 - down), (right, 1 - right))) for down in (0, 1) for right in (0, 1)]
    return np.sum(shifted, axis=0)
