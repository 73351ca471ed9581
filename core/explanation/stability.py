"""Does a map stay where it is when the photo is mirrored or moved a little?"""

import numpy as np

from core.explanation.heatmap import Explanation, explain
from core.prediction.predictor import Predictor

_SHIFT = 0.05  # of the side: two thirds of a step of the coarse map would be 0.1


def flip_stability(image: np.ndarray, explanation: Explanation, predictor: Predictor) -> float:
    """Correlation of the map with the mirrored photo's map, mirrored back.

    Args:
        image: `uint8`, shape `(height, width, 3)`, that was explained.
        explanation: Of it.
        predictor: The run's predictor; the method is run once more.

    Returns:
        Pearson correlation, -1 to 1; 1 if both maps are flat, 0 if one is.
    """
    return correlation(explanation.heatmap, _again(image[:, ::-1], explanation, predictor)[:, ::-1])


def shift_stability(image: np.ndarray, explanation: Explanation, predictor: Predictor) -> float:
    """Mean correlation of the map with those of the photo moved by a twentieth of its sides, moved back.

    The uncovered edge repeats the photo's last pixels and is left out of the comparison. Arguments and range as
    `flip_stability`; the method is run twice more, for a move to the lower right and to the upper left.
    """
    height, width = image.shape[:2]
    down, right = max(1, round(_SHIFT * height)), max(1, round(_SHIFT * width))
    inner = explanation.heatmap[down : height - down, right : width - right]
    if not inner.size:
        return 1.0
    wide = np.pad(image, ((down, down), (right, right), (0, 0)), mode="edge")
    found = []
    for top, left in ((0, 0), (2 * down, 2 * right)):  # of the moved photo in the wide one
        again = _again(wide[top : top + height, left : left + width], explanation, predictor)
        back = again[2 * down - top :, 2 * right - left :][: inner.shape[0], : inner.shape[1]]
        found.append(correlation(inner, back))
    return float(np.mean(found))


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson correlation of two maps; 1 if both are flat, 0 if one is."""
    flat = [np.ptp(values) < 1e-6 for values in (first, second)]
    if any(flat):
        return float(all(flat))
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def _again(image: np.ndarray, explanation: Explanation, predictor: Predictor) -> np.ndarray:
    image = np.ascontiguousarray(image)
    return explain(image, explanation.class_name, explanation.method, predictor, signed=explanation.signed).heatmap
