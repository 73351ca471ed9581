"""Probabilities that come true although labels are wrong, and the doubt below which a run asks for a person."""

import numpy as np
from scipy.special import expit, softmax

from core.runs.contents import Calibration

_PRIOR_WRONG, _PRIOR_RIGHT = 1.0, 9.0  # as if of ten more photos of each class one label had been wrong
_USUAL_LOG_TEMPERATURE = 0.7  # standard deviation of the prior: temperatures lie between 0.5 and 2, mostly
_CURVE_POINTS = 50


def calibrate(
    logits: np.ndarray, labels: np.ndarray, decided: np.ndarray, weights: np.ndarray, accepted_error: float
) -> Calibration:
    """Fits a temperature (Guo et al. 2017) and, with it, how often labels are wrong.

    With wrong labels plain temperature scaling learns modesty: a perfect network would have to say 80 % where a fifth
    of the labels is wrong. So the labels are explained by the network's probabilities *and* a noise rate a class,
    spread evenly over the other classes (the forward model of G. Patrini et al., "Making deep neural networks robust
    to label noise", CVPR 2017), both by maximum likelihood. Decided labels are taken as right.

    Args:
        logits: Of photos that the predicting model had not seen, shape `(n, classes)`.
        labels: Class indices, shape `(n,)`.
        decided: `bool`, shape `(n,)`: a person decided about this label.
        weights: How much each photo counts, 0-1, shape `(n,)`.
        accepted_error: See `Calibration`, 0-1.
    """
    from scipy.optimize import minimize

    rows, num_classes = np.arange(len(labels)), logits.shape[1]

    def negative_log_likelihood(parameters: np.ndarray) -> float:
        noise = expit(parameters[1:])
        clean = softmax(logits / np.exp(parameters[0]), axis=1)
        seen = clean * (1 - noise) + (clean * noise) @ (1 - np.eye(num_classes)) / (num_classes - 1)
        likelihood = np.where(decided, clean[rows, labels], seen[rows, labels])
        prior = _PRIOR_WRONG * np.log(noise) + _PRIOR_RIGHT * np.log(1 - noise)
        far = (parameters[0] / _USUAL_LOG_TEMPERATURE) ** 2 / 2  # few photos, all right: still not endlessly sure
        return float(-(weights * np.log(np.maximum(likelihood, 1e-9))).sum() - prior.sum() + far)

    start = np.r_[0.0, np.full(num_classes, -2.0)]
    bounds = [(-3.0, 3.0)] + [(-6.0, 0.0)] * num_classes  # no class has more wrong labels than right ones
    found = minimize(negative_log_likelihood, start, method="L-BFGS-B", bounds=bounds).x
    temperature = float(np.exp(found[0]))
    confidence = np.sort(softmax(logits / temperature, axis=1).max(axis=1))[::-1]
    risk = np.cumsum(1 - confidence) / np.arange(1, len(confidence) + 1)  # grows with every photo: they are sorted
    answered = max(1, int((risk <= accepted_error).sum()))
    points = np.unique(np.linspace(0, len(confidence) - 1, _CURVE_POINTS).astype(int))
    return Calibration(
        temperature=temperature,
        label_noise=expit(found[1:]).tolist(),
        accepted_error=accepted_error,
        uncertain_below=float(np.clip(confidence[answered - 1], 1 / num_classes, 0.99)),
        coverage=answered / len(confidence),
        curve={
            "coverage": ((points + 1) / len(confidence)).tolist(),
            "errors": risk[points].tolist(),
            "threshold": confidence[points].tolist(),
        },
        n=len(labels),
    )
