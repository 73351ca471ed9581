"""Composes whole pictures: a landscape, one animal or a herd, and the camera's own traces."""

from dataclasses import dataclass, field, replace

import numpy as np

from core.sample.anatomy import random_animal
from core.sample.brush import noise, paint
from core.sample.curves import ellipse
from core.sample.elephant import draw_elephant
from core.sample.frame import Placement
from core.sample.scene import WATER, Scene, draw_background, draw_foreground

Box = tuple[int, int, int, int]

HERD_SIZES, HERD_SHARES = (1, 2, 3, 4), (0.76, 0.13, 0.07, 0.04)
CALF_SHARE = 0.45  # of herds have a calf
# Share and shoulder height, as a part of the picture's height, of single animals.
DISTANCES = {"far": (0.07, (0.30, 0.40)), "middle": (0.50, (0.48, 0.64)), "close": (0.43, (0.72, 1.05))}
HERD_HEIGHTS = {2: (0.34, 0.50), 3: (0.28, 0.40), 4: (0.24, 0.34)}
SKINS = np.array([(0.54, 0.53, 0.52), (0.45, 0.43, 0.42), (0.50, 0.42, 0.35), (0.62, 0.44, 0.33), (0.63, 0.57, 0.49)])
NOISE = (0.004, 0.014)  # of the camera's sensor


@dataclass(frozen=True)
class Photo:
    """A finished picture and where its animals' parts are.

    Attributes:
        pixels: RGB, `uint8`, shape `(height, width, 3)`.
        boxes: "ear", "back" and "head" to one (left, top, right, bottom) per animal, clipped to the picture.
    """

    pixels: np.ndarray
    boxes: dict[str, list[Box]] = field(default_factory=lambda: {"ear": [], "back": [], "head": []})

    @property
    def herd_size(self) -> int:
        """Number of elephants."""
        return len(self.boxes["head"])


def draw_elephants(rng: np.random.Generator, species: str, image_size: tuple[int, int]) -> Photo:
    """Draws a picture of one to four elephants of a species.

    Args:
        rng: Source of chance.
        species: "African" or "Asian".
        image_size: (height, width) in pixels.
    """
    canvas, scene = draw_background(rng, image_size)
    number = int(rng.choice(HERD_SIZES, p=HERD_SHARES))
    hide = SKINS.T @ rng.dirichlet(np.full(len(SKINS), 0.5)) * rng.uniform(0.78, 1.22)
    places = _one_place(rng, scene, image_size) if number == 1 else _herd_places(rng, scene, image_size, number)
    boxes = {"ear": [], "back": [], "head": []}
    calf = int(rng.integers(number)) if number > 1 and rng.random() < CALF_SHARE else -1
    for position, place in enumerate(places):
        young = position == calf
        skin = np.clip(hide * rng.normal(1, 0.04) * scene.tint * scene.subject, 0.04, 0.95)
        place = replace(place, skin=skin, height=place.height * (rng.uniform(0.5, 0.65) if young else 1))
        _cast_shadow(canvas, scene, place)
        animal = random_animal(rng, species, young)
        drawn = draw_elephant(canvas, rng, animal, place, scene.texture)
        if scene.ground == "river":
            _flood(canvas, rng, scene, place)
        for name, box in drawn.items():
            boxes[name].append(clip_box(box, image_size))
    draw_foreground(canvas, rng, scene, max(place.ground for place in places))
    return Photo(develop(canvas, rng), boxes)


