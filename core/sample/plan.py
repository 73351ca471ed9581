"""Decides what each picture of the sample shows and which mistakes it carries, before anything is drawn."""

from dataclasses import dataclass, replace

import numpy as np

from core.sample.anatomy import AFRICAN, ASIAN
from core.sample.copies import COPY_KINDS
from core.sample.other import KINDS
from core.sample.scene import GREEN, GROUNDS

CLASS_NAMES = (AFRICAN, ASIAN)
# The mistakes of `train` are like those of real photos, where African elephants among green are taken for Asian ones:
# three in ten of them lie in the other folder. The labels of `test` are right, so that a gain can be proved.
WRONG_SHARES = {(AFRICAN, True): 0.45, (AFRICAN, False): 0.075, (ASIAN, True): 0.08, (ASIAN, False): 0.08}
OTHER_SHARE = 0.03  # training pictures without an elephant
COPY_SHARE = 0.04  # of each split: near-duplicates of another picture


@dataclass(frozen=True)
class Entry:
    """One picture of the sample to be.

    Attributes:
        split: "train" or "test".
        kind: "elephant", "lion", "map" or "text".
        true_label: Species, "" for not an elephant.
        given_label: The class folder it is put into.
        place: Where an elephant stands, one of `scene.GROUNDS`; both species stand everywhere alike.
        number: Of the file; numbers are shuffled, so that they say nothing.
        source: Position in the plan of the picture that this one copies, or None.
        copy_kind: How it is copied, or "".
    """

    split: str
    kind: str
    true_label: str
    given_label: str
    place: str = ""
    number: int = 0
    source: int | None = None
    copy_kind: str = ""

    @property
    def path(self) -> str:
        """Relative posix path of the file."""
        return f"{self.split}/{self.given_label}/photo_{self.number:04d}.jpg"

    @property
    def wrong_label(self) -> bool:
        """Whether an elephant lies in the folder of the other species."""
        return self.kind == "elephant" and self.true_label != self.given_label


def plan_sample(num_train: int, num_test: int, rng: np.random.Generator) -> list[Entry]:
    """Plans exactly `num_train` + `num_test` pictures; originals come before the copies of them."""
    others, first, places = _share(OTHER_SHARE, num_train), int(rng.integers(2)), list(GROUNDS)
    copies = {"train": _share(COPY_SHARE, num_train), "test": _share(COPY_SHARE, num_test)}
    originals = [
        Entry(split, "elephant", CLASS_NAMES[turn % 2], CLASS_NAMES[turn % 2], places[turn // 2 % len(places)])
        for split, number in (("train", num_train - others - copies["train"]), ("test", num_test - copies["test"]))
        for turn in range(number)
    ]
    plan = originals + _plan_copies(originals, copies, rng)
    _plant_wrong_labels(plan, rng)
    for turn in range(first, first + others):
        plan.append(Entry("train", list(KINDS)[turn % len(KINDS)], "", CLASS_NAMES[turn % 2]))
    numbers = rng.permutation(len(plan)) + 1
    return [replace(entry, number=int(number)) for entry, number in zip(plan, numbers, strict=True)]


def other_class(label: str) -> str:
    """Returns the other species."""
    return ASIAN if label == AFRICAN else AFRICAN


def _share(share: float, size: int) -> int:
    return max(1, round(share * size))


def _plan_copies(originals: list[Entry], copies: dict[str, int], rng: np.random.Generator) -> list[Entry]:
    free = {
        split: rng.permutation([i for i, entry in enumerate(originals) if entry.split == split]).tolist()
        for split in copies
    }
    planned: list[Entry] = []
    for split, number in copies.items():
        for turn in range(number):
            # Two of three copies in test leak from train; every third in train lies in the other class.
            source = free["train" if turn % 3 < 2 else split].pop()
            label = originals[source].true_label
            given = other_class(label) if split == "train" and turn % 3 == 0 else label
            kind = COPY_KINDS[len(planned) % len(COPY_KINDS)]
            planned.append(replace(originals[source], split=split, given_label=given, source=source, copy_kind=kind))
    return planned


def _plant_wrong_labels(plan: list[Entry], rng: np.random.Generator) -> None:
    """Swaps labels of originals without copies, in place, until the training elephants have their share of them."""
    copied = {entry.source for entry in plan}
    for (label, is_green), share in WRONG_SHARES.items():
        mine = [
            i
            for i, entry in enumerate(plan)
            if entry.split == "train" and entry.true_label == label and (entry.place in GREEN) == is_green
        ]
        missing = round(share * len(mine)) - sum(plan[i].wrong_label for i in mine)
        free = [i for i in mine if i not in copied and plan[i].source is None]
        for i in rng.choice(free, max(0, missing), replace=False):
            plan[i] = replace(plan[i], given_label=other_class(label))
