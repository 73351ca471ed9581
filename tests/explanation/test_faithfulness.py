"""Numbers beside maps with known answers: a fake run that looks at one corner only."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.known_evidence import evidence_mask, point
from core.dataset.images import resize
from core.dataset.index import index_dataset
from core.errors import DatasetError
from core.explanation import averages
from core.explanation.averages import mean_maps, middle_share
from core.explanation.deletion import centre_map, deletion_and_insertion, random_maps
from core.explanation.faithfulness import VERDICTS, measure_faithfulness, verdict_of
from core.explanation.heatmap import Explanation, explain
from core.explanation.sanity import Sanity, check_sanity, mean_rank_correlation, stored_sanity
from core.explanation.stability import correlation, flip_stability, shift_stability
from core.explanation.what_if import hide_boxes, what_if


class CornerReader:
    """Answers `Asian` by how much detail the upper left quarter has; blurring it away gives `African`."""

    run = SimpleNamespace(image_size=(64, 64), class_names=("African", "Asian"), run_id="fake", framing="squash")

    def __init__(self):
        self.asked = 0

    def predict(self, images):
        values = self.probabilities(images)[:, 1]
        return [
            SimpleNamespace(
                label="Asian" if value > 0.5 else "African",
                probability=max(value, 1 - value),
                probabilities={"African": 1 - value, "Asian": value},
                class_maps=None,
            )
            for value in values.tolist()
        ]

    def probabilities(self, images):
        self.asked += len(images)
        corners = [resize(image, (64, 64))[:32, :32].astype(float) for image in images]
        detail = np.array([np.clip(corner.std() / 80, 0.02, 0.98) for corner in corners])
        return np.stack([1 - detail, detail], axis=1)


def checkered(height: int = 64, width: int = 64) -> np.ndarray:
    """Detail everywhere: only the corner's counts."""
    rows, columns = np.mgrid[:height, :width]
    return np.repeat((((rows // 4 + columns // 4) % 2) * 220 + 10).astype(np.uint8)[..., None], 3, axis=2)


def map_of(top: slice, left: slice, size: int = 64) -> np.ndarray:
    heatmap = np.zeros((size, size), np.float32)
    heatmap[top, left] = 1
    return heatmap


def explanation_of(heatmap: np.ndarray, method: str = "occlusion") -> Explanation:
    return Explanation(method, "Asian", heatmap, CornerReader().predict([checkered()])[0])


RIGHT, WRONG = map_of(slice(0, 32), slice(0, 32)), map_of(slice(32, 64), slice(32, 64))


def test_the_right_map_beats_chance_clearly_and_the_wrong_one_does_not():
    right = measure_faithfulness(checkered(), explanation_of(RIGHT), CornerReader())
    wrong = measure_faithfulness(checkered(), explanation_of(WRONG), CornerReader())
    assert (right.verdict, wrong.verdict) == ("clearly", "not")
    assert right.deletion < wrong.deletion and right.insertion > wrong.insertion
    assert right.sentence == VERDICTS["clearly"]
    assert right.flip_stability is None and right.shift_stability is None


def test_a_map_costs_few_passes_however_large_the_photo_is():
    run = CornerReader()
    measure_faithfulness(checkered(300, 500), explanation_of(np.ones((300, 500), np.float32)), run)
    assert run.asked == 74


def test_faithfulness_is_json():
    content = measure_faithfulness(checkered(), explanation_of(RIGHT), CornerReader(), stability=True).as_dict()
    assert json.loads(json.dumps(content, allow_nan=False))["verdict"] == "clearly"
    assert -1 <= content["flip_stability"] <= 1


def test_I25_a_flat_map_never_beats_chance():
    found = measure_faithfulness(checkered(), explanation_of(np.zeros((64, 64), np.float32)), CornerReader())
    assert (found.verdict, found.sentence) == ("not", "No region stood out.")
    assert np.isfinite([found.deletion, found.insertion, found.gain]).all()


@pytest.mark.parametrize("colour", [0, 255])
@pytest.mark.parametrize("size", [(1, 1), (2, 90), (40, 40)])
def test_I24_blank_and_tiny_pictures_give_finite_numbers(colour, size):
    image = np.full((*size, 3), colour, np.uint8)
    found = measure_faithfulness(image, explain(image, None, None, CornerReader()), CornerReader(), stability=True)
    numbers = [found.gain, found.random_gain, found.centre_gain, found.flip_stability, found.shift_stability]
    assert np.isfinite(numbers).all()


def test_deletion_and_insertion_run_between_the_same_two_pictures():
    run = CornerReader()
    right, wrong = deletion_and_insertion(checkered(), 1, [RIGHT, WRONG], run)
    assert right.deletion[0] == wrong.deletion[0] == right.insertion[-1]
    assert right.deletion[-1] == wrong.deletion[-1] == right.insertion[0]
    assert right.deletion[2] < wrong.deletion[2]  # 2/7 of the pixels: the whole corner is gone
    assert right.shares[0] == 0 and right.shares[-1] == 1
    assert right.gain == pytest.approx(right.insertion_auc - right.deletion_auc)


def test_only_the_order_of_a_map_counts():
    first, second = deletion_and_insertion(checkered(), 1, [RIGHT * 0.5, RIGHT], CornerReader())
    assert first == second


def test_random_maps_are_smooth_seeded_and_different():
    first, second = random_maps(2, seed=3)
    assert np.array_equal(first, random_maps(2, seed=3)[0]) and not np.array_equal(first, second)
    assert np.abs(np.diff(first)).max() < 0.3 and first.min() >= 0 and first.max() <= 1
    assert np.unravel_index(centre_map().argmax(), (56, 56)) in [(27, 27), (27, 28), (28, 27), (28, 28)]


def test_the_verdict_needs_distance_from_luck_and_from_the_middle():
    assert verdict_of(0.5, 0.1, 0.1, 0.3) == "clearly"
    assert verdict_of(0.5, 0.1, 0.1, 0.6) == "barely"  # a blob in the middle does better
    assert verdict_of(0.2, 0.1, 0.1, 0.0) == "barely"
    assert verdict_of(0.1, 0.1, 0.1, 0.0) == "not"
    assert verdict_of(0.11, 0.1, 0.0, 0.0) == "not"  # lucky agreement of the random maps proves nothing


def test_a_map_that_follows_the_photo_is_stable_and_one_that_stays_is_not(predictor):
    image = np.random.default_rng(4).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    explanation = explain(image, None, "class_map", predictor)
    assert flip_stability(image, explanation, predictor) <= 1
    assert -1 <= shift_stability(image, explanation, predictor) <= 1
    symmetric = np.concatenate([image, image[:, ::-1]], axis=1)
    assert flip_stability(symmetric, explain(symmetric, None, "class_map", predictor), predictor) < 0.999
    assert correlation(RIGHT, WRONG) < 0
    assert correlation(RIGHT, RIGHT) == pytest.approx(1)
    assert (correlation(RIGHT * 0, WRONG * 0), correlation(RIGHT * 0, WRONG)) == (1, 0)


def test_hiding_a_box_takes_its_evidence_away():
    image = checkered(96, 160)
    before = CornerReader().predict([image])[0]
    after = what_if(image, [(0, 0, 80, 48)], CornerReader())
    elsewhere = what_if(image, [(100, 60, 160, 96)], CornerReader())
    assert before.label == "Asian" and after.probabilities["Asian"] < before.probabilities["Asian"] - 0.2
    assert elsewhere.probabilities["Asian"] == pytest.approx(before.probabilities["Asian"], abs=0.01)


def test_a_hidden_box_changes_its_pixels_only_and_never_the_photo():
    image = checkered()
    kept = image.copy()
    hidden = hide_boxes(image, [(40, 30, 10, 20), (60, 60, 900, 900)])  # corners in any order; parts outside
    changed = (hidden != image).any(axis=2)
    assert np.array_equal(image, kept)
    assert changed[20:30, 10:40].mean() > 0.9 and changed[60:, 60:].any()
    changed[20:30, 10:40] = changed[60:, 60:] = False
    assert not changed.any()


@pytest.mark.parametrize("box", [(5, 5, 5, 9), (-9, -9, 0, 4), (70, 0, 90, 9)])
def test_a_box_outside_the_photo_is_refused(box):
    with pytest.raises(ValueError, match="64 x 64"):
        hide_boxes(checkered(), [box])


def test_the_pointing_game_counts_the_strongest_pixel():
    evidence = evidence_mask({"ear_boxes": [[10, 5, 20, 15]], "back_boxes": [], "head_boxes": []}, (64, 64))
    assert evidence.sum() == 100 and evidence[5, 10] and not evidence[10, 5]
    inside, near, far = (map_of(slice(row, row + 1), slice(12, 13)) for row in (6, 25, 60))
    assert point(inside, evidence) == point(inside * 0.1, evidence)
    assert [item.hit for item in (point(inside, evidence), point(near, evidence))] == [True, False]
    assert [item.hit_with_margin for item in (point(near, evidence), point(far, evidence))] == [True, False]
    assert (point(inside, evidence).energy, point(near, evidence).energy) == (1, 0)
    flat = point(np.zeros((64, 64), np.float32), evidence)
    assert not flat.hit and flat.energy == pytest.approx(100 / 64**2)


def test_mean_maps_count_photos_and_errors(trained_paths, predictor, monkeypatch):
    dataset = index_dataset(trained_paths.data_dir / "world", trained_paths)
    seen = []
    result = mean_maps(dataset, "test", predictor, progress=lambda done, total: seen.append((done, total)))
    assert result.method == "class_map" and result.num_photos == 8
    assert result.counts == {"African": 4, "Asian": 4} and seen[-1] == (8, 8)
    assert all(
        heatmap.shape == (56, 56) and 0 <= heatmap.min() <= heatmap.max() <= 1
        for heatmap in [*result.by_class.values(), *result.errors.values()]
    )
    assert set(result.errors) == set(result.error_counts)
    monkeypatch.setattr(averages, "MAX_PHOTOS", 4)
    assert sum(mean_maps(dataset, "train", predictor).counts.values()) == 4
    with pytest.raises(DatasetError, match="validation"):
        mean_maps(dataset, "validation", predictor)


def test_the_middle_holds_a_ninth_of_an_even_map():
    assert middle_share(np.ones((56, 56), np.float32)) == pytest.approx(1 / 9, abs=0.01)
    assert middle_share(map_of(slice(30, 33), slice(30, 33))) == 1 and middle_share(RIGHT * 0) == pytest.approx(1 / 9)
    assert middle_share(map_of(slice(0, 5), slice(0, 64))) == 0


def test_mean_maps_skip_photos_that_vanished(trained_paths, predictor, tmp_path):
    from dataclasses import replace

    dataset = index_dataset(trained_paths.data_dir / "world", trained_paths)
    gone = replace(dataset, folder=tmp_path)
    result = mean_maps(gone, "test", predictor)
    assert result.num_unreadable == 8 and result.by_class == {}


def test_rank_correlation_sees_the_order_and_not_the_sign():
    maps = np.arange(18, dtype=np.float32).reshape(2, 3, 3)
    assert mean_rank_correlation(maps, maps**2) == pytest.approx(1)
    assert mean_rank_correlation(maps, -maps) == pytest.approx(1)
    assert mean_rank_correlation(maps, maps * 0) == 0


@pytest.mark.slow
def test_the_sanity_check_is_made_once_and_leaves_the_run_alone(quick_run, trained_paths):
    before = {path.name: path.stat().st_mtime_ns for path in quick_run.folder.iterdir()}
    assert stored_sanity(quick_run, trained_paths) is None
    found = check_sanity(quick_run, trained_paths)
    assert isinstance(found, Sanity) and found.num_images == 8 and found.sentence
    assert 0 <= found.network_correlation < 0.5 and found.passed == (found.head_correlation < 0.5)
    assert check_sanity(quick_run, trained_paths) == stored_sanity(quick_run, trained_paths) == found
    assert {path.name: path.stat().st_mtime_ns for path in quick_run.folder.iterdir()} == before
    quick_run.verify()
