"""Two runs on the same photos: the difference, how sure it is, and the photos behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import DatasetError
from core.metrics.figures import Labels
from core.metrics.intervals import Measured, proportion, share_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Comparison:
    """A second run (b) measured against a first one (a).

    Attributes:
        n: Photos both runs predicted.
        split: The split they come from.
        labels: Judged by the `given` or the `reviewed` labels.
        accuracy_a: Of the first run, with its Wilson interval.
        accuracy_b: Of the second run.
        difference: Accuracy of b minus accuracy of a, -1 to 1, with the interval for paired proportions.
        p_value: McNemar's exact test: how often chance alone would part the runs at least this far.
        both_right: Photos both runs get right.
        both_wrong: Photos both runs get wrong.
        fixed: Photos a gets wrong and b right: `path`, `given_label`, `predicted_label_a`, `probability_a`,
            `predicted_label_b`, `probability_b`.
        broken: Photos a gets right and b wrong, same columns.
        left_out: Photos of the split that only one of the runs predicted.
    """

    n: int
    split: str
    labels: Labels
    accuracy_a: Measured
    accuracy_b: Measured
    difference: Measured
    p_value: float
    both_right: int
    both_wrong: int
    fixed: pd.DataFrame
    broken: pd.DataFrame
    left_out: int

    @property
    def verdict(self) -> str:
        """How sure the difference is, in words.

        A p-value only says whether chance would do, never how likely a run is the better one.
        """
        return "unlikely to be chance" if self.p_value < 0.05 else "too small to tell from chance"

    @property
    def p_text(self) -> str:
        """`p < 0.001`, `p = 0.039`."""
        return "p < 0.001" if self.p_value < 0.001 else f"p = {self.p_value:.3f}"

    @property
    def test(self) -> str:
        """The test behind `verdict`: `McNemar's exact p = 0.039`."""
        return f"McNemar's exact {self.p_text}"

    def sentence(self, with_test: bool = True) -> str:
        """The comparison in plain words, for someone who never heard of McNemar; `with_test` names the p-value."""
        before, after = (side.text(self.labels, self.split) for side in (self.accuracy_a, self.accuracy_b))
        counts = f"{_photos(len(self.fixed))} fixed, {_photos(len(self.broken))} broken"
        return (
            f"Accuracy from {before} to {after}: {self.difference.points('95 % interval ')}, {counts}; "
            f"{self.verdict}{f' ({self.test})' if with_test else ''}."
        )


def compare(
    predictions_a: pd.DataFrame, predictions_b: pd.DataFrame, split: str = "test", labels: Labels = "given"
) -> Comparison:
    """Compares two runs on the photos both predicted; the same name with another content is another photo.

    Args:
        predictions_a: Predictions table of the first run (see `predictions.predictions_table`).
        predictions_b: The same of the second run.
        split: Only photos that belong to this split in both tables count.
        labels: What `given_label` holds in both, `given` or `reviewed` labels.

    Raises:
        DatasetError: If the runs share no photo, a path occurs twice, or their true labels differ.
    """
    sides = []
    for table in (predictions_a, predictions_b):
        columns = ["path", "sha256", "given_label", "predicted_label", "probability"]
        side = table.loc[table["split"] == split, columns]
        repeated = int(side["path"].duplicated().sum())
        if repeated:
            raise DatasetError(f"Expected every photo once in the predictions. {repeated} rows repeat one.")
        sides.append(side)
    side_a, side_b = sides
    joined = side_a.merge(side_b, on=["path", "sha256"], suffixes=("_a", "_b")).drop(columns="sha256")
    n = len(joined)
    if n == 0:
        raise DatasetError(
            f"The two runs share no {split} photo ({len(side_a)} and {len(side_b)} photos), "
            "so they cannot be compared. Evaluate both on the same dataset."
        )
    differing = int((joined["given_label_a"] != joined["given_label_b"]).sum())
    if differing:
        raise DatasetError(
            f"The two runs are judged by different labels for {differing} of {n} photos. "
            "Evaluate both by the same labels (given or reviewed) first."
        )
    joined = joined.rename(columns={"given_label_a": "given_label"}).drop(columns="given_label_b")
    right_a = joined["predicted_label_a"] == joined["given_label"]
    right_b = joined["predicted_label_b"] == joined["given_label"]
    fixed, broken = joined[~right_a & right_b], joined[right_a & ~right_b]
    both_right, both_wrong = int((right_a & right_b).sum()), int((~right_a & ~right_b).sum())
    return Comparison(
        n=n,
        split=split,
        labels=labels,
        accuracy_a=share_of(right_a),
        accuracy_b=share_of(right_b),
        difference=paired_difference(both_right, len(fixed), len(broken), both_wrong),
        p_value=mcnemar_exact(len(fixed), len(broken)),
        both_right=both_right,
        both_wrong=both_wrong,
        fixed=fixed.reset_index(drop=True),
        broken=broken.reset_index(drop=True),
        left_out=len(side_a) + len(side_b) - 2 * n,
    )


def mcnemar_exact(fixed: int, broken: int) -> float:
    """Two-sided p-value of McNemar's exact test: are changes in both directions equally likely?

    McNemar (1947), "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12, 153–157. Only photos that one run gets right and the other wrong count;
    without any the answer is 1.
    """
    if fixed + broken == 0:
        return 1.0
    from scipy.stats import binomtest

    return float(binomtest(fixed, fixed + broken, 0.5).pvalue)


def paired_difference(both_right: int, fixed: int, broken: int, both_wrong: int) -> Measured:
    """(Share right after) - (share right before) on the same photos, with its interval.

    Method 10 of Newcombe (1998), "Improved confidence intervals for the difference between binomial
    proportions based on paired data", Statistics in Medicine 17, 2635–2650: the two Wilson intervals squared
    and added, less what the runs have in common (the phi coefficient, corrected for continuity). It keeps a
    width where the runs never disagree.
    """
    n = both_right + fixed + broken + both_wrong
    right_after, right_before = both_right + fixed, both_right + broken
    after, before = proportion(right_after, n), proportion(right_before, n)
    margins = right_after * (n - right_after) * right_before * (n - right_before)
    association = float(both_right * both_wrong - fixed * broken)
    if association > 0:
        association = max(association - n / 2, 0.0)
    phi = association / math.sqrt(margins) if margins else 0.0

    def combined(first: float, second: float) -> float:
        return math.sqrt(max(first**2 - 2 * phi * first * second + second**2, 0.0))

    below = combined(after.value - after.low, before.high - before.value)
    above = combined(after.high - after.value, before.value - before.low)
    difference = (fixed - broken) / n
    return Measured(difference, max(-1.0, difference - below), min(1.0, difference + above), n)


def _photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count} photos"
