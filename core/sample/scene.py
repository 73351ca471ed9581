"""A picture that is being painted: its canvas, its light and its ground, the same for every species."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.sample.brush import facing, mask_of, noise
from core.sample.painter import chosen, table

Colour = Sequence[float] | np.ndarray


@dataclass(frozen=True)
class Light:
    """A time of day.

    Attributes:
        top: RGB of the sky.
        low: RGB of the sky at the horizon.
        tint: RGB factor of everything lit.
        contrast: Strength of shading.
        subject: Brightness of subjects, 0-1; low against the light.
    """

    top: tuple[float, float, float]
    low: tuple[float, float, float]
    tint: tuple[float, float, float]
    contrast: float
    subject: float


@dataclass(frozen=True)
class Ground:
    """A landscape: RGB of its soil (near and far), leaves and grass."""

    near: tuple[float, float, float]
    far: tuple[float, float, float]
    leaf: tuple[float, float, float]
    grass: tuple[float, float, float]


GROUNDS = {name: Ground(**colours) for name, colours in table("grounds").items()}
GREEN = {"forest", "river", "meadow"}
HORIZON = (0.30, 0.62)  # of the picture's height


@dataclass(frozen=True)
class Scene:
    """What everything that is painted into a picture shares.

    Attributes:
        canvas: `float32` RGB around 0-1, shape `(3, height, width)`; painted on.
        rng: Source of chance.
        light: The time of day.
        place: One of `GROUNDS`.
        sun: Unit vector to the light in pixels, y down.
        texture: Fine brightness pattern for skins and leaves, `float32`, shape `(height, width)`.
        tint: RGB factor of everything lit.
        horizon: Its height, in pixels.
        contrast: Strength of shading.
    """

    canvas: np.ndarray
    rng: np.random.Generator
    light: Light
    place: str
    sun: tuple[float, float]
    texture: np.ndarray
    tint: np.ndarray
    horizon: float
    contrast: float

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        height, width = self.canvas.shape[1:]
        return height, width

    @property
    def ground(self) -> Ground:
        """The colours of the place."""
        return GROUNDS[self.place]

    def lit(self, colour: Colour, variation: float = 0.0) -> np.ndarray:
        """A colour in the light of the scene, randomly brighter or darker; `float64` RGB, shape `(3,)`."""
        return np.asarray(colour) * self.tint * self.rng.normal(1, variation)

    def paint(
        self,
        outlines: list[np.ndarray],
        colour: Colour,
        relief: float = 0.0,
        depth: float = 8.0,
        opacity: float = 1.0,
        softness: float = 0.0,
    ) -> None:
        """Paints the union of some outlines, in place.

        Args:
            outlines: In pixels (x, y), each of shape `(n, 2)`; parts outside the canvas are cut off.
            colour: RGB, 0-1.
            relief: How strongly edges in the sun brighten and others darken; 0 is a flat mark without texture.
            depth: Width of the rounded edge, in pixels.
            opacity: 0-1.
            softness: Radius of a blur of the outline, in pixels.
        """
        margin, corners, (height, width) = int(3 * softness) + 1, np.concatenate(outlines), self.image_size
        left, top = np.maximum(corners.min(0).astype(int) - margin, 0).tolist()
        right, bottom = np.minimum(corners.max(0).astype(int) + 1 + margin, (width, height)).tolist()
        if right <= left or bottom <= top:
            return
        mask = mask_of(outlines, (left, top, right, bottom), softness)
        window = self.canvas[:, top:bottom, left:right]
        ink = np.asarray(colour, np.float32)[:, None, None]
        if relief:
            shade = 1 + np.float32(relief) * facing(mask, self.sun, depth)
            ink = ink * (shade * self.texture[top:bottom, left:right])
        window += np.asarray(mask, np.float32) * np.float32(opacity / 255) * (ink - window)


def random_scene(rng: np.random.Generator, image_size: tuple[int, int], place: str | None = None) -> Scene:
    """Chooses time and, if it is not given, place of a picture of (height, width); its canvas is still empty."""
    light = Light(**chosen(rng, "lights")["light"])
    place = place or str(rng.choice(list(GROUNDS)))
    angle = rng.uniform(0.25, 0.75) * np.pi
    texture = 1 + 0.05 * noise(rng, image_size, (64, 96), 3) + 0.025 * noise(rng, image_size, (8, 12), 2)
    return Scene(
        canvas=np.zeros((3, *image_size), np.float32),
        rng=rng,
        light=light,
        place=place,
        sun=(float(np.cos(angle)), float(-np.sin(angle))),
        texture=texture.astype(np.float32),
        tint=np.array(light.tint) * rng.normal(1, 0.03, 3),
        horizon=rng.uniform(*HORIZON) * image_size[0],
        contrast=light.contrast * rng.uniform(0.85, 1.15),
    )
