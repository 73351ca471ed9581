"""Deletion and insertion: how the answer moves when the pixels that a map marks go first, and maps of nothing."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.dataset.framing import frame
from core.dataset.images import resize
from core.explanation.masking import Progress, blurred, class_probabilities, mixed
from core.prediction.predictor import Predictor

STEPS = 6  # shares of the photo between nothing and all
NUM_RANDOM = 4


@dataclass(frozen=True)
class Curves:
    """How the probability of a class moves when a map says which pixels go first.

    Attributes:
        shares: Share of the pixels that are changed, 0 to 1.
        deletion: Probability when the strongest pixels are hidden first.
        insertion: Probability when the strongest pixels are shown first on the hidden photo.
        deletion_auc: Area under `deletion`, 0-1; low is good.
        insertion_auc: Area under `insertion`, 0-1; high is good.
    """

    shares: tuple[float, ...]
    deletion: tuple[float, ...]
    insertion: tuple[float, ...]
    deletion_auc: float
    insertion_auc: float

    @property
    def gain(self) -> float:
        """Insertion minus deletion area: -1 to 1, 0 for a map that orders nothing."""
        return self.insertion_auc - self.deletion_auc


def deletion_and_insertion(
    image: np.ndarray,
    class_index: int,
    heatmaps: list[np.ndarray],
    predictor: Predictor,
    progress: Progress | None = None,
) -> list[Curves]:
    """Measures deletion and insertion (Petsiuk 2018, "RISE", section 4.2) of several maps of one photo.

    Hidden pixels are blurred in both games, so that both run between the same two pictures.

    Args:
        image: `uint8`, shape `(height, width, 3)`.
        class_index: Position in the run's `class_names`.
        heatmaps: Each `float32`, of the photo's shape or of another one over what the network sees of it; only the
            order of the values counts.
        predictor: The run's predictor; it predicts 2 + 12 times a map.
        progress: Called with (passes done, passes in all).
    """
    seen = frame(image.shape[:2], predictor.run.framing)
    small = resize(image[seen], predictor.run.image_size)
    heatmaps = [heatmap[seen] if heatmap.shape == image.shape[:2] else heatmap for heatmap in heatmaps]
    hidden = blurred(small)
    shares = np.linspace(0, 1, STEPS + 2)
    variants = [small, hidden]
    for heatmap in heatmaps:
        rank = _ranks(heatmap, small.shape[:2])
        for share in shares[1:-1]:
            variants += [mixed(small, hidden, rank >= share), mixed(hidden, small, rank >= share)]
    whole, nothing, *steps = class_probabilities(variants, len(variants), class_index, predictor, progress).tolist()
    result = []
    for start in range(0, len(steps), 2 * STEPS):
        deletion = (whole, *steps[start : start + 2 * STEPS : 2], nothing)
        insertion = (nothing, *steps[start + 1 : start + 2 * STEPS : 2], whole)
        areas = (float(np.trapezoid(curve, shares)) for curve in (deletion, insertion))
        result.append(Curves(tuple(shares.tolist()), deletion, insertion, *areas))
    return result


def random_maps(number: int, seed: int = 0) -> list[np.ndarray]:
    """Smooth maps of nothing, as coarse as a class map: what chance would point at.

    Returns:
        Each `float32`, shape `(56, 56)`, 0-1.
    """
    random = np.random.default_rng(seed)
    coarse = [Image.fromarray(random.random((7, 7)).astype(np.float32)) for _ in range(number)]
    return [np.clip(np.asarray(cells.resize((56, 56), Image.Resampling.BICUBIC)), 0, 1) for cells in coarse]


def centre_map() -> np.ndarray:
    """A round blob in the middle, where most photographers put the animal; `float32`, shape `(56, 56)`, 0-1."""
    axis = (np.arange(56) + 0.5) / 56 - 0.5
    return np.exp(-(axis[:, None] ** 2 + axis[None] ** 2) / (2 * 0.2**2)).astype(np.float32)


def _ranks(heatmap: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Share of stronger pixels, 0 to 1; equal values are ordered by what is around them, then at random."""
    large = Image.fromarray(heatmap.astype(np.float32)).resize(size[::-1], Image.Resampling.BILINEAR)
    values = np.asarray(large, np.float64)
    values = values / (np.abs(values).max() or 1.0)
    noise = _smoothed(np.random.default_rng(0).random(size), min(size) / 16)
    values = values + 1e-3 * _smoothed(values, min(size) / 8) + 1e-6 * noise
    order = np.empty(values.size)
    order[np.argsort(-values, axis=None)] = np.arange(values.size) / values.size
    return order.reshape(size)


def _smoothed(values: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian blur that mirrors at the edges, as SciPy's `gaussian_filter`, whose import costs a server 20 MiB."""
    reach = int(4 * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-9)) ** 2)
    for _ in range(2):  # one axis, then the other
        padded = np.pad(values, ((reach, reach), (0, 0)), mode="symmetric")
        values = (np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=0) @ (kernel / kernel.sum())).T
    return values
