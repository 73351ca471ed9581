"""Temperature and label noise: worlds whose answers are known."""

import numpy as np
import pytest

from core.training.calibration import calibrate


def world(n=4000, temperature=1.0, noise=(0.0, 0.0), seed=0):
    """Logits whose softmax at `temperature` is true, and labels of which some are swapped."""
    random = np.random.default_rng(seed)
    margins = random.normal(0, 3, n)
    truth = (random.random(n) < 1 / (1 + np.exp(-margins))).astype(int)
    labels = np.where(random.random(n) < np.array(noise)[truth], 1 - truth, truth)
    logits = np.stack([-margins / 2, margins / 2], axis=1) * temperature
    return logits, labels, truth


def fitted(logits, labels, decided=None, accepted_error=0.02):
    decided = np.zeros(len(labels), bool) if decided is None else decided
    return calibrate(logits, labels, decided, np.ones(len(labels)), accepted_error)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_finds_the_temperature_of_clean_labels(temperature):
    logits, labels, _ = world(temperature=temperature)
    assert fitted(logits, labels).temperature == pytest.approx(temperature, rel=0.15)


def test_wrong_labels_do_not_make_it_modest_and_their_share_is_found():
    logits, labels, _ = world(temperature=2.0, noise=(0.25, 0.05))
    found = fitted(logits, labels)
    assert found.temperature == pytest.approx(2.0, rel=0.25)
    assert found.label_noise == pytest.approx([0.25, 0.05], abs=0.05)


def test_decided_labels_are_taken_as_right():
    logits, _, truth = world(temperature=4.0)
    found = fitted(logits, truth, decided=np.ones(len(truth), bool))
    assert found.temperature == pytest.approx(4.0, rel=0.15)


def test_the_doubt_mark_keeps_the_accepted_error_among_true_labels():
    logits, labels, truth = world(noise=(0.2, 0.1))
    found = fitted(logits, labels, accepted_error=0.03)
    probabilities = 1 / (1 + np.exp(-np.abs(logits[:, 1] - logits[:, 0]) / found.temperature))
    sure = probabilities >= found.uncertain_below
    errors = np.mean(logits.argmax(axis=1)[sure] != truth[sure])
    assert errors == pytest.approx(0.03, abs=0.015)
    assert sure.mean() == pytest.approx(found.coverage, abs=0.01)


def test_risk_grows_with_coverage():
    logits, labels, _ = world(n=300)
    curve = fitted(logits, labels).curve
    assert np.all(np.diff(curve["errors"]) >= 0) and np.all(np.diff(curve["threshold"]) <= 0)
    assert curve["coverage"][-1] == 1.0


def test_three_classes_keep_their_order_of_noise():
    random = np.random.default_rng(1)
    logits = random.normal(0, 2.5, (6000, 3))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = np.array([random.choice(3, p=row) for row in shares])
    swapped = (random.random(6000) < 0.3) & (truth == 2)
    labels = np.where(swapped, random.integers(0, 2, 6000), truth)
    noise = fitted(logits, labels).label_noise
    assert noise[2] == pytest.approx(0.3, abs=0.07) and max(noise[:2]) < 0.08


def test_ten_photos_are_enough_not_to_fail():
    logits, labels, _ = world(n=10)
    found = fitted(logits, labels)
    assert np.isfinite(found.temperature) and 0.5 <= found.uncertain_below <= 0.99
