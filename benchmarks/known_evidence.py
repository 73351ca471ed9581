"""Maps against the drawn sample's known evidence: the pointing game and the energy inside the boxes."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_dilation

EVIDENCE = ("ear_boxes", "back_boxes", "head_boxes")
MARGIN = 15  # pixels, as in the paper


@dataclass(frozen=True)
class Pointing:
    """How one map lies to the evidence.

    Attributes:
        hit: Its strongest pixel lies inside a box.
        hit_with_margin: The same with `MARGIN` pixels around the boxes.
        energy: Share of the map's sum inside the boxes, 0-1; for a flat map the boxes' share of the photo.
    """

    hit: bool
    hit_with_margin: bool
    energy: float


def evidence_mask(truth_row, size: tuple[int, int]) -> np.ndarray:
    """Where the evidence is: the boxes around ears, backs and heads (tusks have none).

    Args:
        truth_row: A row of `read_truth` with the columns `EVIDENCE`.
        size: `(height, width)` of the picture.

    Returns:
        Boolean, shape `size`.
    """
    mask = np.zeros(size, bool)
    for column in EVIDENCE:
        for left, top, right, bottom in truth_row[column]:
            mask[top:bottom, left:right] = True
    return mask


def point(heatmap: np.ndarray, evidence: np.ndarray) -> Pointing:
    """Plays the pointing game (Zhang 2016, "Top-down Neural Attention") and sums the energy (Wang 2020, "Score-CAM").

    Args:
        heatmap: Shape `(height, width)`, not negative. A flat map points nowhere.
        evidence: Boolean, same shape.
    """
    total = float(heatmap.sum())
    if total <= 0:
        return Pointing(False, False, float(evidence.mean()))
    row, column = np.unravel_index(int(heatmap.argmax()), heatmap.shape)
    near = binary_dilation(evidence, np.ones((3, 3), bool), iterations=MARGIN)
    return Pointing(bool(evidence[row, column]), bool(near[row, column]), float(heatmap[evidence].sum() / total))
