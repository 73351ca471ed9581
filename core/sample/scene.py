"""Draws the landscape of a picture: light, sky, hills, ground and plants, the same for every species."""

from dataclasses import dataclass

import numpy as np

from core.sample.brush import noise, paint
from core.sample.curves import blobs, ellipse, open_curve
from core.sample.plants import bushes, grass, tree


@dataclass(frozen=True)
class Light:
    """A time of day: sky colours (top, horizon), tint of things, shading strength, darkness of subjects."""

    top: tuple[float, float, float]
    low: tuple[float, float, float]
    tint: tuple[float, float, float]
    contrast: float
    subject: float


LIGHTS = {
    "noon": Light((0.36, 0.58, 0.86), (0.76, 0.87, 0.95), (1.04, 1.02, 0.97), 1.15, 1.0),
    "overcast": Light((0.68, 0.72, 0.76), (0.85, 0.87, 0.88), (0.90, 0.93, 0.95), 0.65, 0.95),
    "dawn": Light((0.55, 0.62, 0.80), (0.98, 0.82, 0.72), (1.00, 0.92, 0.90), 0.95, 0.9),
    "dusk": Light((0.46, 0.36, 0.52), (0.98, 0.62, 0.34), (1.02, 0.82, 0.66), 1.1, 0.82),
    "backlight": Light((0.93, 0.80, 0.58), (1.00, 0.93, 0.76), (0.95, 0.85, 0.70), 0.8, 0.5),
}
LIGHT_SHARES = (0.32, 0.24, 0.17, 0.17, 0.10)
GROUNDS = {  # soil near, soil far, leaves, grass
    "savanna": ((0.72, 0.60, 0.36), (0.80, 0.71, 0.48), (0.42, 0.46, 0.24), (0.74, 0.63, 0.34)),
    "forest": ((0.40, 0.42, 0.24), (0.45, 0.50, 0.30), (0.20, 0.36, 0.18), (0.33, 0.48, 0.20)),
    "river": ((0.58, 0.50, 0.38), (0.55, 0.56, 0.36), (0.32, 0.43, 0.22), (0.46, 0.54, 0.28)),
    "dust": ((0.66, 0.46, 0.33), (0.74, 0.57, 0.43), (0.44, 0.44, 0.30), (0.62, 0.52, 0.34)),
    "meadow": ((0.42, 0.54, 0.24), (0.56, 0.64, 0.36), (0.28, 0.44, 0.20), (0.42, 0.58, 0.22)),
}
WATER = (0.42, 0.52, 0.56)
HORIZON = (0.30, 0.62)  # of the picture's height


@dataclass(frozen=True)
class Scene:
    """What the drawing of the subjects must know about the landscape.

    Attributes:
        ground: One of `GROUNDS`.
        horizon: Height of the horizon, in pixels.
        light: Unit vector to the light in pixels, y down.
        tint: RGB factor of everything lit.
        contrast: Strength of shading.
        subject: Brightness of subjects, 0-1; low against the light.
        texture: Fine brightness pattern for skins and leaves, `float32`, shape `(height, width)`.
        sky: RGB of the sky at the horizon, mirrored by water.
    """

    ground: str
    horizon: float
    light: tuple[float, float]
    tint: np.ndarray
    contrast: float
    subject: float
    texture: np.ndarray
    sky: np.ndarray


def draw_background(rng: np.random.Generator, image_size: tuple[int, int]) -> tuple[np.ndarray, Scene]:
    """Draws a landscape without subjects.

    Args:
        rng: Source of chance.
        image_size: (height, width).

    Returns:
        The canvas, `float32` RGB around 0-1, shape `(3, height, width)`, and its scene.
    """
    height, width = image_size
    light = LIGHTS[str(rng.choice(list(LIGHTS), p=LIGHT_SHARES))]
    ground = str(rng.choice(list(GROUNDS)))
    angle = rng.uniform(0.25, 0.75) * np.pi
    texture = 1 + 0.05 * noise(rng, image_size, (64, 96), 3) + 0.025 * noise(rng, image_size, (8, 12), 2)
    tint = np.array(light.tint) * rng.normal(1, 0.03, 3)
    scene = Scene(
        ground,
        rng.uniform(*HORIZON) * height,
        (float(np.cos(angle)), float(-np.sin(angle))),
        tint,
        light.contrast * rng.uniform(0.85, 1.15),
        light.subject,
        texture.astype(np.float32),
        np.array(light.low),
    )
    canvas = _sky(rng, light, scene, image_size)
    _ground(canvas, rng, scene)
    _far_plants(canvas, rng, scene)
    return canvas, scene


