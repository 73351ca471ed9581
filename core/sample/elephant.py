"""Draws one elephant, part by part from far to near, and says where its ear, back and head are."""

import numpy as np

from core.sample.anatomy import BACK_POINTS
from core.sample.curves import closed_curve, ellipse, stroke
from core.sample.frame import Frame
from core.sample.head import draw_ear, draw_far_ear, draw_head
from core.sample.painter import table

HORN = np.array((0.80, 0.74, 0.66))
BACK_DEPTH = 0.3  # height of the box around the back line, in shoulder heights


def draw_elephant(frame: Frame) -> dict[str, np.ndarray]:
    """Draws an elephant in place.

    Returns:
        "ear", "back" and "head" to points in pixels that span them, shape `(n, 2)`, not clipped to the canvas.
    """
    size, skin = frame.place.height, frame.skin
    # Far front, far hind, near front, near hind.
    legs = [(leg["hip"], leg["swing"] * frame.animal.stride, skin * leg["tone"]) for leg in table("legs")]
    _tail(frame)
    for hip, swing, tone in legs[:2]:
        frame.solid([_leg(frame, hip, swing)], tone, 0.09)
        _nails(frame, hip, swing, tone)
    draw_far_ear(frame)
    body = frame.body(closed_curve(frame.animal.body))
    # Body and near legs are one rounded shape; creases part them again.
    frame.solid([body, *(_leg(frame, hip, swing) for hip, swing, _ in legs[2:])], skin, 0.17)
    belly = frame.body(closed_curve(frame.animal.body[8:13] + (0, 0.02)))
    frame.flat([belly], skin * 0.5, 0.25, 0.04)
    for hip, swing, tone in legs[2:]:
        _crease(frame, hip, swing)
        _nails(frame, hip, swing, tone)
    skull = draw_head(frame)
    ear = draw_ear(frame)
    back, top = frame.body(frame.animal.body[:BACK_POINTS])[:, 0], body[:, 1].min()
    span = np.array([(back.min(), top - 0.02 * size), (back.max(), top + BACK_DEPTH * size)])
    return {"ear": ear, "back": span, "head": skull}


def _leg(frame: Frame, hip: float, swing: float) -> np.ndarray:
    top, bend = (0.25, 0.02) if hip > 0 else (0.33, -0.03)
    line = [(hip, 0.62), (hip + swing * 0.35 + bend, 0.33), (hip + swing * 0.9, 0.12), (hip + swing, 0.01)]
    return frame.body(stroke(line, [top, 0.19, 0.16, 0.19], flat=True))


def _nails(frame: Frame, hip: float, swing: float, skin: np.ndarray) -> None:
    nails = [frame.body(ellipse((hip + swing + x, 0.03), (0.02, 0.022), 8)) for x in (-0.01, 0.04, 0.078)]
    frame.flat(nails, HORN * (skin.mean() + 0.35), 0.75)


def _crease(frame: Frame, hip: float, swing: float) -> None:
    side = -0.09 if hip > 0 else 0.13
    line = [(hip + side, 0.56), (hip + side * 0.9 + 0.01, 0.45), (hip + side * 0.8 + swing * 0.3, 0.36)]
    frame.flat([frame.body(stroke(line, [0.01, 0.035, 0.05]))], frame.skin * 0.5, 0.4, 0.015)


def _tail(frame: Frame) -> None:
    sway = frame.scene.rng.uniform(-0.06, 0.05)
    line = [(-0.70, 0.78), (-0.80, 0.66), (-0.82 + sway, 0.46), (-0.83 + 1.6 * sway, 0.34)]
    frame.solid([frame.body(stroke(line, [0.06, 0.035, 0.025, 0.02]))], frame.skin * 0.8, 0.03)
    tuft = [(-0.83 + 1.6 * sway, 0.36), (-0.835 + 1.9 * sway, 0.24)]
    frame.flat([frame.body(stroke(tuft, [0.02, 0.05]))], frame.skin * 0.35)
