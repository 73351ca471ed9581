"""Paints smooth, shaded shapes on a float canvas: outlines become anti-aliased masks lit from one side."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

OVERSAMPLING = 3  # shapes are drawn this much larger and averaged down
NOISE_SIDE = 512


def paint(
    canvas: np.ndarray,
    polygons: list[np.ndarray],
    colour: tuple[float, float, float] | np.ndarray,
    light: tuple[float, float] = (0.0, -1.0),
    relief: float = 0.0,
    depth: float = 8.0,
    texture: np.ndarray | None = None,
    opacity: float = 1.0,
    softness: float = 0.0,
) -> None:
    """Paints the union of some outlines in one colour, in place.

    Args:
        canvas: `float32`, shape `(3, height, width)` (planes blend faster), values around 0-1; changed.
        polygons: Outlines in pixels (x, y), each of shape `(n, 2)`; parts outside the canvas are cut off.
        colour: RGB, 0-1.
        light: Unit vector that points to the light, in pixels (x right, y down).
        relief: How strongly edges facing the light brighten and others darken; 0 is flat.
        depth: Width of the rounded edge, in pixels.
        texture: Brightness factor of each pixel, `float32`, shape `(height, width)`.
        opacity: 0-1.
        softness: Radius of a blur of the outline, in pixels.
    """
    height, width = canvas.shape[1:]
    margin = int(3 * softness) + 1
    corners = np.concatenate(polygons)
    left, top = (max(int(side) - margin, 0) for side in corners.min(0))
    right, bottom = (
        min(int(side) + 1 + margin, size) for side, size in zip(corners.max(0), (width, height), strict=True)
    )
    if right <= left or bottom <= top:
        return
    mask = _mask(polygons, (left, top, right, bottom))
    if softness:
        mask = mask.filter(ImageFilter.GaussianBlur(float(softness)))
    window = canvas[:, top:bottom, left:right]
    ink = np.asarray(colour, np.float32)[:, None, None]
    if relief or texture is not None:
        shade = np.float32(1)
        if relief:
            shade = shade + np.float32(relief) * _facing(mask, light, depth)
        if texture is not None:
            shade = shade * texture[top:bottom, left:right]
        ink = ink * shade
    weight = np.asarray(mask, np.float32) * np.float32(opacity / 255)
    window += weight * (ink - window)


def _mask(polygons: list[np.ndarray], box: tuple[int, int, int, int]) -> Image.Image:
    left, top, right, bottom = box
    size = ((right - left) * OVERSAMPLING, (bottom - top) * OVERSAMPLING)
    large = Image.new("L", size)
    draw = ImageDraw.Draw(large)
    for polygon in polygons:
        draw.polygon(((polygon - (left, top)) * OVERSAMPLING).ravel().tolist(), fill=255)
    return large.reduce(OVERSAMPLING)


def _facing(mask: Image.Image, light: tuple[float, float], depth: float) -> np.ndarray:
    """Returns how much each pixel of a rounded shape faces the light, about -1 to 1."""
    # The height of the shape is its blurred mask; a blur of a small copy is cheap and free of banding.
    factor = max(1, int(depth / 3))
    columns, rows = -(-mask.width // factor), -(-mask.height // factor)
    padded = Image.new("L", ((columns + 2) * factor, (rows + 2) * factor))
    padded.paste(mask, (factor, factor))
    small = padded.reduce(factor).filter(ImageFilter.GaussianBlur(float(depth / factor / 1.5)))
    shape = np.asarray(small, np.float32)
    along, down = shape[1:-1, 2:] - shape[1:-1, :-2], shape[2:, 1:-1] - shape[:-2, 1:-1]
    facing = (along * np.float32(light[0]) + down * np.float32(light[1])) * np.float32(-depth / factor / 255)
    return resize(facing, (columns * factor, rows * factor))[: mask.height, : mask.width]


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
