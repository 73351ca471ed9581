"""Validation photos are held out of each class as far as its pictures allow, copies on one side."""

import numpy as np
import pandas as pd
import pytest

from core.dataset.splits import folds, not_held_out, with_validation


def photos(**classes: list[int]) -> pd.DataFrame:
    """Rows of `train`: for each class the sizes of its groups of copies."""
    rows, group = [], 0
    for label, sizes in classes.items():
        for size in sizes:
            group += 1
            rows += [(label, f"{group:064d}", copy) for copy in range(size)]
    table = pd.DataFrame(rows, columns=["label", "sha256", "copy"])
    paths = [f"{row.label}/{row.sha256}-{row.copy}.png" for row in table.itertuples()]
    return table.assign(path=paths, split="train")


@pytest.fixture(autouse=True)
def copies_are_equal_files(monkeypatch):
    """Groups by content alone: the hashes of these made-up rows say nothing."""
    monkeypatch.setattr("core.dataset.splits.duplicate_groups", lambda table: pd.factorize(table["sha256"])[0])


def held_out(table: pd.DataFrame) -> dict[str, int]:
    found = with_validation(table)
    return found.loc[found["split"] == "validation", "label"].value_counts().to_dict()


def test_a_class_of_two_photos_keeps_both_and_the_others_hold_out_a_fifth():
    table = photos(common=[1] * 20, other=[1] * 20, rare=[1, 1])
    assert held_out(table) == {"common": 4, "other": 4}
    assert not_held_out(with_validation(table)) == {"rare": (2, 2)}


@pytest.mark.parametrize("rare", [[1], [1, 1], [20], [5, 7]])
def test_where_one_class_only_could_be_held_out_none_is(rare):
    table = photos(common=[1] * 20, rare=rare)
    assert held_out(table) == {} and folds(table, 5) == []
    assert set(not_held_out(with_validation(table))) == {"common", "rare"}


def test_three_clips_of_different_length_hold_out_the_shortest_one():
    assert held_out(photos(cat=[1] * 10, dog=[20, 3, 2])) == {"cat": 2, "dog": 2}


@pytest.mark.parametrize("num_folds", [2, 3, 5, 10])
@pytest.mark.parametrize("seed", range(5))
def test_every_fold_fits_on_every_class_and_parts_no_copies(num_folds, seed):
    random = np.random.default_rng(seed)
    names = ["ape", "bee", "cat", "dog", "elk"]
    table = photos(**{name: random.integers(1, 9, random.integers(1, 12)).tolist() for name in names})
    table.loc[random.choice(len(table), 6, replace=False), "label"] = "ape"  # copies under two labels
    pictures = table.groupby("label")["sha256"].nunique()
    for fit, held in folds(table, num_folds, seed):
        assert set(table["label"].iloc[fit]) == set(table["label"])
        assert not set(table["sha256"].iloc[fit]) & set(table["sha256"].iloc[held])
        assert (pictures[table["label"].iloc[held].unique()] >= 3).all()


def test_no_photo_is_held_out_twice():
    table = photos(cat=[1] * 7, dog=[4, 4, 4], elk=[1] * 30)
    held = np.concatenate([held for _, held in folds(table, 5)])
    assert sorted(held) == list(range(len(table)))


def test_a_validation_split_of_its_own_is_left_alone():
    table = photos(cat=[1] * 9, dog=[1] * 9)
    table.loc[0, "split"] = "validation"
    assert with_validation(table) is table
