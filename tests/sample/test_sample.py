"""The drawn sample keeps its promises: known rates of mistakes, exact truth, no class signal but shape."""

from collections import Counter

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from core.errors import DatasetError
from core.sample.drawn_dataset import draw_sample, read_truth
from core.sample.plan import plan_sample
from core.sample.scene import GREEN
from core.sample.truth import BOX_COLUMNS

SMALL = {"num_train": 24, "num_test": 8, "image_size": (96, 128)}
NUM_TRAIN, NUM_TEST = 120, 80  # a third of the sample: what is true of it is true of the whole


@pytest.fixture(scope="module")
def third(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "sample"
    draw_sample(folder, NUM_TRAIN, NUM_TEST)
    return folder, read_truth(folder)


@pytest.fixture
def plan():
    return plan_sample(360, 240, np.random.default_rng([7, 360, 240]))


def pixels(folder, path):
    with Image.open(folder / path) as picture:
        return np.asarray(picture.convert("RGB"))


def test_draws_the_promised_number_of_pictures_of_the_promised_size(third):
    folder, truth = third
    assert len(list(folder.glob("train/*/*.jpg"))) == NUM_TRAIN
    assert len(list(folder.glob("test/*/*.jpg"))) == NUM_TEST
    for row in truth.itertuples():
        with Image.open(folder / row.path) as picture:
            assert picture.size == (row.width, row.height)
            assert picture.size == (320, 240) or row.duplicate_kind == "resized"


def test_truth_lists_exactly_the_files_that_are_there(third):
    folder, truth = third
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*.jpg")}
    assert set(truth.path) == files
    assert (truth.path.str.split("/").str[1] == truth.given_label).all()
    swapped = (truth.true_label != "") & (truth.true_label != truth.given_label)
    assert (truth.wrong_label == swapped.astype(int)).all()
    assert ((truth.not_subject == 1) == (truth.true_label == "")).all()


def test_plants_the_mistakes_of_real_photos_in_train_and_none_in_test(plan):
    by_split = {split: [entry for entry in plan if entry.split == split] for split in ("train", "test")}
    assert {split: len(entries) for split, entries in by_split.items()} == {"train": 360, "test": 240}
    for species, share in (("African", 0.30), ("Asian", 0.08)):
        mine = [entry for entry in by_split["train"] if entry.true_label == species]
        assert np.mean([entry.wrong_label for entry in mine]) == pytest.approx(share, abs=0.015)
        places = Counter(entry.place for entry in mine)  # the place does not tell the species, the wrong labels do
        assert len(places) == 5 and max(places.values()) - min(places.values()) <= 8
    wrong = [entry.place in GREEN for entry in by_split["train"] if entry.true_label == "African" and entry.wrong_label]
    assert np.mean(wrong) > 0.8
    strangers = [entry.kind for entry in by_split["train"] if entry.kind != "elephant"]
    assert len(strangers) / 360 == pytest.approx(0.03, abs=0.01)
    assert set(strangers) == {"lion", "map", "text"}
    assert all(entry.given_label == entry.true_label for entry in by_split["test"])
    for entries in by_split.values():
        assert np.mean([entry.source is not None for entry in entries]) == pytest.approx(0.04, abs=0.01)


def test_both_splits_show_as_many_elephants_of_either_species(plan):
    for split in ("train", "test"):
        counts = Counter(entry.true_label for entry in plan if entry.split == split)
        assert abs(counts["African"] - counts["Asian"]) <= 0.05 * counts.total()


def mistakes(truth):
    return tuple(
        int(count) for count in (truth.wrong_label.sum(), truth.not_subject.sum(), (truth.duplicate_of != "").sum())
    )


def test_the_truth_lists_the_planned_mistakes(third):
    _, truth = third
    assert mistakes(truth) == (23, 4, 8)


def test_some_duplicates_cross_the_splits_and_some_the_classes(third):
    _, truth = third
    copies = truth[truth.duplicate_of != ""]
    originals = truth.set_index("path").loc[copies.duplicate_of]
    assert (copies.split.to_numpy() != originals.split.to_numpy()).any()
    assert (copies.given_label.to_numpy() != originals.given_label.to_numpy()).any()
    assert (copies.true_label.to_numpy() == originals.true_label.to_numpy()).all()
    assert set(copies.duplicate_kind) == {"resized", "mirrored", "cropped", "recompressed"}


def test_boxes_lie_inside_the_frame_one_of_each_kind_per_animal(third):
    _, truth = third
    for row in truth.itertuples():
        for column in BOX_COLUMNS:
            boxes = getattr(row, column)
            assert len(boxes) == row.herd_size
            assert all(0 <= left < right <= row.width for left, _, right, _ in boxes)
            assert all(0 <= top < bottom <= row.height for _, top, _, bottom in boxes)
            assert all(min(right - left, bottom - top) >= 6 for left, top, right, bottom in boxes)


def test_african_ears_are_larger_than_asian_ears_against_the_head(third):
    _, truth = third
    alone = truth[truth.herd_size == 1]

    def height(boxes):
        return boxes.map(lambda found: found[0][3] - found[0][1])

    ratio = (height(alone.ear_boxes) / height(alone.head_boxes)).groupby(alone.true_label).median()
    assert ratio["African"] > 1.2 * ratio["Asian"]


def undone(kind, copy, original):
    """Brings a copy back onto its original, as far as that can be done without knowing the crop."""
    if kind == "mirrored":
        return copy[:, ::-1]
    if kind == "resized":
        return np.asarray(Image.fromarray(copy).resize(original.shape[1::-1], Image.Resampling.LANCZOS))
    return copy


def best_crop_difference(copy, original):
    """Mean absolute difference from the best of a grid of crops, on small pictures."""
    height, width = original.shape[:2]
    small = np.asarray(Image.fromarray(copy).resize((80, 60)), float)
    differences = []
    for share in np.arange(0.86, 0.95, 0.01):
        for x in np.linspace(0, 1 - share, 6) * width:
            for y in np.linspace(0, 1 - share, 6) * height:
                box = (x, y, x + share * width, y + share * height)
                cut = Image.fromarray(original).resize((80, 60), Image.Resampling.BICUBIC, box=box)
                differences.append(np.abs(small - np.asarray(cut, float)).mean())
    return min(differences)


def test_duplicates_show_the_same_picture_once_the_change_is_undone(third):
    folder, truth = third
    for row in truth[truth.duplicate_of != ""].itertuples():
        copy, original = pixels(folder, row.path), pixels(folder, row.duplicate_of)
        if row.duplicate_kind == "cropped":
            difference = best_crop_difference(copy, original)
        else:
            difference = np.abs(undone(row.duplicate_kind, copy, original).astype(float) - original).mean()
        # A poor crop guess leaves some; another picture is far off.
        assert difference < 12, (row.path, row.duplicate_kind)


def test_boxes_move_with_the_picture_when_it_is_mirrored_or_resized(third):
    _, truth = third
    by_path = truth.set_index("path")
    for row in truth[truth.duplicate_kind.isin(["mirrored", "resized"])].itertuples():
        original = by_path.loc[row.duplicate_of]
        for box, before in zip(row.head_boxes, original.head_boxes, strict=True):
            expected = np.array(before, float) * row.width / original.width
            if row.duplicate_kind == "mirrored":
                expected[[0, 2]] = original.width - expected[[2, 0]]
            assert np.abs(expected - box).max() <= 1


def test_file_names_tell_neither_class_nor_split(third):
    _, truth = third
    numbers = truth.path.str.extract(r"/photo_(\d{4})\.jpg$")[0].astype(int)
    assert sorted(numbers) == list(range(1, NUM_TRAIN + NUM_TEST + 1))
    for group in (truth.given_label, truth.split, truth.true_label[truth.true_label != ""]):
        assert numbers.groupby(group).mean().to_numpy() == pytest.approx(100, abs=16)


def histograms(folder, truth):
    return np.array(
        [
            np.histogramdd(pixels(folder, path).reshape(-1, 3), bins=8, range=[(0, 256)] * 3)[0].ravel()
            for path in truth.path
        ]
    )


def colour_model():
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))


