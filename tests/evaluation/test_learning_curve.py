"""The learning curve never looks at test photos, keeps copies together and says what helps."""

import numpy as np
import pytest
from conftest import draw_world

from benchmarks.learning_curve import learning_curve, paired, verdict
from core.dataset.decisions import decide
from core.dataset.duplicates import duplicate_groups
from core.dataset.index import index_dataset
from core.errors import DatasetError
from core.evaluation.learning_curve import store_curve, stored_curve
from core.metrics import Measured


@pytest.fixture
def large(paths):
    return index_dataset(draw_world(paths.data_dir / "large", num_train=20, num_test=2), paths)


class Trainings:
    """Learns the label of each photo of train by heart; answers right once it saw twelve photos of each class."""

    def __init__(self, truth):
        self.truth, self.seen = truth, []

    def __call__(self, dataset):
        self.seen.append(dataset)
        train = dataset.usable[dataset.usable["split"] == "train"]
        enough = train["label"].value_counts().min() >= 12
        test = dataset.usable[dataset.usable["split"] == "test"]
        return {path: self.truth[path] if enough else "African" for path in test["path"]}


def truth_of(dataset):
    return dict(zip(dataset.usable["path"], dataset.usable["label"], strict=True))


def test_every_photo_outside_test_is_held_out_once_and_test_never_seen(large):
    train = Trainings(truth_of(large))
    steps = []
    curve = learning_curve(large, train, shares=(0.1, 0.5, 1.0), draws=4, progress=lambda *step: steps.append(step))
    assert steps[-1] == (12, 12) and len(train.seen) == 12
    official = set(large.usable.loc[large.usable["split"] == "test", "path"])
    for dataset in train.seen:
        assert not official & set(dataset.usable["path"])
    assert [point.accuracy.n for point in curve.points] == [40, 40, 40]
    assert [point.accuracy.value for point in curve.points] == [0.5, 0.5, 1.0]
    assert curve.doubling.value == 0.5 and curve.judged_by == "given" and curve.cleaning is None


def test_copies_never_lie_on_both_sides_and_larger_parts_contain_smaller_ones(large):
    train = Trainings(truth_of(large))
    learning_curve(large, train, shares=(0.5, 0.8, 1.0), draws=2)
    group = dict(zip(large.usable["path"], duplicate_groups(large.usable), strict=True))
    for dataset in train.seen:
        sides = [{group[path] for path in rows["path"]} for _, rows in dataset.usable.groupby("split")]
        assert not sides[0] & sides[1]
    parts = [set(d.usable.loc[d.usable["split"] == "train", "path"]) for d in train.seen[:3]]
    assert parts[0] < parts[1] < parts[2]


def test_with_decisions_both_label_sets_are_trained_and_judged_by_the_reviewed_ones(large):
    learned = large.usable[large.usable["split"] == "train"]
    decide(large, learned["path"].iloc[0], "relabel", "Asian")
    decide(large, learned["path"].iloc[1], "exclude")
    used = large.decisions()
    reviewed_truth = truth_of(large) | {learned["path"].iloc[0]: "Asian"}
    train = Trainings(reviewed_truth)
    curve = learning_curve(large, train, used, shares=(0.5, 1.0), draws=2)
    assert curve.judged_by == "reviewed" and {point.labels for point in curve.points} == {"given", "reviewed"}
    assert {point.accuracy.n for point in curve.points} == {39}
    labels = [dict(zip(d.usable["path"], d.usable["label"], strict=True)) for d in train.seen]
    found = [one[learned["path"].iloc[0]] for one in labels if learned["path"].iloc[0] in one]
    assert {"African", "Asian"} == set(found)


def test_too_few_photos_are_refused_in_one_sentence(world):
    with pytest.raises(DatasetError, match="at least 10 photos of each class"):
        learning_curve(world, Trainings({}))


def test_a_paired_gain_is_the_difference_of_shares():
    before = {str(i): i < 60 for i in range(100)}
    after = {str(i): i < 70 for i in range(100)}
    gain = paired(before, after)
    assert gain.value == pytest.approx(0.1) and 0 < gain.low < 0.1 < gain.high and gain.n == 100


@pytest.mark.parametrize(
    ("doubling", "cleaning", "words"),
    [
        (Measured(0.03, 0.01, 0.05, 800), None, "more photos would probably help"),
        (Measured(0.01, -0.01, 0.03, 800), None, "more photos of this kind would hardly help"),
        (Measured(0.01, -0.01, 0.03, 800), Measured(0.05, 0.03, 0.07, 800), "cleaner labels help more"),
        (Measured(0.05, 0.03, 0.07, 800), Measured(0.01, -0.01, 0.03, 800), "more photos help more"),
        (Measured(0.01, -0.01, 0.03, 800), Measured(0.01, -0.01, 0.03, 800), "neither stands out"),
    ],
)
def test_the_verdict_counts_gains_whose_interval_lies_above_zero(doubling, cleaning, words):
    sentence = verdict(doubling, cleaning, 336, 672)
    assert words in sentence and "from 336 to 672 photos" in sentence and "n = 800" in sentence


def test_a_stored_curve_belongs_to_its_photos(large, paths):
    curve = learning_curve(large, Trainings(truth_of(large)), shares=(0.5, 1.0), draws=2)
    store_curve(large, "quick", curve)
    assert stored_curve(large, "quick") == curve
    assert stored_curve(large, "baseline-cnn") is None
    (large.folder / "train" / "African" / "train_000.png").unlink()
    assert stored_curve(index_dataset(large.folder, paths), "quick") is None


def test_the_draws_differ_and_are_the_same_every_time(large):
    def parts() -> list[list[str]]:
        train = Trainings(truth_of(large))
        learning_curve(large, train, shares=(0.5, 1.0), draws=2)
        return [sorted(d.usable.loc[d.usable["split"] == "train", "path"]) for d in train.seen]

    first = parts()
    assert first == parts() and first[0] != first[2]
    assert np.all([len(part) > 0 for part in first])
