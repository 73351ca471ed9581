"""The linear head: multinomial logistic regression by L-BFGS, on embeddings or on whatever else describes photos."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax


@dataclass(frozen=True)
class LinearHead:
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
) -> LinearHead:
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
    mean, scale = embeddings.mean(axis=0), embeddings.std(axis=0) + 1e-6

    def standardised(values: np.ndarray) -> np.ndarray:
        return ((values - mean) / scale).astype(np.float64)

    x, targets = standardised(embeddings), labels if labels.ndim == 2 else np.eye(num_classes)[labels]
    held = None if validation is None else (standardised(validation[0]), np.eye(num_classes)[validation[1]])
    watched, count, best_loss, best_epoch = held is not None and patience > 0, 0, np.inf, 0
    best = np.zeros((x.shape[1] + 1, num_classes))

    def after_iteration(flat: np.ndarray) -> None:
        nonlocal count, best_loss, best_epoch, best
        count += 1
        parameters = flat.reshape(best.shape)
        row = {"epoch": count, **_measure("", x, targets, parameters)}
        if held:
            row |= _measure("val_", *held, parameters)
        if on_epoch:
            on_epoch(row)
        if not watched or row["val_loss"] < best_loss - 1e-6:
            best_loss, best_epoch, best = row.get("val_loss", 0.0), count, parameters.copy()
        elif count - best_epoch >= patience:
            raise StopIteration  # ends the optimisation early

    weights = np.ones(len(x)) if weights is None else weights
    fit_softmax(x, targets, weights, regularization, epochs, after_iteration=after_iteration)
    kernel = best[:-1] / scale[:, None]
    return LinearHead(kernel.astype(np.float32), (best[-1] - mean @ kernel).astype(np.float32), best_epoch)


def fit_softmax(
    x: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    regularization: float,
    iterations: int,
    *,
    robustness: float = 0.0,
    start: np.ndarray | None = None,
    after_iteration: Callable[[np.ndarray], None] | None = None,
) -> np.ndarray:
    """Softmax regression by L-BFGS on soft labels.

    With `robustness` q > 0 the loss is the generalised cross-entropy (1 - p^q) / q: Z. Zhang and M. Sabuncu,
    "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels", NeurIPS 2018. A photo that
    contradicts all others then loses its pull; q → 0 is the cross-entropy.

    Args:
        x: Standardised features, shape `(n, features)`; products are computed in its type.
        targets: What to learn, shape `(n, classes)`; each row sums to 1.
        weights: Of each photo, shape `(n,)`; only their ratios count.
        regularization: Strength of the L2 penalty beside the mean loss.
        iterations: At most.
        robustness: q of the loss, 0-1.
        start: Parameters to start from; `None` or another shape: zeros.
        after_iteration: Called with the flat parameters; it may raise `StopIteration`.

    Returns:
        Kernel and, as the last row, bias: `float64`, shape `(features + 1, classes)`.
    """
    from scipy.optimize import minimize

    shape = (x.shape[1] + 1, targets.shape[1])
    share = (weights / max(weights.sum(), 1e-12))[:, None]

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        parameters = flat.reshape(shape)
        probabilities = softmax(x @ parameters[:-1].astype(x.dtype) + parameters[-1], axis=1)
        if robustness:
            powers = np.maximum(probabilities, 1e-12) ** robustness
            loss = (share * targets * (1 - powers)).sum() / robustness
            pull = targets * powers
        else:
            loss = -(share * targets * np.log(np.maximum(probabilities, 1e-12))).sum()
            pull = targets
        error = share * (pull.sum(axis=1, keepdims=True) * probabilities - pull)
        gradient = np.vstack([x.T @ error.astype(x.dtype), error.sum(axis=0)])
        gradient[:-1] += regularization * parameters[:-1]
        return loss + regularization / 2 * np.sum(parameters[:-1] ** 2), gradient.ravel().astype(np.float64)

    start = np.zeros(shape) if start is None or start.shape != shape else start
    options = {"maxiter": iterations}
    found = minimize(objective, start.ravel(), jac=True, method="L-BFGS-B", callback=after_iteration, options=options)
    return found.x.reshape(shape)


def balanced_weights(labels: np.ndarray, num_classes: int) -> np.ndarray:
    """The weight of each photo so that every class counts alike."""
    counts = np.bincount(labels, minlength=num_classes)
    return (len(labels) / (num_classes * np.maximum(counts, 1)))[labels]


def _measure(prefix: str, x: np.ndarray, targets: np.ndarray, parameters: np.ndarray) -> dict[str, float]:
    probabilities = softmax(x @ parameters[:-1] + parameters[-1], axis=1)
    losses = -np.sum(targets * np.log(np.maximum(probabilities, 1e-12)), axis=1)
    is_right = probabilities.argmax(axis=1) == targets.argmax(axis=1)
    return {f"{prefix}loss": float(losses.mean()), f"{prefix}accuracy": float(is_right.mean())}
