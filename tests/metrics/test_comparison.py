"""Two runs on the same photos: the test, the interval and the photos behind them."""

import pandas as pd
import pytest

from core.errors import DatasetError
from core.metrics.comparison import compare, mcnemar_exact, paired_difference


def predictions(answers: str, split: str = "test", label: str = "African") -> pd.DataFrame:
    """One photo a letter: `+` for a right answer, `-` for a wrong one."""
    return pd.DataFrame(
        {
            "path": [f"{split}/{number}.jpg" for number in range(len(answers))],
            "sha256": "0" * 64,
            "split": split,
            "given_label": label,
            "predicted_label": [label if answer == "+" else "Asian" for answer in answers],
            "probability": 0.75,
        }
    )


@pytest.mark.parametrize(
    ("fixed", "broken", "p_value"),
    [
        (8, 1, 2 * (1 + 9) / 2**9),
        (1, 8, 2 * (1 + 9) / 2**9),
        (5, 0, 2 / 2**5),
        (1, 0, 1.0),
        (3, 3, 1.0),
        (0, 0, 1.0),
    ],
)
def test_mcnemar_is_the_exact_binomial_tail(fixed, broken, p_value):
    assert mcnemar_exact(fixed, broken) == pytest.approx(p_value)


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [
        # Two studies (Bentur et al. 2009, Cavo et al. 2012) as worked out by Fagerland, Lydersen & Laake,
        # "Statistical Analysis of Contingency Tables" (2017), chapter 8, and its R package.
        ((1, 1, 7, 12), -0.507, -0.026),
        ((59, 6, 16, 80), -0.119, -0.005),
    ],
)
def test_difference_interval_is_the_published_one(table, low, high):
    interval = paired_difference(*table)
    assert (round(interval.low, 3), round(interval.high, 3)) == (low, high)


def test_difference_interval_turns_around_with_the_runs():
    forth, back = paired_difference(59, 6, 16, 80), paired_difference(59, 16, 6, 80)
    assert (forth.low, forth.high) == pytest.approx((-back.high, -back.low))


@pytest.mark.parametrize("table", [(10, 0, 0, 0), (0, 0, 0, 10), (1, 0, 0, 0), (5, 0, 0, 5)])
def test_runs_that_agree_everywhere_are_not_proven_equal(table):
    interval = paired_difference(*table)
    assert -1 <= interval.low < 0 < interval.high <= 1


def test_difference_interval_stays_in_range_when_everything_changes():
    assert paired_difference(0, 1, 0, 0).high == 1
    assert paired_difference(0, 0, 30, 0).low == -1


def test_comparison_counts_and_lists_fixed_and_broken_photos():
    comparison = compare(predictions("+++--+"), predictions("++-+++"))
    assert (comparison.n, comparison.both_right, comparison.both_wrong) == (6, 3, 0)
    assert comparison.accuracy_a.value == 4 / 6
    assert comparison.accuracy_b.value == 5 / 6
    assert comparison.difference.value == pytest.approx(1 / 6)
    assert comparison.difference.low < 1 / 6 < comparison.difference.high
    assert list(comparison.fixed["path"]) == ["test/3.jpg", "test/4.jpg"]
    assert comparison.broken.to_dict("records") == [
        {
            "path": "test/2.jpg",
            "given_label": "African",
            "predicted_label_a": "African",
            "probability_a": 0.75,
            "predicted_label_b": "Asian",
            "probability_b": 0.75,
        }
    ]


def test_comparison_uses_the_photos_both_runs_share_in_any_order():
    first = predictions("+-+-")
    second = predictions("++++++").iloc[::-1]
    comparison = compare(first, second)
    assert (comparison.n, comparison.left_out) == (4, 2)
    assert list(comparison.fixed["path"]) == ["test/1.jpg", "test/3.jpg"]


def test_comparison_leaves_training_photos_out():
    first = pd.concat([predictions("+-"), predictions("++++", split="train")])
    second = pd.concat([predictions("-+"), predictions("++++", split="train")])
    assert compare(first, second).n == 2
    assert compare(first, second, split="train").n == 4


def test_comparison_with_itself_has_no_difference():
    comparison = compare(predictions("+-"), predictions("+-"))
    assert (comparison.difference.value, comparison.p_value) == (0, 1)
    assert len(comparison.fixed) == len(comparison.broken) == 0
    assert "0.0 points" in comparison.sentence()


def test_sentence_says_how_sure_the_gain_is():
    first = predictions("+" * 164 + "-" * 14 + "+")
    second = predictions("+" * 164 + "+" * 8 + "-" * 6 + "-")
    assert compare(first, second).sentence() == (
        "Accuracy from 92.2 % (87.3–95.3, n = 179, given labels, test) "
        "to 96.1 % (92.1–98.1, n = 179, given labels, test): "
        "+3.9 points (95 % interval +0.4 to +8.1), 8 photos fixed, 1 photo broken; "
        "unlikely to be chance (McNemar's exact p = 0.039)."
    )


def test_sentence_admits_chance_and_shows_losses_with_a_minus():
    sentence = compare(predictions("++++"), predictions("+++-"), labels="reviewed").sentence()
    assert "reviewed labels" in sentence
    assert "−25.0 points" in sentence
    assert "too small to tell from chance (McNemar's exact p = 1.000)" in sentence


def test_a_comparison_holds_the_changed_photos_and_both_accuracies():
    found = compare(predictions("+-"), predictions("-+"))
    assert found.fixed["path"].tolist() == ["test/1.jpg"]
    assert found.accuracy_a.value == 0.5


def test_refuses_runs_without_a_common_photo():
    with pytest.raises(DatasetError, match=r"share no test photo \(2 and 0 photos\)"):
        compare(predictions("++"), predictions("++", split="validation"))


def test_refuses_runs_judged_by_different_labels_and_says_how_many():
    second = predictions("++++")
    second.loc[[0, 2, 3], "given_label"] = "Asian"
    with pytest.raises(DatasetError, match="different labels for 3 of 4 photos"):
        compare(predictions("++++"), second)


def test_refuses_a_photo_listed_twice():
    with pytest.raises(DatasetError, match="1 rows repeat one"):
        compare(pd.concat([predictions("++"), predictions("+")]), predictions("++"))
