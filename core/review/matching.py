"""Is one picture a part of another? Template matching over scales, on small grey copies."""

import numpy as np
from PIL import Image
from scipy.signal import fftconvolve

_SIDE = 72  # pixels, longer side of the outer picture
_SCALES = np.geomspace(0.45, 1.0, 14)  # of the inner picture's extent within the outer one
_MIN_TEMPLATE = 12  # pixels


def crop_match(outer: np.ndarray, inner: np.ndarray) -> float:
    """How well a picture fits somewhere into another one, or into its mirror image.

    Args:
        outer: The picture that may hold the other one, `uint8`, shape `(height, width, 3)`.
        inner: The possible crop.

    Returns:
        The best normalised cross-correlation (J. P. Lewis, "Fast Normalized Cross-Correlation", 1995) over places and
        sizes, -1 to 1; a plain picture fits nowhere and gets 0.
    """
    image = _grey(outer, _SIDE / max(outer.shape[:2]))
    best = 0.0
    for picture in (inner, inner[:, ::-1]):
        for scale in _SCALES:
            factor = scale * min(image.shape[0] / picture.shape[0], image.shape[1] / picture.shape[1])
            if min(picture.shape[:2]) * factor < _MIN_TEMPLATE:
                continue
            best = max(best, _correlation(image, _grey(picture, factor)))
    return best


def _correlation(image: np.ndarray, template: np.ndarray) -> float:
    template = template - template.mean()
    energy = np.sqrt((template**2).sum())
    if energy < 1e-6 * template.size:
        return 0.0
    products = fftconvolve(image, template[::-1, ::-1], mode="valid")
    sums, squares = _window_sums(image, template.shape), _window_sums(image**2, template.shape)
    spread = np.sqrt(np.maximum(squares - sums**2 / template.size, 0))
    floor = 1e-3 * np.sqrt(template.size)  # a plain window matches nothing
    return float(np.max(np.where(spread > floor, products / np.maximum(spread * energy, 1e-12), 0.0)))


def _window_sums(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    total = np.pad(image.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    height, width = shape
    return total[height:, width:] - total[:-height, width:] - total[height:, :-width] + total[:-height, :-width]


def _grey(picture: np.ndarray, factor: float) -> np.ndarray:
    """Grey values 0-1 of a resized copy."""
    height, width = (max(2, round(side * factor)) for side in picture.shape[:2])
    grey = Image.fromarray(np.ascontiguousarray(picture)).convert("L")
    return np.asarray(grey.resize((width, height), Image.Resampling.BOX), np.float64) / 255
