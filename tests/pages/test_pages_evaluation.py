"""The Evaluation page beyond one run: compared, in groups, robustness."""

import pytest
from pages_fakes import fake_run
from test_pages import app, sample, served, words  # noqa: F401

from core.evaluation.learning_curve import LearningCurve, Point, store_curve
from core.metrics.figures import Measured

SIGHTS = [
    "Where it fails",
    "Average heat maps",
    "Compare",
    "By class and group",
    "Robustness",
    "Curves",
    "ROC and PR",
    "Calibration",
    "Leaving photos to people",
]


@pytest.mark.parametrize("sight", SIGHTS)
def test_every_tab_opens_by_address(app, served, sight):  # noqa: F811
    test = app("evaluation", sight=sight)
    assert not test.exception


def test_two_runs_are_compared_photo_by_photo(app, sample, served, paths):  # noqa: F811
    fake_run(sample, paths, run_id="worse", mistakes=3)
    test = app("evaluation", sight="Compare")
    assert "2 photos fixed, 0 photos broken" in words(test) and "McNemar" not in words(test)  # behind a "?"


def test_a_stored_learning_curve_gives_its_verdict(app, sample, served):  # noqa: F811
    sure = Measured(0.5, 0.4, 0.6, 16)
    points = [Point("given", share, int(12 * share), sure, [0.5]) for share in (0.5, 1.0)]
    assert "cleaner labels?" not in words(app("evaluation", sight="Compare"))
    store_curve(sample, "quick", LearningCurve("given", points, sure, None, "More photos would help."))
    assert "More photos would help." in words(app("evaluation", sight="Compare"))


def test_robustness_is_measured_on_demand_and_kept(app, served):  # noqa: F811
    test = app("evaluation", sight="Robustness")
    button = next(item for item in test.button if item.label == "Measure robustness")
    button.click().run()
    assert not test.exception and "Accuracy on 8 photos of test, given labels" in words(test)
    again = app("evaluation", sight="Robustness")
    assert "Accuracy on 8 photos of test" in words(again)
    assert not [item for item in again.button if item.label == "Measure robustness"]
