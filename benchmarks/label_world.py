"""Photos with hidden labels, and a person who answers what is asked, simulated with the product's own code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.dataset.decision_table import read_rows
from core.dataset.index import Dataset
from core.dataset.labelling import draw, honest_test
from core.features.embeddings import embed
from core.paths import Paths
from core.review.label_model import QUICK, LabelModel, model_of
from core.review.label_next import How, next_photos

READINGS = Path(__file__).resolve().parent.parent / "docs" / "elephants-readings.csv"
ANSWERS_A_TURN = 10


@dataclass(frozen=True)
class HiddenWorld:
    """A dataset whose answers are known to us and hidden from the product.

    Attributes:
        table: One row a photo: `path`, `sha256`, `split`, `phash`, `phash_mirrored` and `answer`: a class, or "" for
            "not the subject".
        embeddings: `float32`, shape `(photos, features)`.
    """

    table: pd.DataFrame
    embeddings: np.ndarray

    def part(self, rows: np.ndarray) -> HiddenWorld:
        """Some of the photos."""
        return HiddenWorld(self.table.iloc[rows].reset_index(drop=True), self.embeddings[rows])


def from_dataset(dataset: Dataset, paths: Paths) -> HiddenWorld:
    """The labels of the folders are the answers; of the elephants what two blind readings agreed on."""
    table = dataset.usable.drop_duplicates("sha256").reset_index(drop=True)
    cells = [row.cells for row in read_rows(READINGS.read_bytes())]
    read = {row["image"]: row for row in cells if row["image"] in set(table["sha256"])}
    if len(read) > len(table) / 2:  # these are the elephants
        table = table[table["sha256"].isin(read)].reset_index(drop=True)
    outcome = {"keep": lambda row, label: label, "relabel": lambda row, label: row["label"]}
    answers = [
        outcome.get(read[image]["action"], lambda row, label: "")(read[image], label) if image in read else label
        for image, label in zip(table["sha256"], table["label"], strict=True)
    ]
    return HiddenWorld(table.assign(answer=answers), embed(dataset, table, [QUICK.backbone], paths)[QUICK.backbone])


def digits() -> HiddenWorld:
    """The handwritten digits of scikit-learn: ten classes, 64 pixels as the embedding, no photo."""
    from sklearn.datasets import load_digits

    found = load_digits()
    names = [hashlib.sha256(row.tobytes()).hexdigest() for row in found.data]
    table = pd.DataFrame({"path": names, "sha256": names, "phash": [name[:16] for name in names], "split": "train"})
    table = table.assign(phash_mirrored=table["phash"], answer=[f"digit {label}" for label in found.target])
    return HiddenWorld(table, found.data.astype(np.float32))


def label(world: HiddenWorld, how: How, seed: int, has_own_test: bool, most: int) -> Iterator[LabelModel]:
    """A person answers ten photos a turn, those that the product asks for; gives the model after each turn.

    Args:
        world: Its `test` rows are labelled from the start if `has_own_test`.
        how: Of `next_photos`.
        seed: Of the order of the photos, and so of all ties and draws.
        has_own_test: Else the honest test is drawn as labels arrive.
        most: Answers outside a test of its own.
    """
    world = world.part(np.random.default_rng(seed).permutation(len(world.table)))
    table, draws = world.table, [draw(f"{seed}{one}", f"{seed}{one}") for one in world.table["phash"]]
    is_test = (table["split"] == "test").to_numpy() & has_own_test
    answered = is_test.copy()
    number = {path: row for row, path in enumerate(table["path"])}
    while (answered & ~is_test).sum() < min(most, (~is_test).sum()):
        model = _model(world, answered, np.array(draws), has_own_test)
        for photo in next_photos(model, ANSWERS_A_TURN, how):
            answered[number[photo.path]] = True
        yield _model(world, answered, np.array(draws), has_own_test)


def _model(world: HiddenWorld, answered: np.ndarray, draws: np.ndarray, has_own_test: bool) -> LabelModel:
    """What `label_model.learn` would make of the answers."""
    table = world.table.assign(
        label=np.where(answered, world.table["answer"], ""),
        excluded=answered & (world.table["answer"] == "").to_numpy(),
        draw=draws,
        split=world.table["split"] if has_own_test else "train",
    )
    if not has_own_test:
        hashes = [f"{round(value * 2**53):016x}" for value in draws]
        chosen = honest_test(table.assign(phash=hashes, phash_mirrored=hashes)[table["label"] != ""])
        table.loc[table["sha256"].isin(chosen), "split"] = "test"
    return model_of(table, world.embeddings, has_own_test)
