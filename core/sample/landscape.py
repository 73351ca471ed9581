"""Draws the landscape of a picture: sky, hills, ground and plants, the same for every species."""

import numpy as np

from core.sample.brush import noise
from core.sample.curves import blobs, ellipse, open_curve
from core.sample.plants import bushes, grass, tree
from core.sample.scene import Scene, random_scene

WATER = (0.42, 0.52, 0.56)
SUN_DISKS = ((0.30, 0.25), (0.13, 0.35), (0.055, 0.9))  # radius in picture heights and opacity of a low sun


def draw_background(rng: np.random.Generator, image_size: tuple[int, int], place: str | None = None) -> Scene:
    """Draws a landscape without subjects.

    Args:
        rng: Source of chance.
        image_size: (height, width).
        place: One of `GROUNDS`; any if not given.
    """
    scene = random_scene(rng, image_size, place)
    _sky(scene)
    _ground(scene)
    _far_plants(scene)
    return scene


def _sky(scene: Scene) -> None:
    (height, width), rng, light = scene.image_size, scene.rng, scene.light
    down = np.clip(np.arange(height) / scene.horizon, 0, 1) ** rng.uniform(0.7, 1.5)
    top, low = np.array([light.top, light.low])[:, :, None] * rng.normal(1, 0.025, (3, 1))
    scene.canvas[:] = (top * (1 - down) + low * down)[..., None]
    if light.contrast > 0.9 or rng.random() < 0.5:
        clouds = np.clip(noise(rng, (height, width), (3, 8), 4) - rng.uniform(0.2, 1.2), 0, 1) * 0.5
        _cover(scene, clouds, np.minimum(low * 1.05, 1)[..., None])
    if light.subject < 0.95 and rng.random() < 0.6:
        spot = (rng.uniform(0.1, 0.9) * width, scene.horizon * rng.uniform(0.45, 0.95))
        for radius, opacity in SUN_DISKS:
            size = radius * height
            scene.paint([ellipse(spot, (size, size), 28)], (1, 0.93, 0.74), opacity=opacity, softness=size * 0.25)


def _ground(scene: Scene) -> None:
    (height, width), rng, horizon, sky = scene.image_size, scene.rng, scene.horizon, np.array(scene.light.low)
    ground = scene.ground
    near, far, leaf = (scene.lit(colour, 0.06) for colour in (ground.near, ground.far, ground.leaf))
    for step in range(int(rng.integers(0, 3))):  # hazy hills
        crest = horizon - (0.12 - 0.05 * step) * height * rng.uniform(0.3, 1, 7)
        line = open_curve(np.column_stack([np.linspace(-10, width + 10, 7), crest]))
        hill = np.vstack([line, (width + 10, horizon + 2), (-10, horizon + 2)])
        scene.paint([hill], leaf * 0.35 + sky * (0.55 - 0.12 * step))
    rows = np.arange(height, dtype=np.float32)[:, None]
    depth = np.clip((rows - horizon) / (height - horizon), 0, 1)
    grain = 1 + 0.07 * noise(rng, (height, width), (10, 40), 4)
    near, far = near[:, None, None], far[:, None, None]
    _cover(scene, np.clip(rows - horizon + 0.5, 0, 1), (far * (1 - depth) + near * depth) * grain)
    if scene.place == "river":
        ripple = 1 + 0.06 * noise(rng, (height, width), (4, 64), 3)
        water, mirror = (colour[:, None, None] for colour in (scene.lit(WATER), sky * 0.5))
        calm = water * (0.3 + 0.7 * depth) + mirror * (1 - depth)
        bank = horizon + 0.04 * height
        _cover(scene, np.clip((rows - bank) / 3, 0, 1), calm * ripple)


def _far_plants(scene: Scene) -> None:
    (height, width), rng = scene.image_size, scene.rng
    leaf = scene.lit(scene.ground.leaf, 0.08) * (0.4 + 0.6 * scene.light.subject)
    forest = scene.place == "forest"
    if forest or rng.random() < 0.6:
        radius = height * (rng.uniform(0.10, 0.22) if forest else rng.uniform(0.02, 0.06))
        bushes(scene, radius, 16 if forest else 10, leaf)
    for _ in range(int(rng.integers(0, 4))):
        foot = (rng.uniform(0, 1) * width, scene.horizon + rng.uniform(0.0, 0.12) * height)
        tree(scene, foot, height * rng.uniform(0.15, 0.5), leaf)


def draw_foreground(scene: Scene, line: float) -> None:
    """Draws grass, dust or leaves in front of the subjects, whose feet stand at height `line`, in place."""
    (height, width), rng = scene.image_size, scene.rng
    blade = scene.lit(scene.ground.grass, 0.08)
    if scene.place != "river" and rng.random() < 0.7:
        tall = height * rng.choice([rng.uniform(0.02, 0.06), rng.uniform(0.06, 0.16)])
        grass(scene, min(line, height - 4) - 2, tall, int(rng.integers(90, 330)), blade)
    if rng.random() < (0.6 if scene.place == "dust" else 0.15):  # whirled up
        rows = np.arange(height, dtype=np.float32)[:, None]
        haze = np.clip(0.5 + 0.4 * noise(rng, (height, width), (4, 5), 3), 0, 1) * rng.uniform(0.15, 0.45)
        haze = haze * np.exp(-(((rows - line) / (0.25 * height)) ** 2))
        _cover(scene, haze, scene.lit(scene.ground.far)[:, None, None])
    if rng.random() < 0.15:  # a branch close to the camera
        corner = (rng.choice([0, width]), rng.uniform(-0.05, 0.1) * height)
        for _ in range(7):
            spot = corner + rng.normal(0, 1, 2) * (0.12 * width, 0.07 * height)
            leaves = blobs(rng, spot, (0.07 * width, 0.05 * height))
            scene.paint([leaves], blade * rng.uniform(0.45, 0.7), 0.3, 5, softness=1.2)


def _cover(scene: Scene, opacity: np.ndarray, colour: np.ndarray) -> None:
    """Lays a colour over the whole canvas in place; both broadcast to its shape."""
    scene.canvas[:] += np.float32(opacity) * (np.float32(colour) - scene.canvas)
