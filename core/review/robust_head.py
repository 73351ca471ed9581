"""Out-of-fold opinions of a linear head that wrong labels can mislead only a little."""

import numpy as np
from scipy.special import softmax

_REPEATS, _FOLDS = 2, 5
_ITERATIONS = 60
_LOUDNESS = 1.35  # standard deviation of the combined scores; makes the probabilities of real photos come true


class OutOfFold:
    """Predicts every photo by heads that have not seen it, nor a copy of it.

    Repeated stratified folds; the heads of one fold start from where they ended the last time, so refitting after a
    few decisions is quick.
    """

    def __init__(self, x: np.ndarray, groups: np.ndarray, labels: np.ndarray, regularization: float, seed: int = 0):
        """Args:
        x: `float32`, shape `(n, features)`.
        groups: Copies share a number, shape `(n,)`.
        labels: To stratify by, shape `(n,)`; photos with -1 are predicted by all heads and teach none.
        regularization: Strength of the L2 penalty.
        seed: Same seed, same folds.
        """
        self._x = x.astype(np.float32)
        self._labels = labels
        self._regularization = regularization
        random = np.random.default_rng(seed)
        self._folds = [assign_folds(groups, labels, _FOLDS, random) for _ in range(_REPEATS)]
        self._starts: dict[tuple[int, int], np.ndarray] = {}

    def predict(self, targets: np.ndarray, weights: np.ndarray, robustness: float = 0.0) -> np.ndarray:
        """Log-probabilities, `float64`, shape `(n, classes)`, centred so that each row sums to 0.

        Args:
            targets: What to learn, shape `(n, classes)`; each row sums to 1.
            weights: Of each photo, shape `(n,)`.
            robustness: See `fit`.
        """
        total = np.zeros(targets.shape)
        for repeat, folds in enumerate(self._folds):
            for fold in range(_FOLDS):
                learn = (folds != fold) & (self._labels >= 0) & (weights > 0)
                judge = (folds == fold) & (self._labels >= 0)
                parameters = fit(
                    self._x[learn],
                    targets[learn],
                    weights[learn],
                    self._regularization,
                    robustness,
                    self._starts.get((repeat, fold)),
                )
                self._starts[repeat, fold] = parameters
                total[judge] += _scores(self._x[judge], parameters)
                outside = self._labels < 0
                total[outside] += _scores(self._x[outside], parameters) / _FOLDS
        return total / _REPEATS


def fit(
    x: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    regularization: float,
    robustness: float,
    start: np.ndarray | None = None,
) -> np.ndarray:
    """Softmax regression by L-BFGS on soft labels.

    With `robustness` q > 0 the loss is the generalised cross-entropy (1 - p^q) / q: Z. Zhang and M. Sabuncu,
    "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels", NeurIPS 2018. A photo that
    contradicts all others then loses its pull; q → 0 is the cross-entropy.

    Returns:
        Kernel and, as the last row, bias: `float64`, shape `(features + 1, classes)`.
    """
    from scipy.optimize import minimize

    shape = (x.shape[1] + 1, targets.shape[1])
    share = (weights / max(weights.sum(), 1e-12))[:, None]

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        parameters = flat.reshape(shape)
        probabilities = softmax(x @ parameters[:-1].astype(np.float32) + parameters[-1], axis=1)
        if robustness:
            powers = np.maximum(probabilities, 1e-12) ** robustness
            loss = (share * targets * (1 - powers)).sum() / robustness
            pull = targets * powers
        else:
            loss = -(share * targets * np.log(np.maximum(probabilities, 1e-12))).sum()
            pull = targets
        error = share * (pull.sum(axis=1, keepdims=True) * probabilities - pull)
        gradient = np.vstack([x.T @ error.astype(np.float32), error.sum(axis=0)])
        gradient[:-1] += regularization * parameters[:-1]
        return loss + regularization / 2 * np.sum(parameters[:-1] ** 2), gradient.ravel().astype(np.float64)

    start = np.zeros(shape) if start is None or start.shape != shape else start
    return minimize(objective, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": _ITERATIONS}).x.reshape(
        shape
    )


def assign_folds(groups: np.ndarray, labels: np.ndarray, num_folds: int, random: np.random.Generator) -> np.ndarray:
    """The fold of each photo, shape `(n,)`: copies in one, classes spread evenly by dealing groups out in turn."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    fold_of_group = np.empty(len(first), int)
    dealt = 0
    for label in np.unique(labels[first]):
        members = random.permutation(np.flatnonzero(labels[first] == label))
        fold_of_group[members] = (np.arange(len(members)) + dealt) % num_folds
        dealt += len(members)
    return fold_of_group[inverse]


def combine(opinions: list[np.ndarray], targets: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """One opinion from several: each is as loud as it helps to predict the labels, all together of a fixed loudness.

    Stacking (D. Wolpert, "Stacked generalization", 1992) with one number an expert, so wrong labels cannot be learned.

    Args:
        opinions: Out-of-fold scores, each of shape `(n, classes)`.
        targets: Labels to predict, shape `(n, classes)`.
        weights: Of each photo, shape `(n,)`.

    Returns:
        Scores whose softmax are probabilities, shape `(n, classes)`.
    """
    from scipy.optimize import minimize

    experts = np.stack([opinion / max(opinion.std(), 1e-9) for opinion in opinions])
    share = (weights / max(weights.sum(), 1e-12))[:, None]

    def objective(loudness: np.ndarray) -> tuple[float, np.ndarray]:
        probabilities = softmax(np.tensordot(loudness, experts, axes=1), axis=1)
        loss = -(share * targets * np.log(np.maximum(probabilities, 1e-12))).sum()
        return loss, ((share * (probabilities - targets)) * experts).sum(axis=(1, 2))

    found = minimize(
        objective, np.full(len(opinions), 0.5), jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(opinions)
    ).x
    total = np.tensordot(found if found.any() else np.ones(len(opinions)), experts, axes=1)
    return _LOUDNESS * total / max(total.std(), 1e-9)


def _scores(x: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    logits = x @ parameters[:-1] + parameters[-1]
    return logits - logits.mean(axis=1, keepdims=True)
