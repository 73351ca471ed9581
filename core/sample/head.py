"""Draws the head of an elephant: skull, trunk, tusks, eyes and the ears, which tell the species best."""

from collections.abc import Callable

import numpy as np

from core.sample.curves import closed_curve, ellipse, stroke
from core.sample.frame import RELIEF, Frame
from core.sample.painter import shapes

IVORY, PINK = np.array((0.93, 0.89, 0.78)), np.array((0.80, 0.60, 0.55))
EYE, GLINT = (0.10, 0.07, 0.06), (0.95, 0.95, 0.92)
TUSK_ROOT = (0.25, -0.16)
EYES = ((0.17, 1.0), (0.30, 0.8))  # near and far: place along the head and size


def draw_head(frame: Frame) -> np.ndarray:
    """Draws the head without the near ear and returns the outline of the skull in pixels, shape `(n, 2)`."""
    animal, skin, pixels = frame.animal, frame.skin, frame.place.pixels
    widths, shape = shapes("widths"), shapes("others")
    skull = closed_curve(animal.head)
    # A soft shadow where the head hides the shoulder, else the two would melt together.
    frame.flat([frame.head(skull * 0.86 - (0.07, 0.05))], skin * 0.5, 0.5, 0.025)
    line = frame.pitched(np.vstack([animal.trunk[:1] + (-0.07, 0.09), animal.trunk]))
    line = np.maximum(line, (-np.inf, 0.05))  # a trunk ends at the ground
    thick = [*widths["trunk"][: len(line) - 1], 0.055]
    root, tusk = frame.pitched([TUSK_ROOT]), shape["tusk"] * animal.tusk
    if animal.tusk and animal.turn > 0.2:
        far = root + (0.06 * animal.turn, 0.01) + tusk * 0.9
        frame.solid([pixels(stroke(far, widths["tusk"] * 0.88))], IVORY * (skin.mean() + 0.3), 0.02)
    frame.solid([frame.head(skull), pixels(stroke(line, thick))], skin * 1.02, 0.12, RELIEF * 1.1)
    _rings(frame, line, thick)
    frame.flat([frame.head(stroke(shape["mouth"], widths["mouth"]))], skin * 0.45)
    if animal.tusk:
        frame.solid([pixels(stroke(root + tusk, widths["tusk"]))], IVORY * (skin.mean() + 0.42), 0.02)
    eyes = EYES[: 2 if animal.turn > 0.6 else 1]
    frame.flat([_dot(frame, x, 0.005, (0.034 * s, 0.026 * s)) for x, s in eyes], skin * 0.62, 1, 0.006)
    frame.flat([_dot(frame, x + 0.004, 0.002, (0.019 * s, 0.017 * s)) for x, s in eyes], EYE)
    frame.flat([_dot(frame, x + 0.01, 0.008, (0.006, 0.006)) for x, _ in eyes], GLINT)
    if animal.freckled:
        rng = frame.scene.rng
        along = line[1] + (line[2] - line[1]) * rng.uniform(-0.2, 1.1, (16, 1))
        _freckles(frame, pixels, along + rng.normal(0, 0.03, (16, 2)))
    return frame.head(skull)


def draw_ear(frame: Frame) -> np.ndarray:
    """Draws the near ear and returns its outline in pixels, shape `(n, 2)`."""
    ear, skin = frame.animal.ear, frame.skin
    outline = frame.head(closed_curve(ear))
    frame.flat([frame.head(closed_curve(ear * 0.93) - (0.025, 0.05))], skin * 0.35, 0.75, 0.018)
    frame.solid([outline], skin * 1.04, 0.05, RELIEF * 1.1)
    hinge = ear[0]
    ends = [(hinge + (point - hinge) * 0.35, hinge + (point - hinge) * 0.85 + (0, 0.01)) for point in ear[3:9:2]]
    frame.flat([frame.head(stroke(fold, [0.012, 0.006], 3)) for fold in ends], skin * 0.72, 0.5)
    if frame.animal.freckled:
        _freckles(frame, frame.head, ear[6:9].mean(0) + frame.scene.rng.normal(0, 0.025, (10, 2)))
    return outline


def draw_far_ear(frame: Frame) -> None:
    """Draws the other ear, which shows beyond the face of a turned animal."""
    turn = frame.animal.turn
    if turn > 0.35:
        far = frame.animal.ear * (-0.75 * turn, 1) + (0.12, 0.02)
        frame.solid([frame.head(closed_curve(far))], frame.skin * 0.82, 0.05)


def _dot(frame: Frame, x: float, y: float, radii: tuple[float, float]) -> np.ndarray:
    return frame.head(ellipse((x, y), radii, 10))


def _freckles(frame: Frame, to_pixels: Callable[[np.ndarray], np.ndarray], spots: np.ndarray) -> None:
    dots = [to_pixels(ellipse(spot, (0.010, 0.010), 7)) for spot in spots]
    frame.flat(dots, PINK * (frame.skin.mean() + 0.4), 0.65)


def _rings(frame: Frame, line: np.ndarray, widths: list[float]) -> None:
    rings = []
    for t in np.linspace(0.9, len(line) - 1.3, frame.animal.wrinkles):
        k = int(t)
        step = line[k + 1] - line[k]
        along = step / max(np.hypot(*step), 1e-6)
        centre, across = line[k] + step * (t - k), along[::-1] * (-1, 1) * widths[k] * 0.36
        ring = stroke([centre - across, centre + along * 0.012, centre + across], [0.011] * 3, 3)
        rings.append(frame.place.pixels(ring))
    frame.flat(rings, frame.skin * 0.6, 0.55)
