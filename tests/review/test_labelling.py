"""What to label next and when it is enough: on made-up embeddings whose clusters are the classes."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.dataset.index import index_dataset
from core.metrics.intervals import Measured
from core.review.label_advice import Advice, kept_advice, predicted_gain, remember_advice
from core.review.label_choice import spread, uncertain_and_different
from core.review.label_model import LabelModel, fit
from core.review.label_next import next_photos
from core.review.label_progress import measure_progress


def unit(*angles):
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def made(num, labelled, seed=0, spread_of=0.6, has_own_test=False):
    """`num` photos of two classes in two overlapping clusters; the first `labelled` have their label."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, num)
    embeddings = random.normal(0, spread_of, (num, 8)).astype(np.float32)
    embeddings[:, 0] += np.where(truth == 0, -1, 1)
    names = np.array(["African", "Asian"])[truth]
    given = np.arange(num) < labelled
    draws = random.random(num)
    table = pd.DataFrame(
        {
            "path": [f"{number:04d}.jpg" for number in range(num)],
            "sha256": [f"{number:064d}" for number in range(num)],
            "split": np.where(given & (np.arange(num) % 3 == 0), "test", "train"),
            "label": np.where(given, names, ""),
            "excluded": False,
            "draw": draws,
        }
    )
    model = LabelModel(table, embeddings, ("African", "Asian"), None, has_own_test)
    if labelled < 20:
        return replace(model, class_names=())
    rows = model.rows(is_test=False)
    return replace(model, head=fit(embeddings[rows], model.targets[rows], 2))


def test_the_first_photos_lie_far_from_each_other():
    units = unit(0.0, 0.01, 0.02, 1.5, 1.51, 3.0)
    none = np.zeros(6, bool)
    cluster = [0, 0, 0, 1, 1, 2]
    assert {cluster[row] for row in spread(units, none, ~none, 3)} == {0, 1, 2}
    known = np.array([True, False, False, False, False, False])
    assert spread(units, known, ~known, 1) == [5]


def test_doubt_and_distance_choose_together():
    units = unit(0.0, 0.5, 0.51, 1.5)
    probabilities = np.array([[1, 0], [0.5, 0.5], [0.5, 0.5], [0.98, 0.02]])
    known = np.array([True, False, False, False])
    chosen = uncertain_and_different(units, known, ~known, probabilities, 3)
    assert chosen[0] == 2  # as doubtful as its twin, and farther
    assert set(chosen) == {1, 2, 3}


def test_every_third_photo_is_drawn_for_the_test_until_it_has_twenty_of_each_class():
    model = made(200, 0)
    photos = next_photos(model, 12)
    assert [photo.why for photo in photos] == ["test", "spread", "spread"] * 4
    drawn = [photo.path for photo in photos if photo.why == "test"]
    assert drawn == model.table.sort_values("draw")["path"].head(4).tolist()
    others = model.table.set_index("path").loc[[photo.path for photo in photos if photo.why == "spread"], "draw"]
    assert others.min() > model.table["draw"].nsmallest(40).max()  # the model leaves these to chance


def test_a_dataset_with_its_own_test_gives_all_choices_to_the_model():
    assert {photo.why for photo in next_photos(made(200, 0, has_own_test=True), 12)} == {"spread"}


def test_suggestions_come_with_a_model_and_no_photo_comes_twice():
    model = made(200, 60)
    photos = next_photos(model, 200)
    assert len({photo.path for photo in photos}) == len(photos) == 140
    assert {photo.suggestion for photo in photos} == {"African", "Asian"}
    assert all(0.5 <= photo.probability <= 1 for photo in photos)
    assert {photo.why for photo in next_photos(model, 12, "random")} == {"test", "random"}
    first = [photo for photo in next_photos(model, 6) if photo.why == "unsure"]
    assert np.mean([photo.probability for photo in first]) < np.mean([photo.probability for photo in photos])


def test_before_twenty_labels_it_says_how_many_are_missing():
    found = measure_progress(made(200, 12))
    assert (found.verdict, found.accuracy, found.advice, found.left) == ("begin", None, None, 188)
    assert "Label 8 more photos" in found.sentence


def test_the_gain_of_more_labels_is_predicted_with_an_interval():
    found = measure_progress(made(400, 90))
    assert found.accuracy.n == found.test == 30
    assert [point.labels for point in found.curve] == [18, 27, 40, 60]
    assert found.advice.more == 30
    assert found.advice.gain.low <= found.advice.gain.value <= found.advice.gain.high
    assert found.sentence.startswith("30 more labels: about +" if found.verdict == "more" else "Probably enough: 30 ")


def test_when_nothing_is_wrong_any_more_it_is_enough():
    found = measure_progress(made(400, 300, spread_of=0.1))
    assert found.accuracy.value == 1
    assert found.verdict == "enough"
    assert measure_progress(made(100, 100)).sentence == "All 100 photos are labelled."


def test_half_of_the_gain_that_a_power_law_gives_is_promised():
    sizes, n = np.array([50, 100, 200, 400]), 4000
    errors = 2 / np.sqrt(sizes)
    right = np.zeros((4, 1, n), bool)
    for place, error in enumerate(errors):
        right[place, 0, round(n * error) :] = True
    found = predicted_gain(sizes, right, 400)
    assert found.value == pytest.approx(0.5 * (errors[-1] - 2 / np.sqrt(800)), abs=0.002)  # half of it is promised
    assert found.low < found.value < found.high


def test_predictions_are_held_against_what_happened(paths, world):
    for labels, accuracy in ((40, 0.8), (50, 0.81), (60, 0.86), (100, 0.9)):
        remember_advice(world, Advice(labels, 20, Measured(0.03, -0.02, 0.07, 40)), accuracy)
    found = kept_advice(index_dataset(world.folder, paths))
    assert [(item.advice.labels, item.labels, round(item.happened, 2), item.is_covered) for item in found] == [
        (40, 60, 0.06, True),
        (60, 100, 0.04, True),
    ]
