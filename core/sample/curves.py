"""Smooth outlines from a few control points: splines, tapered strokes and ellipses, all as point arrays."""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

WINDOW = np.array([-1, 0, 1, 2])  # the points that shape one segment of a spline


def closed_curve(points: ArrayLike, steps: int = 6) -> np.ndarray:
    """Rounds a polygon into a smooth closed outline (uniform Catmull-Rom spline).

    Args:
        points: Control points, shape `(n, 2)`; the curve passes through every one.
        steps: Curve points per control point.

    Returns:
        `float64`, shape `(n * steps, 2)`.
    """
    points = np.asarray(points, float)
    around = (np.arange(len(points))[:, None] + WINDOW) % len(points)
    return (_basis(steps) @ points[around]).reshape(-1, 2)


def open_curve(points: ArrayLike, steps: int = 6) -> np.ndarray:
    """Threads a smooth line through points, ends included.

    Args:
        points: Control points, shape `(n, 2)`, n at least 2.
        steps: Curve points per segment.

    Returns:
        `float64`, shape `((n - 1) * steps + 1, 2)`.
    """
    points = np.asarray(points, float)
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    around = np.arange(1, len(points))[:, None] + WINDOW
    return np.concatenate([(_basis(steps) @ padded[around]).reshape(-1, 2), points[-1:]])


def stroke(points: ArrayLike, widths: ArrayLike, steps: int = 6, flat: bool = False) -> np.ndarray:
    """Turns a centre line into the outline of a tapered limb, such as a trunk, tusk or leg.

    Args:
        points: Centre line control points, shape `(n, 2)`.
        widths: Full width at each control point, in the units of `points`.
        steps: Curve points per segment.
        flat: Whether the far end is cut straight, like a foot, instead of rounded off.

    Returns:
        The closed outline, shape `(m, 2)`.
    """
    line, widths = open_curve(points, steps), np.asarray(widths)
    position = np.arange(len(line)) * ((len(widths) - 1) / (len(line) - 1))
    width = np.interp(position, np.arange(len(widths)), widths) / 2
    step = line - np.concatenate([2 * line[:1] - line[1:2], line[:-1]])
    tangent = step / np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-9)[:, None]
    normal = tangent[:, ::-1] * (-1, 1)
    along = tangent[-1] * width[-1] * (0.0 if flat else 0.7)
    side = normal[-1] * width[-1] * 0.55
    tip = line[-1] + along + np.array([side, -side])
    edge = normal * width[:, None]
    return np.concatenate([line + edge, tip, (line - edge)[::-1]])


def ellipse(centre: ArrayLike, radii: ArrayLike, n: int = 20) -> np.ndarray:
    """Returns the outline of an upright ellipse, shape `(n, 2)`."""
    return _circle(n) * np.asarray(radii) + np.asarray(centre)


def blobs(rng: np.random.Generator, centre: ArrayLike, radii: ArrayLike) -> np.ndarray:
    """Returns one irregular rounded outline, such as a bush, a cloud or a tree crown."""
    return closed_curve(ellipse(centre, rng.uniform(0.75, 1.15, (11, 1)) * np.asarray(radii), 11), 4)


@lru_cache
def _basis(steps: int) -> np.ndarray:
    """Returns the weights of the four points around each curve point, shape `(steps, 4)`."""
    t = np.arange(steps)[:, None] / steps
    return 0.5 * np.hstack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3])


@lru_cache
def _circle(n: int) -> np.ndarray:
    angle = np.arange(n) * (2 * np.pi / n)
    return np.column_stack([np.cos(angle), np.sin(angle)])
