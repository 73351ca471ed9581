"""Does a photo show what the dataset is about at all? ImageNet's own head knows, once told which classes count."""

from typing import Any

import numpy as np

from core.training.config import BACKBONES
from core.training.weights import package_weights, read_state_dict

_FIRST_GUESS_SHARE = 0.015  # an ImageNet class counts if it is the first guess for this share of the photos
_TAIL = 4.5  # standard deviations below the median; on elephants 97 % of the test photos pass
_HIGHEST_THRESHOLD = 0.5


def derive_subject(embeddings: np.ndarray, backbone: str) -> tuple[np.ndarray, dict[str, Any] | None]:
    """Derives from the training photos which ImageNet classes stand for the subject, and a threshold.

    For elephants these turn out to be African elephant, Indian elephant and tusker; nothing is hard-coded. Some
    training photos always show something else and spoil the lower tail of the scores, so the spread is measured in
    the upper half only, in log-odds.

    Args:
        embeddings: `float32`, shape `(photos, features)`, of the training photos.
        backbone: The backbone that made them.

    Returns:
        The mask over ImageNet's classes, `float32`, shape `(1000,)`, and what the run stores: `imagenet_classes`
        (indices), `threshold` (0-1) and `share_passing` (of the training photos). `None` and an empty mask if no
        class stands out, or if the backbone comes without ImageNet's head (`keras.applications`).
    """
    if not BACKBONES[backbone].package:
        return np.zeros(1000, np.float32), None
    state = read_state_dict(package_weights(BACKBONES[backbone].package))
    logits = embeddings @ state["_fc.weight"].T + state["_fc.bias"]
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    counts = np.bincount(probabilities.argmax(axis=1), minlength=1000)
    classes = np.flatnonzero(counts >= max(2, _FIRST_GUESS_SHARE * len(embeddings)))
    mask = np.zeros(1000, np.float32)
    if len(classes) == 0:
        return mask, None
    mask[classes] = 1
    scores = probabilities @ mask
    log_odds = np.log(np.clip(scores, 1e-7, 1 - 1e-7) / (1 - np.clip(scores, 1e-7, 1 - 1e-7)))
    median, upper = np.quantile(log_odds, [0.5, 0.84])
    threshold = float(min(_HIGHEST_THRESHOLD, 1 / (1 + np.exp(_TAIL * (upper - median) - median))))
    return mask, {
        "imagenet_classes": classes.tolist(),
        "threshold": threshold,
        "share_passing": float((scores >= threshold).mean()),
    }
