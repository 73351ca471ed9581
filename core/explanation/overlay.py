"""A heat map is laid over its photo in colours that survive colour blindness and grey printing."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

# Viridis (van der Walt & Smith 2015), nine of its colours: perceptually even, safe for colour-blind eyes.
_SCALE = np.array(
    [
        (68, 1, 84),
        (71, 44, 122),
        (59, 81, 139),
        (44, 113, 142),
        (33, 144, 141),
        (39, 173, 129),
        (92, 200, 99),
        (170, 220, 50),
        (253, 231, 37),
    ],
    dtype=np.float64,
)
# ColorBrewer's PuOr (Brewer 2002): violet against orange, told apart by all colour-blind eyes, light in the middle.
_SIGNED_SCALE = np.array(
    [
        (45, 0, 75),
        (84, 39, 136),
        (128, 115, 172),
        (178, 171, 210),
        (247, 247, 247),
        (253, 184, 99),
        (224, 130, 20),
        (179, 88, 6),
        (127, 59, 8),
    ],
    dtype=np.float64,
)


def _table(scale: np.ndarray) -> np.ndarray:
    steps = np.linspace(0, 1, len(scale))
    channels = [np.interp(np.linspace(0, 1, 256), steps, scale[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


_TABLE, _SIGNED_TABLE = _table(_SCALE), _table(_SIGNED_SCALE)


@dataclass(frozen=True)
class Legend:
    """What the colours of a heat map mean.

    Attributes:
        values: Ascending, 0 to 1, or -1 to 1 for a signed map.
        colors: `#rrggbb` of each value.
        low, middle, high: What the first, middle and last value mean; `middle` is "" where it needs no words.
    """

    values: tuple[float, ...]
    colors: tuple[str, ...]
    low: str
    middle: str
    high: str


def legend(signed: bool = False, class_name: str = "", steps: int = 9) -> Legend:
    """The scale to show beside a heat map.

    Args:
        signed: For a map from -1 to 1.
        class_name: Named in the words, if given.
        steps: Number of colours.
    """
    values = np.linspace(-1 if signed else 0, 1, steps)
    pixels = colorize(values[None].astype(np.float32), signed)[0]
    target = class_name or "the class"
    words = (f"against {target}", "neither", f"for {target}") if signed else ("no evidence", "", f"most for {target}")
    colors = tuple("#{:02x}{:02x}{:02x}".format(*pixel) for pixel in pixels.tolist())
    return Legend(tuple(values.tolist()), colors, *words)


def colorize(heatmap: np.ndarray, signed: bool = False) -> np.ndarray:
    """Colours a heat map: dark violet is no evidence, yellow the strongest; signed, violet against, orange for.

    Args:
        heatmap: `float32`, shape `(height, width)`, 0-1, or -1 to 1 if `signed`.
        signed: Which of the two scales.

    Returns:
        `uint8`, shape `(height, width, 3)`.
    """
    if signed:
        return _SIGNED_TABLE[((np.clip(heatmap, -1, 1) + 1) * 127.5 + 0.5).astype(np.uint8)]
    return _TABLE[(np.clip(heatmap, 0, 1) * 255 + 0.5).astype(np.uint8)]


def overlay(image: np.ndarray, heatmap: np.ndarray, opacity: float = 0.5, signed: bool = False) -> np.ndarray:
    """Lays a heat map over its photo, the stronger the evidence the denser, so that the rest of the photo stays clear.

    Args:
        image: `uint8`, shape `(height, width, 3)`.
        heatmap: `float32`, shape `(height, width)`, 0-1, or -1 to 1 if `signed`.
        opacity: Of the colours where the evidence is at least half of the strongest, 0-1; weaker evidence is
            laid on in proportion, none not at all.
        signed: Which scale, as `colorize`.

    Returns:
        `uint8`, shape of `image`.

    Raises:
        ValueError: If the shapes differ or the opacity is out of range.
    """
    if image.shape[:2] != heatmap.shape:
        raise ValueError(f"Expected a heat map of shape {image.shape[:2]}, but got {heatmap.shape}.")
    if not 0 <= opacity <= 1:
        raise ValueError(f"Expected an opacity between 0 and 1, but got {opacity}.")
    # Whole numbers: five times faster than floats on a large photo.
    weight = (np.minimum(2 * np.abs(heatmap), 1) * (opacity * 256) + 0.5).astype(np.uint16)[..., None]
    mixed = image.astype(np.uint16) * (256 - weight) + colorize(heatmap, signed).astype(np.uint16) * weight
    return ((mixed + 128) >> 8).astype(np.uint8)


def layer(heatmap: np.ndarray, signed: bool = False, longest_side: int = 256) -> np.ndarray:
    """The colours of a heat map alone, to be laid over the photo at any opacity: what `overlay` mixes in.

    Args:
        heatmap: `float32`, shape `(height, width)`, 0-1, or -1 to 1 if `signed`.
        signed: Which scale, as `colorize`.
        longest_side: In pixels, at most; maps are smooth, so a small one stretched over the photo shows the same.

    Returns:
        `uint8`, shape `(rows, columns, 4)`, RGBA; opaque where the evidence is at least half of the strongest.
    """
    height, width = heatmap.shape
    scale = min(1.0, longest_side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(Image.fromarray(heatmap.astype(np.float32)).resize(size, Image.Resampling.BILINEAR))
    alpha = (np.minimum(2 * np.abs(small), 1) * 255 + 0.5).astype(np.uint8)
    return np.concatenate([colorize(small, signed), alpha[..., None]], axis=-1)


def encode_png(image: np.ndarray) -> bytes:
    """`uint8` pixels as a PNG file, without any metadata."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
