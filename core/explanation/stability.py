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
    mirrored = _again(np.ascontiguousarray(image[:, ::-1]), explanation, predictor)
    return correlation(explanation.heatmap, mirrored[:, ::-1])


def shift_stability(image: np.ndarray, explanation: Explanation, predictor: Predictor) -> float:
    """Mean correlation of the map with those of the photo moved by a twentieth of its sides, moved back.

    The uncovered edge repeats the photo's last pixels and is left out of the comparison. Arguments and range as
    `flip_stability`; the method is run twice more, for a move to the lower right and to the upper left.
    """
    height, width = image.shape[:2]
    down, right = max(1, round(_SHIFT * height)), max(1, round(_SHIFT * width))
    found = []
    for rows, columns in ((down, right), (-down, -right)):
        edge = ((max(rows, 0), max(-rows, 0)), (max(columns, 0), max(-columns, 0)), (0, 0))
        wide = np.pad(image, edge, mode="edge")
        moved = wide[max(-rows, 0) :, max(-columns, 0) :][:height, :width]
        again = _again(np.ascontiguousarray(moved), explanation, predictor)
        back = np.roll(again, (-rows, -columns), axis=(0, 1))
        kept = (slice(down, height - down), slice(right, width - right))
        if explanation.heatmap[kept].size:
            found.append(correlation(explanation.heatmap[kept], back[kept]))
    return float(np.mean(found)) if found else 1.0


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson correlation of two maps; 1 if both are flat, 0 if one is."""
    deviations = [values.astype(np.float64) - values.mean() for values in (first, second)]
    sizes = [float(np.sqrt((values**2).sum())) for values in deviations]
    if min(sizes) < 1e-9:
        return 1.0 if max(sizes) < 1e-9 else 0.0
    return float((deviations[0] * deviations[1]).sum() / (sizes[0] * sizes[1]))


def _again(image: np.ndarray, explanation: Explanation, predictor: Predictor) -> np.ndarray:
    return explain(image, explanation.class_name, explanation.method, predictor, signed=explanation.signed).heatmap
