"""Composes whole pictures: a landscape, one animal or a herd, and the camera's own traces."""

from dataclasses import dataclass, field, replace

import numpy as np

from core.sample.anatomy import AFRICAN, ASIAN, random_animal
from core.sample.brush import noise
from core.sample.curves import ellipse
from core.sample.elephant import draw_elephant
from core.sample.frame import Frame, Placement
from core.sample.landscape import WATER, draw_background, draw_foreground
from core.sample.painter import chosen, table
from core.sample.scene import Scene

Box = tuple[int, int, int, int]

PARTS = ("ear", "back", "head")
CALF_SHARE = 0.45  # of herds have a calf
NOISE = (0.004, 0.014)  # of the camera's sensor


@dataclass(frozen=True)
class Photo:
    """A finished picture and where its animals' parts are.

    Attributes:
        pixels: RGB, `uint8`, shape `(height, width, 3)`.
        boxes: Each of `PARTS` to one (left, top, right, bottom) per animal, clipped to the picture.
    """

    pixels: np.ndarray
    boxes: dict[str, list[Box]] = field(default_factory=lambda: {part: [] for part in PARTS})

    @property
    def herd_size(self) -> int:
        """Number of elephants."""
        return len(self.boxes["head"])


def draw_elephants(
    rng: np.random.Generator, species: str, image_size: tuple[int, int], place: str | None = None
) -> Photo:
    """Draws a picture of one to four elephants of a species.

    Args:
        rng: Source of chance.
        species: "African" or "Asian".
        image_size: (height, width) in pixels.
        place: One of `scene.GROUNDS`; any if not given.
    """
    scene = draw_background(rng, image_size, place)
    herd, skins = chosen(rng, "herds"), np.array(table("skins"))
    number = herd["animals"]
    hide = skins.T @ rng.dirichlet(np.full(len(skins), 0.5)) * rng.uniform(0.78, 1.22)
    spots = [_one_place(scene)] if number == 1 else _herd_places(scene, number, herd["height"])
    calf = int(rng.integers(number)) if number > 1 and rng.random() < CALF_SHARE else -1
    drawn = []
    for position, spot in enumerate(spots):
        skin = np.clip(scene.lit(hide, 0.04) * scene.light.subject, 0.04, 0.95)
        if position == calf:
            spot = replace(spot, height=spot.height * rng.uniform(0.5, 0.65))
        _cast_shadow(scene, spot)
        drawn.append(draw_elephant(Frame(scene, random_animal(rng, species, position == calf), spot, skin)))
        if scene.place == "river":
            _flood(scene, spot)
    draw_foreground(scene, max(spot.ground for spot in spots))
    boxes = {part: [box_around(points[part], image_size) for points in drawn] for part in PARTS}
    return Photo(develop(scene.canvas, rng), boxes)


def example_elephants(number: int, seed: int) -> list[np.ndarray]:
    """Draws elephants of both species in turn, as `uint8` RGB of shape `(240, 320, 3)`: a network's unseen photos."""
    return [
        draw_elephants(np.random.default_rng([seed, turn]), (AFRICAN, ASIAN)[turn % 2], (240, 320)).pixels
        for turn in range(number)
    ]


def box_around(points: np.ndarray, image_size: tuple[int, int]) -> Box:
    """The whole pixels around points, shape `(n, 2)`, cut to the picture; one outside becomes a pixel at its border."""
    limits = np.array(image_size[::-1])
    left, top = np.clip(np.floor(points.min(0)), 0, limits - 1).astype(int).tolist()
    right, bottom = np.clip(np.ceil(points.max(0)), (left + 1, top + 1), limits).astype(int).tolist()
    return left, top, right, bottom


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
    exposure = np.float32(rng.uniform(0.82, 1.15) * rng.normal(1, 0.02, (3, 1, 1)))
    grain = noise(rng, (height, width), (256, 256), 1) * np.float32(rng.uniform(*NOISE))
    picture = np.clip(canvas * (vignette * exposure) + grain, 0, 1) ** np.float32(rng.uniform(0.85, 1.2))
    return np.ascontiguousarray((picture * np.float32(255) + np.float32(0.5)).astype(np.uint8).transpose(1, 2, 0))


def _one_place(scene: Scene) -> Placement:
    (height, width), rng = scene.image_size, scene.rng
    distance = chosen(rng, "distances")
    size, facing = height * rng.uniform(*distance["height"]), int(rng.choice([-1, 1]))
    if distance["name"] == "close":  # framed around the head, the body runs out of the picture
        x = width * rng.uniform(0.36, 0.64) - facing * 0.5 * size
        return Placement(x, height * rng.uniform(0.34, 0.50) + 0.85 * size, size, facing)
    room = min(0.5 * width, 1.05 * size)
    x = rng.uniform(room, width - room) if width > 2 * room else width / 2
    ground = max(scene.horizon + 0.14 * height, rng.uniform(0.74, 0.96) * height, 1.45 * size)
    return Placement(x, min(ground, 0.98 * height), size, facing)


def _herd_places(scene: Scene, number: int, heights: tuple[float, float]) -> list[Placement]:
    (height, width), rng = scene.image_size, scene.rng
    size = height * rng.uniform(*heights)
    facing = int(rng.choice([-1, 1]))
    steps = (np.arange(number) + 0.5 + rng.uniform(-0.12, 0.12, number)) / number
    grounds = np.sort(rng.uniform(max(scene.horizon + 0.12 * height, 0.66 * height), 0.95 * height, number))
    places = []
    for step, ground in zip(rng.permutation(steps), grounds, strict=True):  # far ones first
        turned = facing if rng.random() < 0.8 else -facing
        nearness = 0.85 + 0.3 * (ground - scene.horizon) / (height - scene.horizon)
        ahead, behind = 1.0 * size, 0.7 * size  # room for the head and for the rump
        left, right = (behind, ahead) if turned > 0 else (ahead, behind)
        places.append(Placement(np.clip(step * width, left, width - right), ground, size * nearness, turned))
    return places


def _cast_shadow(scene: Scene, place: Placement) -> None:
    size = place.height
    middle = (place.x - scene.sun[0] * 0.35 * size, place.ground - 0.01 * size)
    patch = ellipse(middle, (0.82 * size, 0.075 * size), 24)
    scene.paint([patch], (0.10, 0.08, 0.08), opacity=0.5 * min(1, scene.contrast), softness=0.03 * size)


def _flood(scene: Scene, place: Placement) -> None:
    """Covers the feet with water up to the ankles, darker under the belly where it mirrors the animal."""
    size = place.height
    mirror = ellipse((place.x, place.ground + 0.07 * size), (0.8 * size, 0.15 * size), 24)
    scene.paint([mirror], scene.lit(WATER) * 0.62, opacity=0.75, softness=0.03 * size)
    rings = [
        ellipse((place.x + dx * size, place.ground - 0.04 * size), (0.16 * size, 0.018 * size), 16)
        for dx in scene.rng.uniform(-0.6, 0.5, 3)
    ]
    scene.paint(rings, scene.light.low, opacity=0.35, softness=0.8)
