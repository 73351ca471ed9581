"""Places one animal in a picture: from its own coordinates to pixels, and from outlines to painted parts."""

from dataclasses import dataclass

import numpy as np

from core.sample.anatomy import Animal
from core.sample.brush import paint

FORESHORTENING = 0.32  # how much shorter a body looks when fully turned
RELIEF = 0.34  # strength of the shading


@dataclass(frozen=True)
class Placement:
    """Where and in which light an animal stands.

    Attributes:
        x: Middle of the body, in pixels.
        ground: Line of the feet, in pixels.
        height: Shoulder height, in pixels.
        facing: 1 right, -1 left.
        skin: RGB of the skin in this light, 0-1.
        light: Unit vector to the light in pixels, y down.
        contrast: Strength of the shading, 0-1.
    """

    x: float
    ground: float
    height: float
    facing: int
    skin: np.ndarray
    light: tuple[float, float]
    contrast: float


@dataclass(frozen=True)
class Frame:
    """A canvas seen in the coordinates of one animal (see `anatomy`).

    Attributes:
        canvas: `float32`, shape `(3, height, width)`; painted on.
        animal: Whose coordinates.
        place: Where it stands.
        texture: Brightness factor of the skin, `float32`, shape `(height, width)`.
    """

    canvas: np.ndarray
    animal: Animal
    place: Placement
    texture: np.ndarray

    @property
    def squeeze(self) -> float:
        """How much of its length a turned body shows."""
        return 1 - FORESHORTENING * self.animal.turn

    def free(self, points: np.ndarray) -> np.ndarray:
        """Converts points that do not shorten with the body to pixels."""
        size = self.place.height
        return np.asarray(points) * (self.place.facing * size, -size) + (self.place.x, self.place.ground)

    def body(self, points: np.ndarray) -> np.ndarray:
        """Converts points of the body to pixels."""
        return self.free(np.asarray(points) * (self.squeeze, 1))

    def pitched(self, points: np.ndarray) -> np.ndarray:
        """Moves head points to where the pitched head hangs on the neck; not yet pixels."""
        cos, sin = np.cos(self.animal.pitch), np.sin(self.animal.pitch)
        turned = np.asarray(points, float) @ np.array([[cos, sin], [-sin, cos]])
        return turned * (1 - 0.12 * self.animal.turn, 1) + self.animal.neck * (self.squeeze, 1)

    def head(self, points: np.ndarray) -> np.ndarray:
        """Converts points of the head to pixels."""
        return self.free(self.pitched(points))

    def solid(self, outlines: list[np.ndarray], colour: np.ndarray, depth: float, relief: float = RELIEF) -> None:
        """Paints rounded skin; `depth` of the rounding in shoulder heights."""
        place = self.place
        paint(
            self.canvas,
            outlines,
            colour,
            place.light,
            relief * place.contrast,
            depth * place.height,
            self.texture,
        )

    def flat(self, outlines: list[np.ndarray], colour: np.ndarray, opacity: float = 1.0, softness: float = 0.0) -> None:
        """Paints a mark or a shadow; `softness` of its edge in shoulder heights."""
        paint(self.canvas, outlines, colour, opacity=opacity, softness=softness * self.place.height)
