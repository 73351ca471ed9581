"""Dataset statistics have known answers and survive datasets of nothing."""

import json
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.dataset.index import Dataset
from core.dataset.index_table import COLUMNS
from core.dataset.statistics import DatasetStatistics, statistics
from core.records import from_json


def dataset_of(**columns) -> Dataset:
    """A dataset from columns; what is not given is the same for every row, and no two rows are copies."""
    num_rows = len(next(iter(columns.values()))) if columns else 0
    random = np.random.default_rng(0)
    hashes = [f"{value:016x}" for value in random.integers(0, 2**64, 2 * num_rows, dtype=np.uint64)]
    defaults = {
        "path": [f"{i:04d}.jpg" for i in range(num_rows)],
        "label": "African",
        "split": "train",
        "width": 300,
        "height": 200,
        "bytes": 1000,
        "mtime_ns": 0,
        "sha256": [f"{i}" for i in range(num_rows)],
        "phash": hashes[:num_rows],
        "phash_mirrored": hashes[num_rows:],
        "brightness": 100.0,
        "sharpness": 500.0,
        "problem": "",
    }
    table = pd.DataFrame({**defaults, **columns}, index=range(num_rows)).astype(COLUMNS)
    return Dataset("made", Path("made"), Path("cache"), tuple(sorted(set(table["label"]))), table, is_plain=False)


def two_classes(num_rows: int) -> list[str]:
    return ["African", "Asian"] * (num_rows // 2)


def test_counts_sizes_brightness_and_problems_are_right():
    found = statistics(
        dataset_of(
            path=["a", "b", "c", "d"],
            label=["African", "Asian", "Asian", "Asian"],
            split=["train", "train", "test", "test"],
            width=[100, 200, 400, 0],
            height=[100, 100, 100, 0],
            bytes=[10, 20, 30, 40],
            brightness=[50.0, 100.0, 200.0, 0.0],
            problem=["", "", "", "corrupt-image"],
        )
    )
    assert found.counts == {"test": {"Asian": 1}, "train": {"African": 1, "Asian": 1}}
    assert found.total == 3 and found.bytes_total == 60
    assert (found.width.min, found.width.median, found.width.max) == (100, 200, 400)
    assert (found.megapixels.min, found.megapixels.max) == (0.01, 0.04)
    assert found.aspect_ratio["0.5"] == 2.0
    assert found.brightness["African"].mean == 50 and found.brightness["Asian"].mean == 150
    assert found.brightness["Asian"].lower_quartile == 125
    assert found.problems == ({"path": "d", "problem": "corrupt-image"},)


def test_counts_copies_and_test_photos_that_leak():
    one, other = "0f0f0f0f0f0f0f0f", "00ff00ff00ff00ff"
    found = statistics(
        dataset_of(
            path=["a", "b", "c", "d"],
            label=["African", "Asian", "Asian", "Asian"],
            split=["train", "train", "test", "train"],
            sha256=["1", "1", "2", "3"],
            phash=[one, one, other, other],
            phash_mirrored="3333cccc3333cccc",
        )
    ).duplicates
    assert (found.exact_pairs, found.near_pairs) == (1, 1)
    assert (found.across_classes, found.across_splits, found.leaked_test_photos) == (1, 1, 1)


def test_a_class_that_is_always_brighter_is_a_strong_shortcut():
    brightness = np.where(np.arange(100) % 2, 180.0, 90.0) + np.random.default_rng(1).normal(0, 5, 100)
    found = statistics(dataset_of(label=two_classes(100), brightness=brightness))
    by_feature = {shortcut.feature: shortcut for shortcut in found.shortcuts}
    assert by_feature["brightness"].balanced_accuracy == 1.0
    assert by_feature["brightness"].verdict == "strong"
    assert by_feature["brightness"].sentence.startswith("The brightness alone predicts the class 100 %")
    assert by_feature["file size"].balanced_accuracy == 0.5, "one size for all tells nothing"
    assert by_feature["file size"].sentence.endswith("(guessing: 50 %): fine.")


def test_a_class_whose_size_lies_amid_the_others_is_seen():
    width = [300 if i % 2 else (100 if i % 4 else 900) for i in range(200)]
    by_feature = {s.feature: s for s in statistics(dataset_of(label=two_classes(200), width=width)).shortcuts}
    assert by_feature["number of pixels"].verdict == "strong"
    assert by_feature["aspect ratio"].verdict == "strong"


def test_noise_is_no_shortcut():
    brightness = np.random.default_rng(2).uniform(0, 255, 400)
    shortcut = statistics(dataset_of(label=two_classes(400), brightness=brightness)).shortcuts[0]
    assert shortcut.verdict == "fine" and abs(shortcut.balanced_accuracy - 0.5) < 0.1


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"path": ["a"]},
        {
            "path": ["a"],
            "problem": ["corrupt-image"],
            "phash": [""],
            "sha256": [""],
            "width": [0],
            "height": [0],
        },
        {"path": ["a"] * 30},
        {"label": ["African"] * 30 + ["Asian"]},
        {"label": ["African", "Asian"]},
        {"label": ["African", "Asian"] * 20, "brightness": [100.0] * 40},
    ],
    ids=[
        "no rows",
        "one photo",
        "no usable photo",
        "one class",
        "one lonely photo",
        "two photos",
        "all alike",
    ],
)
def test_degenerate_datasets_give_none_and_no_warning(columns):
    found = statistics(dataset_of(**columns))
    assert from_json(DatasetStatistics, json.loads(json.dumps(asdict(found), allow_nan=False))) == found
    if not found.total:
        assert found.width.median is None and found.aspect_ratio["0.5"] is None
    if len(found.counts.get("train", {})) < 2:
        assert {shortcut.balanced_accuracy for shortcut in found.shortcuts} == {None}


def test_a_thousand_rows_take_less_than_two_seconds():
    import sklearn.model_selection  # noqa: F401  # importing it is not what is measured

    random = np.random.default_rng(3)
    dataset = dataset_of(label=two_classes(1000), brightness=random.uniform(0, 255, 1000))
    started = time.monotonic()
    statistics(dataset)
    assert time.monotonic() - started < 2


def test_describes_an_indexed_world(world):
    found = statistics(world)
    assert found.counts == {"test": {"African": 4, "Asian": 4}, "train": {"African": 8, "Asian": 8}}
    assert found.name == "world" and found.problems == ()