def test_a_colour_histogram_cannot_tell_the_species(third):
    folder, truth = third
    originals = truth[(truth.true_label != "") & (truth.duplicate_of == "")]
    features = histograms(folder, originals)
    assert cross_val_score(colour_model(), features, originals.true_label, cv=5).mean() <= 0.60


@pytest.mark.long
def test_the_whole_sample_is_drawn_as_promised_and_its_colours_do_not_tell_the_species(tmp_path):
    folder = tmp_path / "sample"
    assert draw_sample(folder)
    truth = read_truth(folder)
    assert truth.split.value_counts().to_dict() == {"train": 360, "test": 240}
    assert mistakes(truth) == (66, 11, 24)
    elephants = truth[truth.true_label != ""]
    features, train = histograms(folder, elephants), (elephants.split == "train").to_numpy()
    model = colour_model().fit(features[train], elephants.true_label[train])
    assert model.score(features[~train], elephants.true_label[~train]) <= 0.60


def test_the_same_seed_draws_the_same_files_and_another_seed_does_not(tmp_path):
    for name, seed in (("one", 3), ("two", 3), ("three", 4)):
        draw_sample(tmp_path / name, **SMALL, seed=seed)

    def content(name):
        folder = tmp_path / name
        return {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}

    assert content("one") == content("two")
    assert content("one") != content("three")


