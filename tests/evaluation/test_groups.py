"""Accuracy by group of photos, with known answers."""

import pandas as pd
import pytest

from core.dataset.index import index_dataset
from core.evaluation import groups
from core.evaluation.groups import by_group, copied_into

USUAL_MIN = groups.MIN_PHOTOS


@pytest.fixture(autouse=True)
def a_group_of_one_counts(monkeypatch):
    monkeypatch.setattr(groups, "MIN_PHOTOS", 1)


def photos(**columns) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predictions of four test photos, the last one wrong, and the dataset's table."""
    names = [f"test/{i}.png" for i in range(4)]
    predictions = pd.DataFrame(
        {
            "path": names,
            "sha256": list("abcd"),
            "split": "test",
            "given_label": "African",
            "predicted_label": ["African"] * 3 + ["Asian"],
        }
    )
    table = pd.DataFrame({"path": names, "width": 400, "height": 300, "brightness": 150.0} | columns)
    return predictions, table


def found(**arguments) -> dict[tuple[str, str], tuple[float, int]]:
    columns = arguments.pop("columns", {})
    known = {"copies": None, "subject_area": {}} | arguments
    items = by_group(*photos(**columns), "test", **known)
    return {(item.about, item.group): (item.accuracy.value, item.accuracy.n) for item in items}


def test_photos_that_are_all_alike_have_no_groups():
    assert found() == {}


def test_groups_count_their_own_photos():
    sizes = found(columns={"width": [100, 400, 400, 100], "height": [100, 300, 300, 100]})
    assert sizes["Size of the photo", "thumbnail"] == (0.5, 2) and sizes["Size of the photo", "large"] == (1.0, 2)
    shapes = found(columns={"width": [250, 300, 600, 600], "height": 300})
    assert [shapes["Shape", name] for name in ("tall", "about square", "wide")] == [(1.0, 1), (1.0, 1), (0.5, 2)]
    light = found(columns={"brightness": [10.0, 200.0, 200.0, 200.0]})
    assert light["Light", "dark"] == (1.0, 1) and light["Light", "light"][0] == pytest.approx(2 / 3)


def test_copies_and_subjects_part_the_photos_only_where_they_are_known():
    copies = found(copies={"test/3.png"})
    assert copies == {("Copies", "copy in train"): (0.0, 1), ("Copies", "no copy in train"): (1.0, 3)}
    subjects = found(subject_area={"a": 0.1, "b": 0.5, "d": 0.2})
    about = "Size of the subject"
    assert subjects == {(about, "small half"): (1.0, 1), (about, "large half"): (0.5, 2)}


def test_groups_of_a_few_photos_say_nothing(monkeypatch):
    monkeypatch.setattr(groups, "MIN_PHOTOS", USUAL_MIN)
    predictions, table = photos(width=[100, 400, 400, 400], height=[100, 300, 300, 300])
    assert by_group(predictions, table, "test", None, {}) == []


def test_other_splits_and_lost_photos_are_left_out():
    predictions, table = photos(width=[100, 400, 400, 400], height=[100, 300, 300, 300])
    assert by_group(predictions, table, "validation", None, {}) == []
    assert by_group(predictions, table.iloc[1:], "test", None, {}) == []


def test_copied_test_photos_are_found(paths, world):
    source = world.folder / "train" / "African" / "train_000.png"
    (world.folder / "test" / "African" / "copy.png").write_bytes(source.read_bytes())
    assert "test/African/copy.png" in copied_into(index_dataset(world.folder, paths).usable)
