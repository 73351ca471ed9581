"""Places one animal in a picture: from its own coordinates to pixels, and from outlines to painted parts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.sample.anatomy import Animal
from core.sample.scene import Colour, Scene

FORESHORTENING = 0.32  # how much shorter a body looks when fully turned
RELIEF = 0.34  # strength of the shading


@dataclass(frozen=True)
class Placement:
    """Where an animal stands.

    Attributes:
        x: Middle of the body, in pixels.
        ground: Line of the feet, in pixels.
        height: Shoulder height, in pixels.
        facing: 1 right, -1 left.
    """

    x: float
    ground: float
    height: float
    facing: int

    def pixels(self, points: ArrayLike) -> np.ndarray:
        """Converts points in shoulder heights, y upwards from the feet, to pixels; shape `(n, 2)`."""
        return np.asarray(points) * (self.facing * self.height, -self.height) + (self.x, self.ground)


@dataclass(frozen=True)
class Frame:
    """A scene in the coordinates of one animal (see `painter`).

    Attributes:
        scene: Painted on.
        animal: Whose coordinates.
        place: Where it stands.
        skin: RGB of the skin in this light, 0-1.
    """

    scene: Scene
    animal: Animal
    place: Placement
    skin: np.ndarray

    @property
    def squeeze(self) -> float:
        """How much of its length a turned body shows."""
        return 1 - FORESHORTENING * self.animal.turn

    def body(self, points: ArrayLike) -> np.ndarray:
        """Converts points of the body to pixels."""
        return self.place.pixels(np.asarray(points) * (self.squeeze, 1))

    def pitched(self, points: ArrayLike) -> np.ndarray:
        """Moves head points to where the pitched head hangs on the neck; not yet pixels."""
        cos, sin = np.cos(self.animal.pitch), np.sin(self.animal.pitch)
        turned = np.asarray(points, float) @ np.array([[cos, sin], [-sin, cos]])
        return turned * (1 - 0.12 * self.animal.turn, 1) + self.animal.neck * (self.squeeze, 1)

    def head(self, points: ArrayLike) -> np.ndarray:
        """Converts points of the head to pixels."""
        return self.place.pixels(self.pitched(points))

    def solid(self, outlines: list[np.ndarray], colour: Colour, depth: float, relief: float = RELIEF) -> None:
        """Paints rounded skin; `depth` of the rounding in shoulder heights."""
        self.scene.paint(outlines, colour, relief * self.scene.contrast, depth * self.place.height)

    def flat(self, outlines: list[np.ndarray], colour: Colour, opacity: float = 1.0, softness: float = 0.0) -> None:
        """Paints a mark or a shadow; `softness` of its edge in shoulder heights."""
        self.scene.paint(outlines, colour, opacity=opacity, softness=softness * self.place.height)