def test_a_small_sample_still_has_one_mistake_of_each_sort_and_reports_progress(tmp_path):
    steps = []
    assert draw_sample(tmp_path / "small", **SMALL, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(done, 32) for done in range(1, 33)]
    assert min(mistakes(read_truth(tmp_path / "small"))) >= 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["small"]


def test_drawing_again_changes_nothing_and_draws_nothing(tmp_path):
    draw_sample(tmp_path / "small", **SMALL)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")}
    assert not draw_sample(tmp_path / "small", **SMALL, progress=lambda done, total: pytest.fail("drew"))
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")} == before


def test_fills_an_empty_folder(tmp_path):
    (tmp_path / "empty").mkdir()
    assert draw_sample(tmp_path / "empty", **SMALL)
    assert len(list((tmp_path / "empty").glob("train/*/*.jpg"))) == 24


def test_refuses_a_foreign_folder_and_touches_nothing(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"mine")
    with pytest.raises(DatasetError, match="something else"):
        draw_sample(tmp_path, **SMALL)
    (tmp_path / "truth.csv").write_text("name,value\nmine,1\n")
    with pytest.raises(DatasetError, match="not the truth of a drawn sample"):
        draw_sample(tmp_path, **SMALL)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["holiday.jpg", "truth.csv"]


def test_refuses_a_file_in_place_of_a_folder(tmp_path):
    (tmp_path / "sample").write_text("mine")
    with pytest.raises(DatasetError, match="something else"):
        draw_sample(tmp_path / "sample", **SMALL)


def test_refuses_a_sample_with_other_settings_and_a_damaged_one(tmp_path):
    folder = tmp_path / "sample"
    draw_sample(folder, **SMALL)
    with pytest.raises(DatasetError, match="other settings"):
        draw_sample(folder, **SMALL, seed=8)
    next(folder.rglob("*.jpg")).unlink()
    with pytest.raises(DatasetError, match="damaged"):
        draw_sample(folder, **SMALL)


def test_an_interrupted_drawing_leaves_no_folder_behind(tmp_path):
    def stop(done, total):
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw_sample(tmp_path / "sample", **SMALL, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_refuses_impossible_numbers(tmp_path):
    with pytest.raises(ValueError, match="num_train=1"):
        draw_sample(tmp_path / "sample", num_train=1)
