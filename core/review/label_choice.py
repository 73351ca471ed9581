"""Which photos to label next: spread over all of them, then those a model is unsure of, each unlike the rest."""

import numpy as np

# Of 1 to 4, on the elephants with labels hidden: 2 and 3 needed the fewest labels, within each other's noise.
DOUBT_POWER = 2
_BLOCK = 256  # photos at once


def spread(units: np.ndarray, known: np.ndarray, is_open: np.ndarray, count: int) -> list[int]:
    """k-centre: each photo is the one least similar to all that are known or chosen before it.

    Sener and Savarese, "Active Learning for Convolutional Neural Networks: A Core-Set Approach", ICLR 2018. Where
    nothing is known, the first is the one nearest to the middle.

    Args:
        units: Embeddings as unit vectors, `float32`, shape `(photos, features)`.
        known: Which photos have an answer, `bool`, shape `(photos,)`.
        is_open: Which may be chosen, `bool`, shape `(photos,)`.
        count: How many, at most.

    Returns:
        Rows, in order.
    """
    return _apart(units, known, is_open, np.ones(len(units)), count)


def uncertain_and_different(
    units: np.ndarray, known: np.ndarray, is_open: np.ndarray, probabilities: np.ndarray, count: int
) -> list[int]:
    """Photos that a model is unsure of, each unlike what is known and chosen: doubt times distance.

    Args:
        units, known, is_open, count: As `spread`.
        probabilities: What the model says, shape `(photos, classes)`.

    Returns:
        Rows, in order.
    """
    return _apart(units, known, is_open, doubt(probabilities) ** DOUBT_POWER + 1e-9, count)


def doubt(probabilities: np.ndarray) -> np.ndarray:
    """1 where the two most probable classes are equally probable, 0 where one is certain; shape `(photos,)`."""
    ordered = np.sort(probabilities, axis=1)
    return 1 - (ordered[:, -1] - ordered[:, -2])


def _apart(units: np.ndarray, known: np.ndarray, is_open: np.ndarray, weight: np.ndarray, count: int) -> list[int]:
    is_open, chosen = is_open & ~known, []
    distance = np.full(len(units), np.inf)
    rows = np.flatnonzero(known)
    for start in range(0, len(rows), _BLOCK):
        similarity = units @ units[rows[start : start + _BLOCK]].T
        np.minimum(distance, 1 - similarity.max(axis=1), out=distance)
    for _ in range(min(count, int(is_open.sum()))):
        value = units @ units.mean(axis=0) if np.isinf(distance).all() else np.maximum(distance, 0) * weight
        chosen.append(int(np.argmax(np.where(is_open, value, -np.inf))))
        is_open[chosen[-1]] = False
        np.minimum(distance, 1 - units @ units[chosen[-1]], out=distance)
    return chosen
