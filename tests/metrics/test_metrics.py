"""Metrics against values worked out by hand, and against scikit-learn where it defines the same figure."""

import json
import math
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from core.errors import DatasetError, RunInvalidError, TrainingError, UnknownClassError
from core.metrics import EvaluationResult, evaluate, from_table, predictions_table, probabilities_of
from core.metrics.curves import MAX_POINTS
from core.records import from_json

SPECIES = ("African", "Asian")
FRUIT = ("apple", "banana", "cherry")

# Six photos of three classes. Predicted: apple, banana, banana, banana, apple, cherry; right: 0, 2, 3, 5.
FRUIT_TRUE = np.array([0, 0, 1, 1, 2, 2])
FRUIT_PROBABILITIES = np.array(
    [
        [0.8, 0.1, 0.1],
        [0.3, 0.6, 0.1],
        [0.0, 1.0, 0.0],
        [0.2, 0.5, 0.3],
        [0.7, 0.1, 0.2],
        [0.1, 0.1, 0.8],
    ]
)


@pytest.fixture
def fruit():
    return evaluate(FRUIT_TRUE, FRUIT_PROBABILITIES, FRUIT, "test", "given")


@pytest.fixture
def many():
    """2000 photos of three classes with probabilities that mean something."""
    generator = np.random.default_rng(0)
    y_true = generator.integers(0, 3, 2000)
    scores = np.exp(generator.normal(size=(2000, 3)) + 1.5 * np.eye(3)[y_true])
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    return y_true, probabilities, evaluate(y_true, probabilities, FRUIT, "validation", "reviewed")


def assert_strict_json(result):
    text = json.dumps(asdict(result), allow_nan=False)
    assert from_json(EvaluationResult, json.loads(text)) == result


def test_confusion_matrix_has_true_rows_and_predicted_columns(fruit):
    assert fruit.confusion_matrix == [[1, 1, 0], [0, 2, 0], [1, 0, 1]]


def test_precision_recall_and_f1_are_those_of_the_matrix(fruit):
    figures = [(row["precision"], row["recall"], row["f1"], row["support"]) for row in fruit.per_class]
    assert figures == [(1 / 2, 1 / 2, 1 / 2, 2), (2 / 3, 1.0, 4 / 5, 2), (1.0, 1 / 2, 2 / 3, 2)]
    assert [row["class_name"] for row in fruit.per_class] == list(FRUIT)
    assert fruit.per_class[1]["recall_high"] == 1.0
    assert fruit.per_class[1]["recall_low"] == pytest.approx(0.3424, abs=1e-4)  # Wilson of 2 in 2


def test_accuracy_and_its_companions(fruit):
    assert fruit.n == fruit.accuracy.n == 6
    assert fruit.accuracy.value == 4 / 6
    assert fruit.balanced_accuracy.value == pytest.approx((1 / 2 + 1 + 1 / 2) / 3)
    assert fruit.majority_baseline == 2 / 6
    truth = [0.8, 0.3, 1.0, 0.5, 0.2, 0.8]
    assert fruit.log_loss == pytest.approx(-sum(map(math.log, truth)) / 6)
    squared = [0.06, 0.86, 0.0, 0.38, 1.14, 0.06]
    assert fruit.brier == pytest.approx(sum(squared) / 6)


def test_calibration_error_is_the_weighted_gap_of_the_bins(fruit):
    # Confidences: 0.5 right, 0.6 wrong, 0.7 wrong, 0.8 right twice, 1.0 right; an edge ends the bin below.
    assert fruit.ece == pytest.approx((0.5 + 0.6 + 0.7 + 0.2 + 0.2 + 0.0) / 6)
    assert fruit.ece_interval.low <= fruit.ece <= fruit.ece_interval.high
    assert [(row["confidence_low"], row["confidence_high"], row["n"]) for row in fruit.reliability_bins] == [
        (0.4, 0.5, 1),
        (0.5, 0.6, 1),
        (0.6, 0.7, 1),
        (0.7, 0.8, 2),
        (0.9, 1.0, 1),
    ]
    crowded = fruit.reliability_bins[3]
    assert crowded["mean_confidence"] == pytest.approx(0.8)
    assert (crowded["accuracy"], crowded["accuracy_high"]) == (1.0, 1.0)
    assert crowded["accuracy_low"] == pytest.approx(0.3424, abs=1e-4)


