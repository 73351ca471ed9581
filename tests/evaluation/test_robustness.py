"""Corrupted photos are corrupted the same way every time, and what a run says of them is counted right."""

import numpy as np
import pytest
from conftest import draw_photo, draw_world
from pages_fakes import FakePredictor, fake_run

from core.dataset.images import decode
from core.dataset.index import index_dataset
from core.evaluation import background, robustness
from core.evaluation.background import area_of, separated, share_inside
from core.evaluation.corruptions import CORRUPTIONS, corrupted, reduced
from core.evaluation.robustness import Robustness, figures, measure_robustness, reading, stored_robustness


@pytest.fixture
def photo(tmp_path):
    return decode(draw_photo(tmp_path / "a.png", (180, 90, 60), seed=1, size=(96, 64)))


def edges(image: np.ndarray) -> float:
    return float(np.abs(np.diff(image.astype(float), axis=0)).mean())


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_is_the_same_every_time_and_leaves_its_photo_alone(name, photo):
    before = photo.copy()
    item = CORRUPTIONS[name]
    for strength in item.strengths:
        first, second = item.apply(photo, strength), item.apply(photo, strength)
        assert first.dtype == np.uint8 and np.array_equal(first, second)
    assert np.array_equal(photo, before)


@pytest.mark.parametrize("name", ["blur", "noise", "jpeg", "darkness", "grey"])
def test_stronger_corruptions_are_farther_from_the_photo(name, photo):
    item = CORRUPTIONS[name]
    away = [np.abs(item.apply(photo, strength).astype(float) - photo).mean() for strength in item.strengths]
    assert away == sorted(away) and away[0] > 0


def test_each_corruption_does_what_it_says(photo):
    assert edges(CORRUPTIONS["blur"].apply(photo, 4)) < edges(photo) < edges(CORRUPTIONS["noise"].apply(photo, 40))
    assert np.allclose(CORRUPTIONS["darkness"].apply(photo, 50), photo / 2, atol=0.51)
    grey = CORRUPTIONS["grey"].apply(photo, 0)
    assert np.ptp(grey, axis=2).max() == 0
    assert np.array_equal(CORRUPTIONS["crop"].apply(photo, 50), photo[16:48, 24:72])
    assert CORRUPTIONS["downscale"].apply(photo, 28).shape == (28, 42, 3)


def test_reduced_photos_have_one_scale_and_small_ones_stay(photo):
    assert reduced(photo, 32).shape == (32, 48, 3)
    assert reduced(photo, 200) is photo
    assert len(corrupted(photo)) == sum(len(item.strengths) for item in CORRUPTIONS.values())


def test_figures_count_right_and_changed_answers_by_the_labels_asked_for():
    found = Robustness(
        "test",
        4,
        ("African", "Asian"),
        ("a", "b", "c", "d"),
        {"clean": [0, 0, 1, 1], "blur-2": [0, 1, 1, 0], "subject-blurred": [0, 0, 0, 0]},
        [],
        [],
    )
    labels = {"a": "African", "b": "African", "c": "Asian", "d": "African"}
    clean, blurred, hidden = figures(found, labels)
    assert (clean.accuracy.value, clean.changed.value, clean.accuracy.n) == (0.75, 0, 4)
    assert (blurred.title, blurred.strength) == ("Blur", "4 % of the shorter side")
    assert (blurred.accuracy.value, blurred.changed.value) == (0.75, 0.5)
    assert (hidden.title, hidden.accuracy.value) == ("Subject blurred", 0.75)
    assert figures(found, {"a": "African"})[0].accuracy.n == 1
    assert figures(found, {}) == []


def corner() -> np.ndarray:
    """A subject in the upper left quarter."""
    subject = np.zeros((8, 8), np.float32)
    subject[:4, :4] = 1
    return subject


def test_evidence_inside_the_subject_is_a_share_of_all_evidence():
    assert area_of(corner()) == pytest.approx(0.25, abs=0.06)
    assert share_inside(corner(), corner()) > 0.95
    assert share_inside(corner()[::-1, ::-1], corner()) < 0.05
    assert share_inside(np.ones((8, 8)), corner()) == pytest.approx(area_of(corner()), abs=0.01)
    assert share_inside(-corner(), corner()) is None


def test_separated_photos_keep_one_part_and_blur_the_other(photo):
    parts = separated(photo, corner())
    kept, hidden = parts["background-blurred"], parts["subject-blurred"]
    assert np.array_equal(kept[:24, :36], photo[:24, :36]) and not np.array_equal(kept[44:, 60:], photo[44:, 60:])
    assert np.array_equal(hidden[44:, 60:], photo[44:, 60:]) and edges(hidden[:20, :30]) < edges(photo[:20, :30])


def test_reading_names_share_area_and_number():
    found = Robustness("test", 2, ("a", "b"), ("x", "y"), {"clean": [0, 0]}, [0.2, 0.4], [0.5, None])
    assert reading(found).startswith("50 % of the evidence for its answers lies inside the subject, which takes 20 %")
    assert reading(Robustness("test", 1, ("a", "b"), ("x",), {"clean": [0]}, [], [])) == ""


def test_a_measurement_is_kept_by_model_and_photos_and_the_run_folder_stays_as_it_was(paths, world):
    run = fake_run(world, paths)
    before = sorted(file.name for file in run.folder.iterdir())
    steps = []
    found = measure_robustness(
        FakePredictor(run), world, "test", paths, lambda *step: steps.append(step), with_background=False
    )
    assert len(found.images) == 8 and found.subject_area == [] and found.inside == []
    assert len(found.answers) == 1 + len(corrupted(np.zeros((8, 8, 3), np.uint8)))
    assert steps[-1][0] == steps[-1][1]
    assert stored_robustness(run, world, "test", with_background=False) == found
    assert stored_robustness(run, world, "test") is None
    assert sorted(file.name for file in run.folder.iterdir()) == before
    labels = dict(zip(world.usable["sha256"], world.usable["label"], strict=True))
    by_name = {item.variant: item.accuracy.value for item in figures(found, labels)}
    assert by_name["clean"] == 1 and by_name["grey-2"] == 0.5  # the fake knows colours only


def test_a_large_split_is_sampled_with_the_same_share_of_each_class(paths, monkeypatch):
    monkeypatch.setattr(robustness, "MAX_PHOTOS", 8)
    world = index_dataset(draw_world(paths.data_dir / "large", num_train=2, num_test=12), paths)
    run = fake_run(world, paths)
    found = measure_robustness(FakePredictor(run), world, "test", paths, with_background=False)
    assert (len(found.images), found.num_photos) == (8, 24)
    assert sum(found.answers["clean"]) == 4


def test_the_background_is_measured_where_the_subject_is_known(paths, world, monkeypatch):
    monkeypatch.setattr(robustness, "subject_maps", lambda images, paths, report: [corner()] * len(images))
    found = measure_robustness(FakePredictor(fake_run(world, paths)), world, "test", paths)
    assert set(background.VARIANTS) < set(found.answers)
    assert len(found.inside) == len(found.subject_area) == 8


@pytest.mark.slow
def test_subject_maps_of_what_imagenet_does_not_agree_on_are_none_or_one_a_photo(trained_paths):
    random = np.random.default_rng(0)
    images = [random.integers(0, 256, (64, 64, 3), dtype=np.uint8) for _ in range(4)]
    steps = []
    found = background.subject_maps(images, trained_paths, steps.append)
    assert background.is_prepared(trained_paths)
    assert found is None or [one.shape for one in found] == [(7, 7)] * 4
    assert steps[:4] == [1, 2, 3, 4]
