"""Intervals against published and hand-worked values."""

import numpy as np
import pytest

from core.metrics.intervals import Measured, bootstrap, proportion, share_of


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (165, 179, 0.8730, 0.9528),  # as scipy.stats.binomtest(165, 179).proportion_ci(method="wilson")
        # Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_interval(successes, n, low, high):
    interval = proportion(successes, n)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


def test_wilson_reaches_zero_and_one_exactly_and_never_leaves_them():
    assert proportion(0, 7).low == 0.0
    assert proportion(7, 7).high == 1.0
    # One photo, right: z² / (1 + z²) with z = 1.96 is the other end.
    assert proportion(1, 1).low == pytest.approx(1 / (1 + 1.959964**2), abs=1e-6)


@pytest.mark.parametrize(("successes", "n"), [(3, 2), (-1, 2), (0, 0)])
def test_impossible_counts_are_refused(successes, n):
    with pytest.raises(ValueError, match="Expected"):
        proportion(successes, n)


def test_a_share_of_hits_counts_them():
    assert share_of(np.array([True, False, True, True])) == proportion(3, 4)


def test_a_measured_share_is_written_in_the_one_form():
    assert proportion(165, 179).text("given", "test") == "92.2 % (87.3–95.3, n = 179, given labels, test)"
    assert Measured(1.0, 0.20654, 1.0, 1).text("reviewed", "validation") == (
        "100.0 % (20.7–100.0, n = 1, reviewed labels, validation)"
    )


def test_a_share_of_no_photos_is_refused():
    with pytest.raises(ValueError, match="at least one photo"):
        proportion(0, 0)


def mean_of(values):
    return lambda weights: weights @ values / len(values)


def test_bootstrap_of_a_mean_agrees_with_the_normal_approximation():
    values = np.random.default_rng(1).normal(5, 2, size=400)
    measured = bootstrap(mean_of(values), 400, resamples=4000)
    half_width = 1.96 * values.std() / 20
    assert measured.value == pytest.approx(values.mean())
    assert measured.low == pytest.approx(values.mean() - half_width, abs=0.02)
    assert measured.high == pytest.approx(values.mean() + half_width, abs=0.02)


def test_bootstrap_repeats_itself():
    values = np.random.default_rng(2).random(50)
    assert bootstrap(mean_of(values), 50) == bootstrap(mean_of(values), 50)


def test_bootstrap_draws_as_many_photos_as_there_are_in_batches_of_any_size():
    seen = []

    def count_rows(weights):
        seen.append(len(weights))
        assert (weights.sum(axis=1) == weights.shape[1]).all()
        return weights[:, 0]

    bootstrap(count_rows, 50_000, resamples=100)
    assert len(seen) > 2
    assert sum(seen) == 101  # the photos as they are, then the resamples


def test_bootstrap_ignores_resamples_that_leave_the_statistic_undefined():
    def share_among_the_first_two(weights):
        drawn = weights[:, :2].sum(axis=1)
        return np.divide(weights[:, 0], drawn, out=np.full(len(weights), np.nan), where=drawn > 0)

    measured = bootstrap(share_among_the_first_two, 4)
    assert measured == Measured(0.5, 0.0, 1.0, 4)


def test_bootstrap_interval_contains_the_value_even_of_a_biased_statistic():
    measured = bootstrap(lambda weights: np.abs(weights - 1).sum(axis=1), 30)
    assert measured.low == measured.value == 0.0 < measured.high


def test_bootstrap_of_one_photo_has_no_width():
    assert bootstrap(mean_of(np.array([0.3])), 1) == Measured(0.3, 0.3, 0.3, 1)


def test_bootstrap_refuses_an_undefined_statistic_and_no_photos():
    with pytest.raises(ValueError, match="defined"):
        bootstrap(lambda weights: np.full(len(weights), np.nan), 3)
    with pytest.raises(ValueError, match="at least one photo"):
        bootstrap(mean_of(np.array([])), 0)
