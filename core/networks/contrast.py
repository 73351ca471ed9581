"""A linear head between the dataset's photos and pictures of other things, judged on what it has not seen."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from core.networks.cosine import unit_vectors
from core.networks.others import Others

_FOLDS = 5
_REGULARIZATION = 0.3  # docs/decisions.md
_MAX_PHOTOS = 2_000  # of the dataset: others are few, and more photos of the same subject say little more
_NEIGHBOURS, _TYPICAL, _OWN = 3, 0.25, 0.35


@dataclass(frozen=True)
class Contrast:
    """What was fitted.

    Attributes:
        kernels: By backbone, `float32`, shape `(features, 1)`.
        constant: What is added to them.
        photos: Scores of the dataset's photos, shape `(n,)`, each by a head that has not learned from it.
        others: The same of the other pictures, by heads that know nothing of their source.
    """

    kernels: dict[str, np.ndarray]
    constant: float
    photos: np.ndarray
    others: np.ndarray


def fit_contrast(
    embeddings: dict[str, np.ndarray], others: Others, evidence: np.ndarray, others_evidence: np.ndarray
) -> Contrast:
    """Adds to known evidence what a linear head finds beyond it: logistic regression with the evidence as offset.

    Args:
        embeddings: By backbone: of n photos, `float32`, shape `(n, features)`.
        others: What is not the dataset's subject.
        evidence: Of the photos, in log-odds, shape `(n,)`.
        others_evidence: Of the others.

    Returns:
        The head of all of them; scores are evidence plus head plus its constant, in log-odds.
    """
    joined = {name: np.concatenate([values, others.embeddings[name]]) for name, values in embeddings.items()}
    scales = {name: values.std(axis=0) + 1e-3 for name, values in joined.items()}
    means = {name: values.mean(axis=0) for name, values in joined.items()}
    x = np.hstack([(values - means[name]) / scales[name] for name, values in joined.items()])
    offset = np.r_[evidence, others_evidence]
    is_photo = np.arange(len(x)) < len(evidence)
    chosen = np.zeros(len(x), bool)
    chosen[np.linspace(0, len(evidence) - 1, min(len(evidence), _MAX_PHOTOS)).astype(int)] = True
    chosen |= ~is_photo
    fold = np.r_[np.random.default_rng(0).permutation(len(evidence)), others.sources] % _FOLDS
    scores = np.empty(len(x))
    for number in range(_FOLDS):
        held = fold == number
        parameters = _fit(x, offset, is_photo, chosen & ~held)
        scores[held] = x[held] @ parameters[:-1] + parameters[-1] + offset[held]
    *kernel, constant = _fit(x, offset, is_photo, chosen)
    parts = np.split(kernel, np.cumsum([len(scale) for scale in scales.values()])[:-1])
    kernels = {
        name: (part / scale)[:, None].astype(np.float32)
        for (name, scale), part in zip(scales.items(), parts, strict=True)
    }
    constant -= sum(float(means[name] @ kernels[name][:, 0]) for name in kernels)
    return Contrast(kernels, float(constant), scores[is_photo], scores[~is_photo])


def foreign(descriptors: np.ndarray, others: Others, others_descriptors: np.ndarray) -> np.ndarray:
    """Which of the others are not the dataset's own subject: somebody may well train on what they show.

    A kind is left out as a whole where a third of its pictures lie as near to photos of the dataset as three quarters
    of these lie to each other.

    Args:
        descriptors: Of n photos, shape `(n, features)`; compared by cosine similarity.
        others: Their kinds count.
        others_descriptors: Shape `(m, features)`.

    Returns:
        `bool`, shape `(m,)`.
    """
    step = max(1, len(descriptors) // _MAX_PHOTOS)
    photos = unit_vectors(descriptors[::step])
    among = photos @ photos.T
    np.fill_diagonal(among, -1)
    typical = np.quantile(_nearest(among), _TYPICAL)
    is_own = _nearest(unit_vectors(others_descriptors) @ photos.T) > typical
    own_kinds = [kind for kind in np.unique(others.kinds) if is_own[others.kinds == kind].mean() >= _OWN]
    return ~np.isin(others.kinds, own_kinds)


def _nearest(similarity: np.ndarray) -> np.ndarray:
    return np.sort(similarity, axis=1)[:, -_NEIGHBOURS:].mean(axis=1)


def _fit(x: np.ndarray, offset: np.ndarray, is_photo: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Kernel and constant; both sides weigh alike."""
    from scipy.optimize import minimize

    values, known, sign = x[rows], offset[rows], np.where(is_photo[rows], 1.0, -1.0)
    weights = np.where(sign > 0, 0.5 / max(1, (sign > 0).sum()), 0.5 / max(1, (sign < 0).sum()))

    def objective(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        margins = sign * (values @ parameters[:-1].astype(values.dtype) + parameters[-1] + known)
        pull = -weights * sign * expit(-margins)
        gradient = np.r_[values.T @ pull.astype(values.dtype) + _REGULARIZATION * parameters[:-1], pull.sum()]
        loss = (weights * np.logaddexp(0, -margins)).sum() + _REGULARIZATION / 2 * (parameters[:-1] ** 2).sum()
        return float(loss), gradient.astype(np.float64)

    start = np.zeros(x.shape[1] + 1)
    return minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": 100}).x