def _sky(rng, light, scene, image_size):
    height, width = image_size
    down = np.clip(np.arange(height) / scene.horizon, 0, 1) ** rng.uniform(0.7, 1.5)
    top, low = np.array([light.top, light.low])[:, :, None] * rng.normal(1, 0.025, (3, 1))
    canvas = np.repeat(np.float32(top * (1 - down) + low * down)[..., None], width, 2)
    if light.contrast > 0.9 or rng.random() < 0.5:  # clouds
        clouds = np.clip(noise(rng, image_size, (3, 8), 4) - rng.uniform(0.2, 1.2), 0, 1) * 0.5
        canvas += clouds * (np.float32(np.minimum(low * 1.05, 1))[..., None] - canvas)
    if light.subject < 0.95 and rng.random() < 0.6:  # a low sun
        spot = (rng.uniform(0.1, 0.9) * width, scene.horizon * rng.uniform(0.45, 0.95))
        for size, strength in ((0.30, 0.25), (0.13, 0.35), (0.055, 0.9)):
            disk = ellipse(spot, (size * height, size * height), 28)
            paint(canvas, [disk], (1, 0.93, 0.74), opacity=strength, softness=size * height * 0.25)
    return canvas


def _ground(canvas, rng, scene):
    height, width = canvas.shape[1:]
    near, far, leaf, _ = (
        np.float32(np.array(colour) * scene.tint * rng.normal(1, 0.06)) for colour in GROUNDS[scene.ground]
    )
    for step in range(int(rng.integers(0, 3))):  # hazy hills
        crest = scene.horizon - (0.12 - 0.05 * step) * height * rng.uniform(0.3, 1, 7)
        line = open_curve(np.column_stack([np.linspace(-10, width + 10, 7), crest]))
        hill = np.vstack([line, (width + 10, scene.horizon + 2), (-10, scene.horizon + 2)])
        paint(canvas, [hill], leaf * 0.35 + scene.sky * (0.55 - 0.12 * step))
    rows = np.arange(height, dtype=np.float32)[:, None]
    depth = np.clip((rows - scene.horizon) / (height - scene.horizon), 0, 1)
    grain = 1 + 0.07 * noise(rng, (height, width), (10, 40), 4)
    edge = np.clip(rows - scene.horizon + 0.5, 0, 1)
    near, far = near[:, None, None], far[:, None, None]
    canvas += edge * ((far * (1 - depth) + near * depth) * grain - canvas)
    if scene.ground == "river":
        bank = scene.horizon + 0.04 * height
        ripple = 1 + 0.06 * noise(rng, (height, width), (4, 64), 3)
        water, sky = (np.float32(c)[:, None, None] for c in (np.array(WATER) * scene.tint, scene.sky * 0.5))
        calm = water * (0.3 + 0.7 * depth) + sky * (1 - depth)
        canvas += np.clip((rows - bank) / 3, 0, 1) * (calm * ripple - canvas)


def _far_plants(canvas, rng, scene):
    height, width = canvas.shape[1:]
    leaf = np.array(GROUNDS[scene.ground][2]) * scene.tint * (0.4 + 0.6 * scene.subject) * rng.normal(1, 0.08)
    forest = scene.ground == "forest"
    if forest or rng.random() < 0.6:
        reach = height * (rng.uniform(0.10, 0.22) if forest else rng.uniform(0.02, 0.06))
        bushes(canvas, rng, scene.horizon + 2, reach, 16 if forest else 10, leaf, scene.light, scene.texture)
    for _ in range(int(rng.integers(0, 4))):
        foot = (rng.uniform(0, 1) * width, scene.horizon + rng.uniform(0.0, 0.12) * height)
        tree(canvas, rng, foot, height * rng.uniform(0.15, 0.5), leaf, scene.light, scene.texture)


def draw_foreground(canvas: np.ndarray, rng: np.random.Generator, scene: Scene, line: float) -> None:
    """Draws grass, dust or leaves in front of the subjects, whose feet stand at height `line`, in place."""
    height, width = canvas.shape[1:]
    blade = np.array(GROUNDS[scene.ground][3]) * scene.tint * rng.normal(1, 0.08)
    if scene.ground != "river" and rng.random() < 0.7:
        tall = height * rng.choice([rng.uniform(0.02, 0.06), rng.uniform(0.06, 0.16)])
        grass(canvas, rng, min(line, height - 4) - 2, tall, int(rng.integers(90, 330)), blade)
    if rng.random() < (0.6 if scene.ground == "dust" else 0.15):  # whirled up
        rows = np.arange(height, dtype=np.float32)[:, None]
        haze = np.clip(0.5 + 0.4 * noise(rng, (height, width), (4, 5), 3), 0, 1) * rng.uniform(0.15, 0.45)
        haze = haze * np.exp(-(((rows - line) / (0.25 * height)) ** 2))
        soil = np.float32(np.array(GROUNDS[scene.ground][1]) * scene.tint)[:, None, None]
        canvas += np.float32(haze) * (soil - canvas)
    if rng.random() < 0.15:  # a branch close to the camera
        corner = (rng.choice([0, width]), rng.uniform(-0.05, 0.1) * height)
        for _ in range(7):
            spot = corner + rng.normal(0, 1, 2) * (0.12 * width, 0.07 * height)
            paint(
                canvas,
                [blobs(rng, spot, (0.07 * width, 0.05 * height))],
                blade * rng.uniform(0.45, 0.7),
                scene.light,
                0.3,
                5,
                softness=1.2,
            )
