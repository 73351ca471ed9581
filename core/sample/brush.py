"""What painted shapes are made of: anti-aliased masks, edges lit from one side, and fractal noise."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

OVERSAMPLING = 3  # shapes are drawn this much larger and averaged down
NOISE_SIDE = 512


def mask_of(outlines: list[np.ndarray], box: tuple[int, int, int, int], softness: float = 0.0) -> Image.Image:
    """The anti-aliased union of some outlines.

    Args:
        outlines: In pixels (x, y), each of shape `(n, 2)`.
        box: (left, top, right, bottom) of the part to draw, in pixels.
        softness: Radius of a blur of the edge, in pixels.

    Returns:
        Grey picture of the size of `box`, 255 inside.
    """
    left, top, right, bottom = box
    large = Image.new("L", ((right - left) * OVERSAMPLING, (bottom - top) * OVERSAMPLING))
    draw = ImageDraw.Draw(large)
    for outline in outlines:
        draw.polygon(((outline - (left, top)) * OVERSAMPLING).ravel().tolist(), fill=255)
    mask = large.reduce(OVERSAMPLING)
    return mask.filter(ImageFilter.GaussianBlur(float(softness))) if softness else mask


def facing(mask: Image.Image, light: tuple[float, float], depth: float) -> np.ndarray:
    """How much each pixel of a rounded shape faces the light.

    Args:
        mask: Of the shape, as `mask_of` gives it.
        light: Unit vector to the light in pixels, y down.
        depth: Width of the rounded edge, in pixels.

    Returns:
        `float32`, shape `(height, width)`, about -1 to 1.
    """
    # The height of the shape is its blurred mask; a blur of a small copy is cheap and free of banding.
    factor = max(1, int(depth / 3))
    columns, rows = -(-mask.width // factor), -(-mask.height // factor)
    padded = Image.new("L", ((columns + 2) * factor, (rows + 2) * factor))
    padded.paste(mask, (factor, factor))
    small = padded.reduce(factor).filter(ImageFilter.GaussianBlur(float(depth / factor / 1.5)))
    shape = np.asarray(small, np.float32)
    along, down = shape[1:-1, 2:] - shape[1:-1, :-2], shape[2:, 1:-1] - shape[:-2, 1:-1]
    slope = (along * np.float32(light[0]) + down * np.float32(light[1])) * np.float32(-depth / factor / 255)
    return resize(slope, (columns * factor, rows * factor))[: mask.height, : mask.width]


def resize(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resizes a grey `float32` picture smoothly to `size` = (width, height)."""
    picture = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(picture.resize(size, Image.Resampling.BICUBIC))


@lru_cache(maxsize=8)
def _noise_tile(cells_x: int, cells_y: int, octaves: int) -> np.ndarray:
    rng = np.random.default_rng([cells_x, cells_y, octaves])
    tile = np.zeros((NOISE_SIDE, NOISE_SIDE), np.float32)
    for octave in range(octaves):
        cells = rng.standard_normal((cells_y << octave, cells_x << octave)).astype(np.float32)
        tile += resize(cells, (NOISE_SIDE, NOISE_SIDE)) / 2**octave
    tile = (tile - tile.mean()) / tile.std()
    tile.setflags(write=False)
    return tile


def noise(rng: np.random.Generator, shape: tuple[int, int], cells: tuple[int, int], octaves: int = 3) -> np.ndarray:
    """Cuts a random piece of fractal noise.

    Args:
        rng: Chooses the piece.
        shape: (height, width) of the piece; larger pieces than the stored tile wrap around.
        cells: Grains across the tile of 512 pixels, (horizontal, vertical); few grains are large ones.
        octaves: How many finer layers, each half as strong, are added.

    Returns:
        `float32` of that shape, mean about 0, deviation about 1.
    """
    tile = _noise_tile(*cells, octaves)
    rows, columns = ((np.arange(size) + rng.integers(0, max(1, NOISE_SIDE - size + 1))) % NOISE_SIDE for size in shape)
    piece = tile[rows][:, columns]
    return piece[:, ::-1] if rng.random() < 0.5 else piece
