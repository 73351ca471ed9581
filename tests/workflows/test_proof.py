"""The proof of a review: who judges, and what it advises where nothing was proven."""

from dataclasses import replace

import pytest
from pages_fakes import fake_run

from core.dataset import decisions
from core.metrics import proportion
from core.metrics.intervals import Measured
from core.workflows.proof import Proof, prove_with


@pytest.fixture
def pair(world, paths):
    """A run on given labels and one on reviewed labels, after one training photo was relabelled."""
    train = world.usable[world.usable["split"] == "train"]
    decisions.decide(world, train.loc[train["label"] == "Asian", "path"].iloc[0], "relabel", "African")
    used = world.decisions().values()
    given = fake_run(world, paths, "given-run", mistakes=3)
    return given, fake_run(world, paths, "reviewed-run", mistakes=1, labels="reviewed", used=used)


def proven(pair, world, difference: float, p_value: float, doubtful: int = 0) -> Proof:
    found = prove_with(*pair, world)
    measured = Measured(difference, difference - 0.05, difference + 0.05, 240)
    comparison = replace(found.comparison, difference=measured, p_value=p_value, n=240)
    return replace(found, comparison=comparison, doubtful=doubtful)


def test_a_proven_gain_needs_no_advice(pair, world):
    found = proven(pair, world, 0.08, 0.001)
    assert found.is_gain
    assert found.advice == ""


def test_a_gain_that_may_be_chance_says_how_small_a_difference_the_photos_can_show(pair, world):
    found = proven(pair, world, 0.02, 0.4)
    assert not found.is_gain
    assert found.advice == (
        "240 test photos only show differences of about 5 points or more: review more labels, or add test photos."
    )


def test_a_loss_sends_one_back_to_the_decisions(pair, world):
    assert "look at your last decisions again" in proven(pair, world, -0.08, 0.001).advice


@pytest.mark.parametrize(("doubtful", "words"), [(1, "1 test photo looks"), (5, "5 test photos look")])
def test_test_photos_that_look_wrong_are_named_where_nothing_was_proven(pair, world, doubtful, words):
    assert words in proven(pair, world, 0.0, 1.0, doubtful).advice


def test_photos_that_both_runs_are_sure_about_against_their_label_are_doubtful(pair, world):
    assert prove_with(*pair, world).doubtful == 1  # the mistake they share, made with 90 %


def test_reviewed_test_labels_are_those_decided_by_now_not_those_at_training(pair, world):
    assert prove_with(*pair, world, "reviewed").comparison.accuracy_b == proportion(7, 8)
    wrong = world.usable.loc[world.usable["split"] == "test", "path"].iloc[0]
    decisions.decide(world, wrong, "relabel", "Asian")
    assert prove_with(*pair, world, "reviewed").comparison.accuracy_b == proportion(8, 8)
    assert prove_with(*pair, world, "given").comparison.accuracy_b == proportion(7, 8)
