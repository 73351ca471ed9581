"""ImageNet's opinion of a photo: what a built-in backbone's own head, which knows a thousand classes, takes it for."""

import numpy as np

from core.networks.weights import backbone_weights

_FIRST_GUESS_SHARE = 0.015  # a class stands for the subject if it is the first guess for so many photos


def head(backbone: str) -> tuple[np.ndarray, np.ndarray]:
    """The head of a built-in backbone: kernel, `float32`, shape `(features, 1000)`, and bias, shape `(1000,)`."""
    state = backbone_weights(backbone)
    return state["_fc.weight"].T, state["_fc.bias"]


def centred_head(backbone: str) -> list[np.ndarray]:
    """The same with logits of mean zero: their softmax is the same, and they can be compared by their cosine."""
    kernel, bias = head(backbone)
    return [kernel - kernel.mean(axis=1, keepdims=True), bias - bias.mean()]


def logits(embeddings: np.ndarray, backbone: str) -> np.ndarray:
    """What ImageNet's head says: `float32`, shape `(photos, 1000)`.

    Args:
        embeddings: `float32`, shape `(photos, features)`, of that backbone.
        backbone: A built-in one.
    """
    kernel, bias = head(backbone)
    return embeddings @ kernel + bias


def frequent_classes(scores: np.ndarray) -> np.ndarray:
    """The classes that many photos are taken for, so that they stand for what the photos show; nothing is hard-coded.

    For elephants these are African elephant, Indian elephant and tusker.

    Args:
        scores: Logits or probabilities, shape `(photos, 1000)`.

    Returns:
        `bool`, shape `(1000,)`: the first guess for at least 1.5 % of the photos, and for two.
    """
    return frequent_guesses(scores.argmax(axis=1), scores.shape[1])


def frequent_guesses(guesses: np.ndarray, num_classes: int) -> np.ndarray:
    """The same from the first guesses alone, class indices of shape `(photos,)`."""
    return np.bincount(guesses, minlength=num_classes) >= max(2, _FIRST_GUESS_SHARE * len(guesses))
