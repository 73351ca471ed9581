"""Draws one elephant, part by part from far to near, and says where its ear, back and head are."""

import numpy as np

from core.sample.anatomy import BACK_POINTS, Animal
from core.sample.curves import closed_curve, ellipse, stroke
from core.sample.frame import Frame, Placement
from core.sample.head import draw_ear, draw_far_ear, draw_head

# Hip, direction of swing and tone of each leg: far front, far hind, near front, near hind.
LEGS = [(0.44, 1, 0.66), (-0.43, -1, 0.66), (0.32, -1, 1.0), (-0.57, 1, 1.0)]
HORN = np.array((0.80, 0.74, 0.66))
BACK_DEPTH = 0.3  # height of the box around the back line, in shoulder heights


def draw_elephant(
    canvas: np.ndarray, rng: np.random.Generator, animal: Animal, place: Placement, texture: np.ndarray
) -> dict[str, tuple[float, float, float, float]]:
    """Draws an elephant in place.

    Args:
        canvas: `float32`, shape `(3, height, width)`; changed.
        rng: Source of chance for small details.
        animal: Whose shapes to draw.
        place: Where.
        texture: Brightness factor of the skin, `float32`, shape `(height, width)`.

    Returns:
        "ear", "back" and "head" boxes as (left, top, right, bottom) in pixels, not clipped to the canvas.
    """
    frame, size = Frame(canvas, animal, place, texture), place.height
    legs = [(hip, swing * animal.stride, place.skin * tone) for hip, swing, tone in LEGS]
    _tail(frame, rng)
    for hip, swing, skin in legs[:2]:
        frame.solid([frame.body(_leg(hip, swing))], skin, 0.09)
        _nails(frame, hip, swing, skin)
    draw_far_ear(frame)
    body = frame.body(closed_curve(animal.body))
    # Body and near legs are one rounded shape; creases part them again.
    frame.solid([body, *(frame.body(_leg(hip, swing)) for hip, swing, _ in legs[2:])], place.skin, 0.17)
    belly = frame.body(closed_curve(animal.body[8:13] + (0, 0.02)))
    frame.flat([belly], place.skin * 0.5, 0.25, 0.04)
    for hip, swing, skin in legs[2:]:
        _crease(frame, hip, swing)
        _nails(frame, hip, swing, skin)
    skull = draw_head(frame, rng)
    ear = draw_ear(frame, rng)
    back, top = frame.body(animal.body[:BACK_POINTS])[:, 0], body[:, 1].min()
    return {
        "ear": _box(ear),
        "back": (back.min(), top - 0.02 * size, back.max(), top + BACK_DEPTH * size),
        "head": _box(skull),
    }


def _box(points: np.ndarray) -> tuple[float, float, float, float]:
    return (*points.min(0).tolist(), *points.max(0).tolist())


def _leg(hip, swing):
    top, bend = (0.25, 0.02) if hip > 0 else (0.33, -0.03)
    line = [(hip, 0.62), (hip + swing * 0.35 + bend, 0.33), (hip + swing * 0.9, 0.12), (hip + swing, 0.01)]
    return stroke(line, [top, 0.19, 0.16, 0.19], flat=True)


def _nails(frame, hip, swing, skin):
    nails = [frame.body(ellipse((hip + swing + x, 0.03), (0.02, 0.022), 8)) for x in (-0.01, 0.04, 0.078)]
    frame.flat(nails, HORN * (skin.mean() + 0.35), 0.75)


def _crease(frame, hip, swing):
    side = -0.09 if hip > 0 else 0.13
    line = [(hip + side, 0.56), (hip + side * 0.9 + 0.01, 0.45), (hip + side * 0.8 + swing * 0.3, 0.36)]
    frame.flat([frame.body(stroke(line, [0.01, 0.035, 0.05]))], frame.place.skin * 0.5, 0.4, 0.015)


def _tail(frame, rng):
    sway = rng.uniform(-0.06, 0.05)
    line = [(-0.70, 0.78), (-0.80, 0.66), (-0.82 + sway, 0.46), (-0.83 + 1.6 * sway, 0.34)]
    frame.solid([frame.body(stroke(line, [0.06, 0.035, 0.025, 0.02]))], frame.place.skin * 0.8, 0.03)
    tuft = [(-0.83 + 1.6 * sway, 0.36), (-0.835 + 1.9 * sway, 0.24)]
    frame.flat([frame.body(stroke(tuft, [0.02, 0.05]))], frame.place.skin * 0.35)
