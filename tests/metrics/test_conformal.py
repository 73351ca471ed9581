"""Prediction sets hold the true class as often as promised, and refuse to promise on too few photos."""

import numpy as np
import pytest

from core.errors import RunInvalidError
from core.metrics.conformal import needed, prediction_sets

NAMES = ("African", "Asian")


def photos(random, n, sharpness=1.5):
    """Labels, a third of them Asian, and probabilities that lean to them, more for African."""
    y_true = (random.random(n) < 1 / 3).astype(int)
    logits = random.normal(0, 1, (n, 2))
    logits[np.arange(n), y_true] += np.where(y_true == 0, sharpness, sharpness / 2)
    shares = np.exp(logits)
    return y_true, shares / shares.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_each_class_is_covered_as_often_as_promised(level):
    random = np.random.default_rng(0)
    covered = {0: [], 1: []}
    for _ in range(60):
        y_true, probabilities = photos(random, 600)
        sets = prediction_sets(y_true[:300], probabilities[:300], NAMES, "given", level)
        for label, row in zip(y_true[300:], probabilities[300:], strict=True):
            covered[label].append(NAMES[label] in sets.of(dict(zip(NAMES, row, strict=True))))
    for hits in covered.values():
        assert np.mean(hits) == pytest.approx(level + 0.5 / 100, abs=0.02)  # exact up to 1/(n + 1)


def test_the_limit_is_the_quantile_that_one_can_count():
    y_true = np.array([0] * 19 + [1] * 39)
    own = np.concatenate([np.arange(1, 20) / 20, np.arange(1, 40) / 40])
    probabilities = np.where(np.arange(2) == y_true[:, None], own[:, None], 1 - own[:, None])
    sets = prediction_sets(y_true, probabilities, NAMES, "reviewed")
    assert sets.least == pytest.approx({"African": 1 / 20, "Asian": 2 / 40}) and sets.n == {"African": 19, "Asian": 39}
    assert sets.labels == "reviewed"


def test_a_set_is_never_empty_and_starts_with_the_most_probable_class():
    y_true = np.array([0, 1] * 20)
    probabilities = np.where(np.arange(2) == y_true[:, None], 0.9, 0.1)
    sets = prediction_sets(y_true, probabilities, NAMES, "given")
    assert sets.of({"African": 0.45, "Asian": 0.55}) == ["Asian"]
    assert sets.of({"African": 0.9, "Asian": 0.95}) == ["Asian", "African"]


def test_too_few_photos_of_a_class_are_refused_in_a_sentence_that_names_the_labels():
    y_true = np.array([0] * 50 + [1] * 18)
    with pytest.raises(RunInvalidError, match=r"need 19 held-out photos of each class, but Asian has 18 \(given lab"):
        prediction_sets(y_true, np.full((68, 2), 0.5), NAMES, "given")
    assert prediction_sets(y_true, np.full((68, 2), 0.5), NAMES, "given", 0.9).n["Asian"] == 18


def test_how_many_photos_a_level_needs():
    assert [needed(level) for level in (0.5, 0.8, 0.9, 0.95, 0.99)] == [1, 4, 9, 19, 99]
    for level in (0, 1, -1):
        with pytest.raises(ValueError, match="above 0 and below 1"):
            prediction_sets(np.array([0]), np.ones((1, 1)), ("a",), "given", level)
