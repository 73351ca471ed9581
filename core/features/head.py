"""A linear head on embeddings: multinomial logistic regression by L-BFGS, with its learning curve."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

Curve = list[dict[str, float]]


@dataclass(frozen=True)
class FittedHead:
    """A linear head in terms of the raw embedding.

    Attributes:
        kernel: `float32`, shape `(features, classes)`.
        bias: `float32`, shape `(classes,)`.
        epochs: L-BFGS iterations that were kept.
    """

    kernel: np.ndarray
    bias: np.ndarray
    epochs: int

    def probabilities(self, embeddings: np.ndarray) -> np.ndarray:
        """`float64`, shape `(photos, classes)`; each row sums to 1."""
        return softmax(embeddings.astype(np.float64) @ self.kernel + self.bias, axis=1)


class _Stop(Exception):
    """Ends the optimisation early."""


def fit_head(
    embeddings: np.ndarray,
    labels: np.ndarray,
    num_classes: int,
    *,
    regularization: float,
    epochs: int,
    weights: np.ndarray | None = None,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    patience: int = 0,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> FittedHead:
    """Fits softmax regression on standardised embeddings and folds the standardisation into the head.

    Args:
        embeddings: `float32`, shape `(photos, features)`.
        labels: Class indices, shape `(photos,)`, or the probability of each class, shape `(photos, classes)`.
        num_classes: At least 2.
        regularization: Strength of the L2 penalty beside the mean cross-entropy.
        epochs: L-BFGS iterations at most; each sees all photos.
        weights: Weight of each photo, shape `(photos,)`; `None` weighs all alike.
        validation: Embeddings and labels (class indices) that are only watched.
        patience: Stop after so many iterations without a lower validation loss and keep the best; 0 is off.
        on_epoch: Called with `epoch`, `loss`, `accuracy`, `val_loss`, `val_accuracy` after each iteration.

    Returns:
        The head of the best iteration (with patience) or the last.
    """
    from scipy.optimize import minimize

    mean, scale = embeddings.mean(axis=0), embeddings.std(axis=0) + 1e-6
    x = ((embeddings - mean) / scale).astype(np.float64)
    targets = labels if labels.ndim == 2 else np.eye(num_classes)[labels]
    held = None
    if validation is not None:
        held = (((validation[0] - mean) / scale).astype(np.float64), np.eye(num_classes)[validation[1]])
    weights = np.ones(len(x)) if weights is None else weights / weights.mean()
    shape = (x.shape[1] + 1, num_classes)
    best = {"loss": np.inf, "epoch": 0, "parameters": np.zeros(shape)}
    count = 0

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        parameters = flat.reshape(shape)
        probabilities = softmax(x @ parameters[:-1] + parameters[-1], axis=1)
        loss = _cross_entropy(probabilities, targets, weights) + regularization / 2 * np.sum(parameters[:-1] ** 2)
        error = (probabilities - targets) * (weights / len(x))[:, None]
        gradient = np.vstack([x.T @ error + regularization * parameters[:-1], error.sum(axis=0)])
        return loss, gradient.ravel()

    def after_iteration(flat: np.ndarray) -> None:
        nonlocal count
        count += 1
        parameters = flat.reshape(shape)
        row = {"epoch": count, **_measure("", x, targets, parameters)}
        if held:
            row |= _measure("val_", *held, parameters)
        if on_epoch:
            on_epoch(row)
        watched = row["val_loss"] if held and patience else -count
        if watched < best["loss"] - 1e-6:
            best.update(loss=watched, epoch=count, parameters=parameters.copy())
        elif patience and held and count - best["epoch"] >= patience:
            raise _Stop

    try:
        minimize(
            objective,
            np.zeros(shape).ravel(),
            jac=True,
            method="L-BFGS-B",
            callback=after_iteration,
            options={"maxiter": epochs},
        )
    except _Stop:
        pass
    kernel = best["parameters"][:-1] / scale[:, None]
    bias = best["parameters"][-1] - mean @ kernel
    return FittedHead(kernel.astype(np.float32), bias.astype(np.float32), best["epoch"])


def balanced_weights(labels: np.ndarray, num_classes: int) -> np.ndarray:
    """The weight of each photo so that every class counts alike."""
    counts = np.bincount(labels, minlength=num_classes)
    return (len(labels) / (num_classes * np.maximum(counts, 1)))[labels]


def _measure(prefix: str, x: np.ndarray, targets: np.ndarray, parameters: np.ndarray) -> dict[str, float]:
    probabilities = softmax(x @ parameters[:-1] + parameters[-1], axis=1)
    return {
        f"{prefix}loss": float(_cross_entropy(probabilities, targets, np.ones(len(targets)))),
        f"{prefix}accuracy": float((probabilities.argmax(axis=1) == targets.argmax(axis=1)).mean()),
    }


def _cross_entropy(probabilities: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> float:
    return float(np.mean(weights * -np.sum(targets * np.log(np.maximum(probabilities, 1e-12)), axis=1)))
