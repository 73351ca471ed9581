"""An audit's intervals hold the truth as often as they say, whatever the model thinks of itself."""

import numpy as np
import pytest

from benchmarks.audit import PROFILES, coverage, folder_of
from core.metrics.intervals import proportion
from core.metrics.prediction_powered import Checks, needed_checks, share
from core.review.audit import NONE, Scored, audit, draw, strata


@pytest.mark.parametrize("hits, n", [(0, 80), (47, 80), (93, 100), (200, 200)])
def test_without_a_model_and_in_one_stratum_it_is_nearly_wilsons_interval(hits, n):
    photos = 10_000_000 // 100
    checks = Checks(np.full(photos, 0.5), np.zeros(photos, int), np.arange(n), np.arange(n) < hits)
    found, wilson = share(checks), proportion(hits, n)
    assert found.n == n
    assert found.value == pytest.approx(wilson.value)
    assert (found.low, found.high) == pytest.approx((wilson.low, wilson.high), abs=0.005)


def test_when_every_photo_is_checked_there_is_no_doubt_left():
    scored, truth = folder_of(np.random.default_rng(1), 2.0, 300)
    found = audit(scored, dict(enumerate(truth.tolist())))
    right = (truth == scored.answers).mean()
    assert (found.accuracy.low, found.accuracy.value, found.accuracy.high) == pytest.approx([right] * 3, abs=1e-6)
    assert found.shares["Asian"].value == pytest.approx((truth == 1).mean()) and found.needed == 300


def test_a_model_that_counts_wrong_is_corrected_by_the_checks():
    truth = np.array([0] * 700 + [1] * 300)
    answers = truth.copy()
    answers[:200] = 1  # 200 African ones are taken for Asian, with confidence
    probabilities = np.eye(2)[answers] * 0.8 + 0.1
    nan = np.full(1000, np.nan)
    scored = Scored.of(("African", "Asian"), probabilities, nan, np.ones(1000, bool))
    chosen = draw(scored.confidence, 200, 3)
    found = audit(scored, dict(zip(chosen.tolist(), truth[chosen].tolist(), strict=True)))
    assert found.counted == pytest.approx({"African": 0.5, "Asian": 0.5, NONE: 0})
    assert found.shares["African"].low < 0.7 < found.shares["African"].high and found.shares["African"].low > 0.6
    assert found.accuracy.low < 0.8 < found.accuracy.high
    assert NONE not in found.sentence() and "African ± " in found.sentence() and "after 200 checks." in found.sentence()


def test_a_longer_sample_begins_with_the_shorter_one_and_nothing_is_drawn_twice():
    confidence = np.random.default_rng(0).random(500)
    longer = draw(confidence, 400, 7)
    assert draw(confidence, 60, 7).tolist() == longer[:60].tolist() and len(set(longer.tolist())) == 400
    assert sorted(draw(confidence[:30], 100, 7).tolist()) == list(range(30))
    assert np.bincount(strata(confidence)[longer[:50]]).min() >= 4  # no stratum stays dark
    assert draw(np.ones(10), 3, 0).size == 3  # all alike


def test_too_few_checks_give_no_answer():
    scored, truth = folder_of(np.random.default_rng(1), 1.0, 100)
    with pytest.raises(ValueError, match="at least 20 checks, and there are 19"):
        audit(scored, dict(enumerate(truth[:19].tolist())))


def test_checks_that_are_needed_grow_with_the_square_of_the_precision():
    now = proportion(50, 100)
    half = (now.high - now.low) / 2
    assert (needed_checks(now, half), needed_checks(now, half / 2), needed_checks(now, 1.0)) == (100, 400, 100)


@pytest.mark.parametrize("audits", [70, pytest.param(1000, marks=pytest.mark.long)])
@pytest.mark.parametrize("profile", PROFILES)
def test_the_intervals_cover_the_truth_in_95_of_100_audits(profile, audits):
    found = coverage(PROFILES[profile], audits, checks=80, photos=1500)
    low, high = (0.93, 0.97) if audits >= 1000 else (0.86, 1.0)
    assert low <= found["accuracy_covered"] <= high and low <= found["share_covered"] <= high