def clip_box(box: tuple[float, float, float, float], image_size: tuple[int, int]) -> Box:
    """Rounds a box outwards and cuts it to the picture; one outside becomes a pixel at the border."""
    height, width = image_size
    left, top = (int(np.clip(np.floor(v), 0, size - 1)) for v, size in ((box[0], width), (box[1], height)))
    right, bottom = (int(np.clip(np.ceil(v), 1, size)) for v, size in ((box[2], width), (box[3], height)))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def develop(canvas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turns a canvas into pixels the way a camera does: exposure, white balance, vignette, noise, gamma.

    Args:
        canvas: `float32`, shape `(3, height, width)`, values around 0-1.
        rng: Source of chance.

    Returns:
        `uint8`, shape `(height, width, 3)`.
    """
    height, width = canvas.shape[1:]
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    vignette = np.float32(1 - rng.uniform(0, 0.16) * (x * x + y * y))
    gain = np.float32(rng.uniform(0.82, 1.15) * rng.normal(1, 0.02, (3, 1, 1)))
    grain = noise(rng, (height, width), (256, 256), 1) * np.float32(rng.uniform(*NOISE))
    picture = np.clip(canvas * (vignette * gain) + grain, 0, 1) ** np.float32(rng.uniform(0.85, 1.2))
    return np.ascontiguousarray((picture * np.float32(255) + np.float32(0.5)).astype(np.uint8).transpose(1, 2, 0))


def _one_place(rng, scene, image_size):
    height, width = image_size
    kind = rng.choice(list(DISTANCES), p=[share for share, _ in DISTANCES.values()])
    size, facing = height * rng.uniform(*DISTANCES[kind][1]), int(rng.choice([-1, 1]))
    if kind == "close":  # framed around the head, the body runs out of the picture
        x = width * rng.uniform(0.36, 0.64) - facing * 0.5 * size
        ground = height * rng.uniform(0.34, 0.50) + 0.85 * size
    else:
        room = min(0.5 * width, 1.05 * size)
        x = rng.uniform(room, width - room) if width > 2 * room else width / 2
        ground = max(scene.horizon + 0.14 * height, rng.uniform(0.74, 0.96) * height, 1.45 * size)
        ground = min(ground, 0.98 * height)
    return [Placement(x, ground, size, facing, np.ones(3), scene.light, scene.contrast)]


def _herd_places(rng, scene, image_size, number):
    height, width = image_size
    size = height * rng.uniform(*HERD_HEIGHTS[number])
    facing = int(rng.choice([-1, 1]))
    steps = (np.arange(number) + 0.5 + rng.uniform(-0.12, 0.12, number)) / number
    grounds = np.sort(rng.uniform(max(scene.horizon + 0.12 * height, 0.66 * height), 0.95 * height, number))
    places = []
    for step, ground in zip(rng.permutation(steps), grounds, strict=True):  # far ones first
        turned = facing if rng.random() < 0.8 else -facing
        nearness = 0.85 + 0.3 * (ground - scene.horizon) / (height - scene.horizon)
        ahead, behind = 1.0 * size, 0.7 * size  # room for the head and for the rump
        x = np.clip(step * width, *((behind, width - ahead) if turned > 0 else (ahead, width - behind)))
        places.append(Placement(x, ground, size * nearness, turned, np.ones(3), scene.light, scene.contrast))
    return places


def _cast_shadow(canvas: np.ndarray, scene: Scene, place: Placement) -> None:
    middle = (place.x - scene.light[0] * 0.35 * place.height, place.ground - 0.01 * place.height)
    patch = ellipse(middle, (0.82 * place.height, 0.075 * place.height), 24)
    paint(
        canvas,
        [patch],
        (0.10, 0.08, 0.08),
        opacity=0.5 * min(1, scene.contrast),
        softness=0.03 * place.height,
    )


def _flood(canvas, rng, scene, place):
    """Covers the feet with water up to the ankles, darker under the belly where it mirrors the animal."""
    size = place.height
    mirror = ellipse((place.x, place.ground + 0.07 * size), (0.8 * size, 0.15 * size), 24)
    paint(
        canvas,
        [mirror],
        np.array(WATER) * scene.tint * 0.62,
        texture=scene.texture,
        opacity=0.75,
        softness=0.03 * size,
    )
    rings = [
        ellipse((place.x + dx * size, place.ground - 0.04 * size), (0.16 * size, 0.018 * size), 16)
        for dx in rng.uniform(-0.6, 0.5, 3)
    ]
    paint(canvas, rings, scene.sky, opacity=0.35, softness=0.8)
