"""Occlusion sensitivity: cover a part, ask again; works for every run, without TensorFlow."""

import numpy as np

from core.dataset.images import resize
from core.explanation.masking import Progress, asked, log_odds
from core.prediction.predictor import Predictor

_CELLS = 8  # the covered square has two cells a side and moves by one


def occlusion_map(
    image: np.ndarray, class_index: int, predictor: Predictor, progress: Progress | None = None
) -> np.ndarray:
    """Shows by how much the log-odds of a class fall when a square of the photo is covered (Zeiler & Fergus 2014).

    Args:
        image: `uint8`, shape `(height, width, 3)`.
        class_index: Position in the run's `class_names`.
        predictor: The run's predictor; it is asked 50 times.
        progress: Called with (passes done, passes in all).

    Returns:
        `float32`, shape `(8, 8)`: mean fall over the squares that cover a cell; negative where covering helps.
    """
    small = resize(image, predictor.run.image_size)
    height, width = small.shape[:2]
    fill = small.reshape(-1, 3).mean(axis=0).astype(np.uint8)  # the photo's mean colour hides without adding an edge
    rows = np.linspace(0, height, _CELLS + 1).astype(int)
    columns = np.linspace(0, width, _CELLS + 1).astype(int)
    corners = [(row, column) for row in range(_CELLS - 1) for column in range(_CELLS - 1)]
    variants = [small]
    for row, column in corners:
        covered = small.copy()
        covered[rows[row] : rows[row + 2], columns[column] : columns[column + 2]] = fill
        variants.append(covered)
    scores = log_odds(asked(variants, len(variants), predictor, progress)[:, class_index])
    total, count = np.zeros((_CELLS, _CELLS)), np.zeros((_CELLS, _CELLS))
    for (row, column), value in zip(corners, scores[1:], strict=True):
        total[row : row + 2, column : column + 2] += scores[0] - value
        count[row : row + 2, column : column + 2] += 1
    return (total / count).astype(np.float32)
