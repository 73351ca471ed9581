"""The photos to label next, each with the reason why it was chosen and what the model takes it for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.dataset.labelling import LEAST_TEST, TEST_SHARE
from core.review.label_choice import spread, uncertain_and_different
from core.review.label_model import LabelModel

How = Literal["model", "random"]
Why = Literal["test", "spread", "unsure", "random", "alike"]
REASONS: dict[Why, str] = {
    "test": "drawn at random for the honest test",
    "spread": "unlike all that is labelled",
    "unsure": "the model is unsure of it",
    "random": "drawn at random",
    "alike": "looks like another one",
}
_EARLY_TEST = 3  # every third photo is for the test until it has enough of each class


@dataclass(frozen=True)
class NextPhoto:
    """A photo that nobody has labelled.

    Attributes:
        path: Of the photo.
        sha256: Of its content.
        why: A key of `REASONS`.
        suggestion: The class that the model takes it for; "" while there is no model.
        probability: Of the suggestion, 0-1; `None` while there is no model.
    """

    path: str
    sha256: str
    why: Why
    suggestion: str
    probability: float | None


def next_photos(model: LabelModel, count: int, how: How = "model") -> list[NextPhoto]:
    """Chooses photos to label.

    Unless the dataset has a test split of its own, some of them are drawn at random by the photo's own number, never by
    the model: these become the honest test (`core.dataset.labelling`), so that it speaks for all photos.

    Args:
        model: As `label_model.learn` gives it.
        count: How many, at most.
        how: `model`: spread over all photos while there are few labels, then uncertain and different. `random`: to
            compare.

    Returns:
        In the order to label them; fewer if fewer are left.
    """
    in_test = (model.table["split"] == "test").to_numpy()
    is_open, every = ~model.answered & ~in_test, _every(model)
    by_draw = np.argsort(model.table["draw"].to_numpy(), kind="stable")
    candidates = ~model.answered & in_test if model.has_own_test else is_open
    chosen: list[tuple[int, Why]] = [(int(row), "test") for row in by_draw if candidates[row]]
    chosen = chosen[: len(range(0, count, every))]
    is_open[[row for row, _ in chosen]] = False
    left_to_chance = is_open.copy()
    is_open[_reserve(model, by_draw)] = False
    missing = count - len(chosen)
    others = _others(model, is_open if is_open.sum() >= missing else left_to_chance, missing, how)
    return [_photo(model, *pair) for pair in _mixed(chosen, others, every)]


def look_alikes(model: LabelModel, paths: Collection[str], count: int) -> list[NextPhoto]:
    """The photos without an answer that look most like some photos, the most similar first.

    Args:
        model: As `label_model.learn` gives it.
        paths: Of the photos in question; they are not among the answer.
        count: How many, at most.
    """
    is_asked = model.table["path"].isin(list(paths)).to_numpy()
    if not is_asked.any():
        return []
    similarity = (model.units @ model.units[is_asked].T).max(axis=1)
    is_open = ~model.answered & ~is_asked
    order = np.argsort(np.where(is_open, -similarity, np.inf), kind="stable")[: min(count, int(is_open.sum()))]
    return [_photo(model, int(row), "alike") for row in order]


def side_by_side(model: LabelModel, photos: Sequence[NextPhoto]) -> list[NextPhoto]:
    """The same photos, each followed by the one that looks most like it."""
    row_of = {path: row for row, path in enumerate(model.table["path"])}
    left, found = list(photos[1:]), list(photos[:1])
    while left:
        last = model.units[row_of[found[-1].path]]
        similarity = model.units[[row_of[photo.path] for photo in left]] @ last
        found.append(left.pop(int(similarity.argmax())))
    return found


def _others(model: LabelModel, free: np.ndarray, count: int, how: How) -> list[tuple[int, Why]]:
    if how == "random":
        order = np.random.default_rng(len(free)).permutation(len(free))
        return [(int(row), "random") for row in order if free[row]][:count]
    learned = model.answered & (model.table["split"] != "test").to_numpy()  # like a test photo is not yet learned
    if model.head is None:
        return [(row, "spread") for row in spread(model.units, learned, free, count)]
    rows = uncertain_and_different(model.units, learned, free, model.probabilities, count)
    return [(row, "unsure") for row in rows]


def _every(model: LabelModel) -> int:
    """Each how-many-th photo is one for the test."""
    counts = model.table.loc[model.table["split"] == "test", "label"].value_counts()
    is_small = len(counts) < 2 or int(counts.min()) < LEAST_TEST
    return _EARLY_TEST if is_small else round(1 / TEST_SHARE)


def _reserve(model: LabelModel, by_draw: np.ndarray) -> np.ndarray:
    """Rows that the model leaves to chance: the lowest numbers, which labels would make test photos."""
    if model.has_own_test:
        return by_draw[:0]
    least = LEAST_TEST * max(2, model.table["label"].replace("", np.nan).nunique())
    return by_draw[: min(max(round(TEST_SHARE * len(by_draw)), least), len(by_draw) // 3)]


def _mixed(first: list[tuple[int, Why]], others: list[tuple[int, Why]], every: int) -> list[tuple[int, Why]]:
    """The test photos evenly among the others."""
    found: list[tuple[int, Why]] = []
    while first or others:
        take_first = first and (not others or len(found) % every == 0)
        found.append((first if take_first else others).pop(0))
    return found


def _photo(model: LabelModel, row: int, why: Why) -> NextPhoto:
    item, known = model.table.iloc[row], model.probabilities[row]
    best = int(known.argmax()) if len(known) else -1
    return NextPhoto(
        item["path"],
        item["sha256"],
        why,
        model.class_names[best] if len(known) else "",
        round(float(known[best]), 4) if len(known) else None,
    )