def test_risk_falls_when_unsure_photos_are_refused(fruit):
    assert fruit.risk_coverage["threshold"] == [1.0, 0.8, 0.7, 0.6, 0.5]
    assert fruit.risk_coverage["coverage"] == pytest.approx([1 / 6, 3 / 6, 4 / 6, 5 / 6, 1])
    assert fruit.risk_coverage["errors"] == pytest.approx([0, 0, 1 / 4, 2 / 5, 2 / 6])


def test_roc_and_precision_recall_of_a_hand_ranked_class():
    # Ranked by P(Asian): Asian .9, African .7, Asian .6, African .2. Three of the four pairs are in order.
    y_true = np.array([1, 0, 1, 0])
    asian = np.array([0.9, 0.7, 0.6, 0.2])
    result = evaluate(y_true, np.column_stack([1 - asian, asian]), SPECIES, "test", "given")
    assert result.roc[1]["auc"] == 0.75
    assert result.roc[1]["fpr"] == [0, 0, 0.5, 0.5, 1]
    assert result.roc[1]["tpr"] == [0, 0.5, 0.5, 1, 1]
    assert result.pr[1]["precision"] == pytest.approx([1, 1 / 2, 2 / 3, 1 / 2])
    assert result.pr[1]["recall"] == [0.5, 0.5, 1, 1]
    assert result.pr[1]["average_precision"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_equal_scores_are_one_point_and_half_a_win():
    result = evaluate(np.array([0, 1, 0, 1]), np.full((4, 2), 0.5), SPECIES, "test", "given")
    assert [(curve["fpr"], curve["tpr"], curve["auc"]) for curve in result.roc] == [([0, 1], [0, 1], 0.5)] * 2
    assert result.risk_coverage == {"coverage": [1.0], "errors": [0.5], "threshold": [0.5]}


def test_figures_agree_with_scikit_learn(many):
    from sklearn import metrics

    y_true, probabilities, result = many
    y_pred = probabilities.argmax(axis=1)
    assert result.confusion_matrix == metrics.confusion_matrix(y_true, y_pred).tolist()
    assert result.balanced_accuracy.value == pytest.approx(metrics.balanced_accuracy_score(y_true, y_pred))
    assert result.log_loss == pytest.approx(metrics.log_loss(y_true, probabilities))
    assert result.brier == pytest.approx(metrics.brier_score_loss(y_true, probabilities, scale_by_half=False))
    for index in range(3):
        is_class, scores = y_true == index, probabilities[:, index]
        assert result.roc[index]["auc"] == pytest.approx(metrics.roc_auc_score(is_class, scores))
        average_precision = metrics.average_precision_score(is_class, scores)
        assert result.pr[index]["average_precision"] == pytest.approx(average_precision)


def test_long_curves_are_thinned_but_keep_their_ends(many):
    _, _, result = many
    for curve in (*result.roc, *result.pr, result.risk_coverage):
        assert all(len(points) <= MAX_POINTS for points in curve.values() if isinstance(points, list))
    assert (result.roc[0]["fpr"][0], result.roc[0]["fpr"][-1]) == (0, 1)
    assert (result.roc[0]["tpr"][0], result.roc[0]["tpr"][-1]) == (0, 1)
    assert result.risk_coverage["coverage"][-1] == 1
    assert result.risk_coverage["errors"][-1] == pytest.approx(1 - result.accuracy.value)
    thinned_area = np.trapezoid(result.roc[0]["tpr"], result.roc[0]["fpr"])
    assert thinned_area == pytest.approx(result.roc[0]["auc"], abs=0.005)


def test_auc_interval_has_the_width_theory_gives_it(many):
    y_true, probabilities, result = many
    positives, negatives = probabilities[y_true == 0, 0], probabilities[y_true != 0, 0]
    # DeLong, DeLong & Clarke-Pearson (1988): the variance of the share of pairs each photo wins.
    won = positives[:, None] > negatives[None, :]
    variance = won.mean(axis=1).var() / len(positives) + won.mean(axis=0).var() / len(negatives)
    width = result.roc[0]["auc_high"] - result.roc[0]["auc_low"]
    assert width == pytest.approx(2 * 1.96 * math.sqrt(variance), rel=0.1)


def test_balanced_accuracy_interval_of_one_class_is_wilson():
    result = evaluate(np.zeros(4, int), np.array([[0.9, 0.1]] * 3 + [[0.2, 0.8]]), SPECIES, "test", "given")
    assert result.balanced_accuracy.value == result.accuracy.value == 0.75
    assert result.balanced_accuracy.low == pytest.approx(result.accuracy.low)
    assert result.balanced_accuracy.high == pytest.approx(result.accuracy.high)


def test_balanced_accuracy_of_a_perfect_run_does_not_claim_certainty():
    result = evaluate(np.array([0, 0, 1, 1]), np.eye(2)[[0, 0, 1, 1]], SPECIES, "test", "given")
    assert (result.balanced_accuracy.value, result.balanced_accuracy.high) == (1.0, 1.0)
    # Two recalls of 2 in 2, each 1 - 0.3424 below: the squares add up, halved by the mean.
    assert result.balanced_accuracy.low == pytest.approx(1 - math.sqrt(2) * (1 - 0.34238) / 2, abs=1e-4)


def test_survives_certain_and_wrong_probabilities():
    result = evaluate(np.array([0, 1]), np.array([[0.0, 1.0], [1.0, 0.0]]), SPECIES, "test", "given")
    assert result.accuracy.value == 0
    assert result.log_loss == pytest.approx(36.04, abs=0.01)
    assert result.brier == 2.0
    assert result.ece == 1.0
    assert result.roc[0]["auc"] == 0.0
    assert_strict_json(result)


def test_a_perfect_run_has_a_log_loss_of_plain_zero():
    result = evaluate(np.array([0, 1]), np.eye(2), SPECIES, "test", "given")
    assert str(result.log_loss) == "0.0"


def test_survives_a_class_absent_from_the_split():
    result = evaluate(np.array([0, 1, 0]), np.eye(3)[[0, 1, 1]], FRUIT, "test", "given")
    cherry = result.per_class[2]
    assert (cherry["precision"], cherry["recall"], cherry["f1"], cherry["support"]) == (None, None, None, 0)
    assert (cherry["recall_low"], cherry["recall_high"]) == (None, None)
    assert result.roc[2] == {
        "class_name": "cherry",
        "fpr": [],
        "tpr": [],
        "auc": None,
        "auc_low": None,
        "auc_high": None,
    }
    assert result.pr[2] == {"class_name": "cherry", "precision": [], "recall": [], "average_precision": None}
    assert result.balanced_accuracy.value == pytest.approx((1 / 2 + 1) / 2)
    assert_strict_json(result)


def test_survives_a_single_photo():
    result = evaluate(np.array([1]), np.array([[0.4, 0.6]]), SPECIES, "test", "reviewed")
    assert result.accuracy.text(result.labels, result.split) == ("100.0 % (20.7–100.0, n = 1, reviewed labels, test)")
    assert [curve["auc"] for curve in result.roc] == [None, None]
    assert result.per_class[0]["recall"] is None
    assert_strict_json(result)


def test_survives_a_run_with_one_class_only():
    result = evaluate(np.array([0, 0]), np.ones((2, 1)), ["elephant"], "train", "given")
    assert result.confusion_matrix == [[2]]
    assert (result.majority_baseline, result.log_loss, result.brier, result.ece) == (1, 0, 0, 0)
    assert_strict_json(result)


def test_half_precision_probabilities_are_welcome():
    result = evaluate(FRUIT_TRUE, FRUIT_PROBABILITIES.astype(np.float16), FRUIT, "test", "given")
    assert result.accuracy.value == 4 / 6
    assert_strict_json(result)


def test_result_survives_the_way_through_json(fruit, many):
    assert_strict_json(fruit)
    assert_strict_json(many[2])


def test_sentence_names_split_size_labels_interval_and_baseline():
    y_true = np.array([0] * 95 + [1] * 84)
    y_pred = np.where(np.arange(179) < 165, y_true, 1 - y_true)
    result = evaluate(y_true, np.eye(2)[y_pred], SPECIES, "test", "given")
    assert result.sentence() == (
        "92.2 % accuracy (87.3–95.3, n = 179, given labels, test); always answering African would reach 53.1 %."
    )


def test_refuses_an_empty_split():
    with pytest.raises(DatasetError, match="'validation' has no labelled photo"):
        evaluate(np.array([], int), np.empty((0, 2)), SPECIES, "validation", "given")


def test_says_that_a_diverged_run_diverged():
    with pytest.raises(TrainingError, match="diverged"):
        evaluate(np.array([0]), np.array([[np.nan, 1.0]]), SPECIES, "test", "given")


@pytest.mark.parametrize(
    ("y_true", "probabilities", "labels"),
    [
        ([0], [[0.5, 0.5]], "true"),
        ([2], [[0.5, 0.5]], "given"),
        ([-1], [[0.5, 0.5]], "given"),
        ([0.0], [[0.5, 0.5]], "given"),
        ([[0]], [[0.5, 0.5]], "given"),
        ([0], [[0.2, 0.3, 0.5]], "given"),
        ([0, 1], [[0.5, 0.5]], "given"),
        ([0], [[0.5, 0.7]], "given"),
        ([0], [[-0.5, 1.5]], "given"),
    ],
)
def test_refuses_what_does_not_fit(y_true, probabilities, labels):
    with pytest.raises(ValueError, match="Expected"):
        evaluate(y_true, probabilities, SPECIES, "test", labels)


@pytest.fixture
def photos():
    return pd.DataFrame(
        {
            "path": ["test/African/1.jpg", "test/Asian/2.jpg", "train/Asian/3.jpg"],
            "sha256": ["a" * 64, "b" * 64, "c" * 64],
            "label": ["African", "Asian", "Asian"],
            "split": ["test", "test", "train"],
            "width": [10, 20, 30],
        },
        index=[7, 3, 5],
    )


PHOTO_PROBABILITIES = np.array([[0.75, 0.25], [0.5625, 0.4375], [0.125, 0.875]], dtype=np.float32)


def test_predictions_table_holds_photo_answer_and_every_probability(photos):
    table = predictions_table(photos, PHOTO_PROBABILITIES, SPECIES)
    assert table.to_dict("records")[1] == {
        "path": "test/Asian/2.jpg",
        "sha256": "b" * 64,
        "split": "test",
        "given_label": "Asian",
        "predicted_label": "African",
        "probability": 0.5625,
        "correct": False,
        "probability_African": 0.5625,
        "probability_Asian": 0.4375,
    }
    assert list(table.index) == [0, 1, 2]
    assert "predicted_label" not in photos.columns


def test_predictions_table_survives_parquet_and_gives_the_probabilities_back(photos, tmp_path):
    table = predictions_table(photos, PHOTO_PROBABILITIES, SPECIES)
    table.to_parquet(tmp_path / "predictions.parquet")
    back = pd.read_parquet(tmp_path / "predictions.parquet")
    pd.testing.assert_frame_equal(back, table)
    np.testing.assert_array_equal(probabilities_of(back, SPECIES), PHOTO_PROBABILITIES)
    np.testing.assert_array_equal(probabilities_of(back, SPECIES[::-1]), PHOTO_PROBABILITIES[:, ::-1])


def test_from_table_evaluates_the_asked_split_only(photos):
    table = predictions_table(photos, PHOTO_PROBABILITIES, SPECIES)
    result = from_table(table, "test", SPECIES)
    assert result == evaluate(np.array([0, 1]), PHOTO_PROBABILITIES[:2], SPECIES, "test", "given")
    assert from_table(table, "train", SPECIES, "reviewed").accuracy.value == 1


def test_from_table_follows_corrected_labels(photos):
    table = predictions_table(photos, PHOTO_PROBABILITIES, SPECIES)
    table.loc[1, "given_label"] = "African"
    assert from_table(table, "test", SPECIES, "reviewed").accuracy.value == 1


def test_tables_that_cannot_be_judged_are_refused_with_a_count(photos):
    table = predictions_table(photos, PHOTO_PROBABILITIES, SPECIES)
    with pytest.raises(DatasetError, match="'validation'"):
        from_table(table, "validation", SPECIES)
    with pytest.raises(RunInvalidError, match="probability_forest"):
        probabilities_of(table, ("African", "forest"))
    with pytest.raises(UnknownClassError, match="2 of 3 photos are labelled Asian"):
        predictions_table(photos, PHOTO_PROBABILITIES, ("African", "forest"))
    photos.loc[3, "label"] = None
    with pytest.raises(UnknownClassError, match="1 of 3 have none"):
        predictions_table(photos, PHOTO_PROBABILITIES, SPECIES)
    with pytest.raises(ValueError, match="shape"):
        predictions_table(photos, PHOTO_PROBABILITIES[:2], SPECIES)


def test_importing_evaluation_costs_neither_scikit_learn_nor_pandas():
    code = "import sys, core.evaluation; print({'sklearn', 'scipy', 'pandas', 'tensorflow'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
