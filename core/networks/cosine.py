"""Cosine similarity: the angle between what a network sees in photos, whatever its strength."""

import numpy as np


def unit_vectors(values: np.ndarray) -> np.ndarray:
    """Vectors of length 1 along the last axis, whose product is the cosine similarity; zero stays zero."""
    return values / np.maximum(np.linalg.norm(values, axis=-1, keepdims=True), 1e-12)


def class_centres(values: np.ndarray, labels: np.ndarray, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Nearest class mean (T. Mensink et al., "Distance-based image classification", 2013), by cosine similarity.

    Args:
        values: Of n photos, `float32`, shape `(n, features)`.
        labels: Class indices, shape `(n,)`.
        num_classes: Number of classes.

    Returns:
        One unit vector a class, shape `(features, classes)`; and the cosine similarity of each photo to the nearest
        class, shape `(n,)`, where its own class is centred without it.
    """
    unit = unit_vectors(values)
    sums = np.zeros((num_classes, unit.shape[1]), np.float32)
    np.add.at(sums, labels, unit)
    similarity = unit @ unit_vectors(sums).T
    others = unit_vectors(sums[labels] - unit)
    similarity[np.arange(len(unit)), labels] = (others * unit).sum(axis=1)
    return np.ascontiguousarray(unit_vectors(sums).T), similarity.max(axis=1)
