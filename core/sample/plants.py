"""Draws what grows around elephants: trees, bushes and the grass that hides their feet."""

import numpy as np

from core.sample.brush import paint
from core.sample.curves import blobs, stroke

BARK = (0.33, 0.26, 0.20)


def tree(canvas, rng, foot: tuple[float, float], height: float, leaf: np.ndarray, light, texture) -> None:
    """Draws an acacia, a round tree or a dead one, in place.

    Args:
        canvas: `float32`, shape `(3, height, width)`; changed.
        rng: Chooses kind and shape.
        foot: (x, y) of the foot, in pixels.
        height: In pixels.
        leaf: RGB of the leaves in this light, 0-1.
        light: Unit vector to the light.
        texture: Brightness factor of the leaves.
    """
    kind, lean = rng.choice(["acacia", "round", "dead"], p=[0.45, 0.45, 0.1]), rng.uniform(-0.1, 0.1) * height
    x, y = foot
    bark = np.array(BARK) * (0.5 + leaf.mean())
    fork, top = (x + lean * 0.5, y - 0.5 * height), (x + lean, y - 0.85 * height)
    wood = [stroke([foot, fork, top], [0.09 * height, 0.055 * height, 0.03 * height])]
    for side in (-1, 1):
        end = (top[0] + side * rng.uniform(0.2, 0.38) * height, top[1] + rng.uniform(-0.1, 0.06) * height)
        wood.append(stroke([fork, ((fork[0] + end[0]) / 2, (fork[1] + end[1]) / 2 + 3), end], [0.04 * height, 1.5]))
    paint(canvas, wood, bark, light, 0.3, 4)
    if kind == "dead":
        return
    flat = 0.10 if kind == "acacia" else 0.24
    for _ in range(5 if kind == "acacia" else 6):
        spot = (
            top[0] + rng.normal(0, 0.24 if kind == "acacia" else 0.14) * height,
            top[1] + rng.normal(0, 0.04 if kind == "acacia" else 0.13) * height,
        )
        crown = blobs(rng, spot, (rng.uniform(0.22, 0.36) * height, flat * height * rng.uniform(0.8, 1.2)))
        paint(canvas, [crown], leaf * rng.uniform(0.85, 1.12), light, 0.45, max(3, flat * height * 0.6), texture)


def bushes(canvas, rng, line: float, reach: float, number: int, leaf: np.ndarray, light, texture) -> None:
    """Draws a row of bushes along the height `line`, each up to `reach` pixels in radius, in place."""
    width = canvas.shape[2]
    for x in rng.uniform(-0.05, 1.05, number) * width:
        size = reach * rng.uniform(0.5, 1)
        outlines = [blobs(rng, (x + dx * size, line - 0.3 * size), (size * 0.8, size * 0.7)) for dx in (-0.6, 0, 0.6)]
        paint(canvas, outlines, leaf * rng.uniform(0.75, 1.15), light, 0.4, max(3, 0.3 * size), texture)


def grass(canvas, rng, line: float, height: float, number: int, colour: np.ndarray) -> None:
    """Draws blades of grass that grow from below `line` (pixels) up to `height` pixels, in place."""
    rows, width = canvas.shape[1:]
    clumps = rng.uniform(0, width, max(1, number // 12))
    for tone in (0.7, 0.95, 1.15):
        n = number // 3
        x = rng.choice(clumps, n) + rng.normal(0, width * 0.035, n)
        y = line + rng.uniform(0, 1, n) * max(4.0, rows - line + 2)
        tip = np.column_stack([x + rng.normal(0, 0.25, n) * height, y - height * rng.uniform(0.4, 1, n)])
        thick = max(0.7, height * 0.035)
        blades = np.stack([np.column_stack([x - thick, y + 4]), tip, np.column_stack([x + thick, y + 4])], 1)
        paint(canvas, list(blades), colour * tone)
