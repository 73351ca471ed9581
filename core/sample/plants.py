"""Draws what grows around elephants: trees, bushes and the grass that hides their feet."""

import numpy as np

from core.sample.curves import blobs, stroke
from core.sample.painter import chosen
from core.sample.scene import Scene

BARK = np.array((0.33, 0.26, 0.20))


def tree(scene: Scene, foot: tuple[float, float], height: float, leaf: np.ndarray) -> None:
    """Draws a tree of a random kind, in place.

    Args:
        scene: Where.
        foot: (x, y) of the foot, in pixels.
        height: In pixels.
        leaf: RGB of the leaves in this light, 0-1.
    """
    rng, (x, y) = scene.rng, foot
    kind, lean = chosen(rng, "trees"), rng.uniform(-0.1, 0.1) * height
    flat = kind["height"]  # of each crown
    fork, top = np.array((x + lean * 0.5, y - 0.5 * height)), np.array((x + lean, y - 0.85 * height))
    wood = [stroke(np.vstack([foot, fork, top]), [0.09 * height, 0.055 * height, 0.03 * height])]
    for side in (-1, 1):
        end = top + np.array((side * rng.uniform(0.2, 0.38), rng.uniform(-0.1, 0.06))) * height
        wood.append(stroke([fork, (fork + end) / 2 + (0, 3), end], [0.04 * height, 1.5]))
    scene.paint(wood, BARK * (0.5 + leaf.mean()), 0.3, 4)
    for _ in range(kind["crowns"]):
        spot = top + rng.normal(0, kind["spread"]) * height
        crown = blobs(rng, spot, np.array((rng.uniform(0.22, 0.36), flat * rng.uniform(0.8, 1.2))) * height)
        scene.paint([crown], leaf * rng.uniform(0.85, 1.12), 0.45, max(3, flat * height * 0.6))


def bushes(scene: Scene, radius: float, number: int, leaf: np.ndarray) -> None:
    """Draws a row of bushes along the horizon, each up to `radius` pixels large, in place."""
    rng, line = scene.rng, scene.horizon + 2
    for x in rng.uniform(-0.05, 1.05, number) * scene.image_size[1]:
        size = radius * rng.uniform(0.5, 1)
        outlines = [blobs(rng, (x + dx * size, line - 0.3 * size), (size * 0.8, size * 0.7)) for dx in (-0.6, 0, 0.6)]
        scene.paint(outlines, leaf * rng.uniform(0.75, 1.15), 0.4, max(3, 0.3 * size))


def grass(scene: Scene, line: float, height: float, number: int, colour: np.ndarray) -> None:
    """Draws blades of grass that grow from below `line` (pixels) up to `height` pixels, in place."""
    rng, (rows, width) = scene.rng, scene.image_size
    clumps, thick, n = rng.uniform(0, width, max(1, number // 12)), max(0.7, height * 0.035), number // 3
    for tone in (0.7, 0.95, 1.15):
        x = rng.choice(clumps, n) + rng.normal(0, width * 0.035, n)
        y = line + rng.uniform(0, 1, n) * max(4.0, rows - line + 2)
        tip = np.column_stack([x + rng.normal(0, 0.25, n) * height, y - height * rng.uniform(0.4, 1, n)])
        blades = np.stack([np.column_stack([x - thick, y + 4]), tip, np.column_stack([x + thick, y + 4])], 1)
        scene.paint(list(blades), colour * tone)
