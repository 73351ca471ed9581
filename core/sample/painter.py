"""The numbers of the painter, which are data and no code, lie in `painter.json`; here they are read.

Shapes are control points of an animal that faces right, feet at y = 0, shoulder height about 1, y upwards. Points of
head, ear and trunk are relative to the neck, before the head is pitched up or down. Both species list the same
landmarks in the same order, so that individuals can vary between and beyond.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.files import read_json


@cache
def table(name: str) -> Any:
    """A table of `painter.json`; colours are RGB, 0-1, lengths in shoulder heights (of trees: in tree heights)."""
    return read_json(Path(__file__).with_suffix(".json"))[name]


@cache
def shapes(name: str) -> dict[str, np.ndarray]:
    """The control points of a kind of shape, each of shape `(n, 2)`.

    Args:
        name: `body`, `head`, `ear` or `neck`, by species; `trunk`, by pose; `others`, by what they outline;
            `widths`, shape `(n,)`, of strokes along them.
    """
    return {key: np.array(points) for key, points in table(name).items()}


def chosen(rng: np.random.Generator, name: str) -> dict[str, Any]:
    """A random row of a table, by the `share` of each."""
    rows = table(name)
    return rows[rng.choice(len(rows), p=[row["share"] for row in rows])]
