"""Out-of-fold opinions of a linear head that wrong labels can mislead only a little."""

import numpy as np
from scipy.special import softmax

from core.features.linear_head import fit_softmax

_REPEATS, _FOLDS = 2, 5
_ITERATIONS = 60
_LEAST_TAUGHT = 2  # pictures of a class; from a single one nobody can say what else is of that class
_SPREAD = 1.35  # standard deviation of the combined scores; calibrates the probabilities of real photos


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
        self._labels, self._groups = labels, groups
        self._regularization = regularization
        random = np.random.default_rng(seed)
        self._folds = [assign_folds(groups, labels, _FOLDS, random) for _ in range(_REPEATS)]
        self._starts: dict[tuple[int, int], np.ndarray] = {}

    def too_few(self, given: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Whether the heads that judge a photo know its class from fewer than two pictures, shape `(n,)`.

        Args:
            given: The class to look up, class indices, shape `(n,)`.
            labels: What is learned, class indices, shape `(n,)`; below 0 teaches nothing. Copies are one picture.
        """
        teaches = (self._labels >= 0) & (labels >= 0)
        found = np.zeros(len(given), bool)
        for folds in self._folds:
            taught = np.unique(np.stack([labels, folds, self._groups])[:, teaches], axis=1)
            count = np.zeros((max(given.max(), labels.max()) + 1, _FOLDS), int)
            np.add.at(count, (taught[0], taught[1]), 1)
            own = np.where(self._labels >= 0, count[given, folds], 0)
            found |= count[given].sum(axis=1) - own < _LEAST_TAUGHT
        return found

    def predict(self, targets: np.ndarray, weights: np.ndarray, robustness: float = 0.0) -> np.ndarray:
        """Log-probabilities, `float64`, shape `(n, classes)`, centred so that each row sums to 0.

        Args:
            targets: What to learn, shape `(n, classes)`; each row sums to 1.
            weights: Of each photo, shape `(n,)`.
            robustness: See `linear_head.fit_softmax`.
        """
        total = np.zeros(targets.shape)
        for repeat, folds in enumerate(self._folds):
            for fold in range(_FOLDS):
                learn = (folds != fold) & (self._labels >= 0) & (weights > 0)
                judge = (folds == fold) & (self._labels >= 0)
                parameters = fit_softmax(
                    self._x[learn],
                    targets[learn],
                    weights[learn],
                    self._regularization,
                    _ITERATIONS,
                    robustness=robustness,
                    start=self._starts.get((repeat, fold)),
                )
                self._starts[repeat, fold] = parameters
                total[judge] += _scores(self._x[judge], parameters)
                outside = self._labels < 0
                total[outside] += _scores(self._x[outside], parameters) / _FOLDS
        return total / _REPEATS


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
    """One opinion from several: each weighs as much as it helps to predict the labels, the sum has a fixed spread.

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

    def objective(coefficients: np.ndarray) -> tuple[float, np.ndarray]:
        probabilities = softmax(np.tensordot(coefficients, experts, axes=1), axis=1)
        loss = -(share * targets * np.log(np.maximum(probabilities, 1e-12))).sum()
        return loss, ((share * (probabilities - targets)) * experts).sum(axis=(1, 2))

    found = minimize(
        objective, np.full(len(opinions), 0.5), jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(opinions)
    ).x
    total = np.tensordot(found if found.any() else np.ones(len(opinions)), experts, axes=1)
    return _SPREAD * total / max(total.std(), 1e-9)


def _scores(x: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    logits = x @ parameters[:-1] + parameters[-1]
    return logits - logits.mean(axis=1, keepdims=True)
