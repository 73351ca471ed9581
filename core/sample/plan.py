"""Decides what each picture of the sample shows and which mistakes it carries, before anything is drawn."""

from dataclasses import dataclass, replace

import numpy as np

from core.sample.anatomy import AFRICAN, ASIAN
from core.sample.copies import COPY_KINDS
from core.sample.other import KINDS

CLASS_NAMES = (AFRICAN, ASIAN)
WRONG_SHARE = 0.08  # elephants in the folder of the other species
OTHER_SHARE = 0.03  # pictures without an elephant
COPY_SHARE = 0.04  # near-duplicates of another picture
SURE_TRAIN, SURE_TEST = 24, 8  # from these sizes on, a split has at least one wrong label and one copy


@dataclass(frozen=True)
class Entry:
    """One picture of the sample to be.

    Attributes:
        split: "train" or "test".
        kind: "elephant", "lion", "map" or "text".
        true_label: Species, "" for not an elephant.
        given_label: The class folder it is put into.
        number: Of the file; numbers are shuffled, so that they say nothing.
        source: Position in the plan of the picture that this one copies, or None.
        copy_kind: How it is copied, or "".
    """

    split: str
    kind: str
    true_label: str
    given_label: str
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


def other_class(label: str) -> str:
    """Returns the other species."""
    return ASIAN if label == AFRICAN else AFRICAN


def plan_sample(num_train: int, num_test: int, rng: np.random.Generator) -> list[Entry]:
    """Plans exactly `num_train` + `num_test` pictures; originals come before the copies of them."""
    originals, sizes = [], {"train": num_train, "test": num_test}
    copies = {
        "train": _share(COPY_SHARE, num_train, SURE_TRAIN),
        "test": _share(COPY_SHARE, num_test, SURE_TEST),
    }
    for split, size in sizes.items():
        others = _share(OTHER_SHARE, size, SURE_TRAIN)
        for turn in range(size - copies[split] - others):
            species = CLASS_NAMES[turn % 2]
            originals.append(Entry(split, "elephant", species, species))
        first = int(rng.integers(2))
        kinds = [KINDS[(turn + first) % len(KINDS)] for turn in range(others)]
        originals += [Entry(split, kind, "", CLASS_NAMES[(turn + first) % 2]) for turn, kind in enumerate(kinds)]
    plan = originals + _plan_copies(originals, copies, rng)
    _plant_wrong_labels(plan, sizes, rng)
    numbers = rng.permutation(len(plan)) + 1
    return [replace(entry, number=int(number)) for entry, number in zip(plan, numbers, strict=True)]


def _share(share: float, size: int, sure_from: int) -> int:
    return max(round(share * size), int(size >= sure_from))


def _plan_copies(originals: list[Entry], copies: dict[str, int], rng: np.random.Generator) -> list[Entry]:
    free = {
        split: list(rng.permutation([i for i, e in enumerate(originals) if e.split == split and e.kind == "elephant"]))
        for split in copies
    }
    planned = []
    for split, number in copies.items():
        for turn in range(number):
            # Two of three copies in test leak from train; every third in train lies in the other class.
            leaks = split == "test" and turn % 3 < 2 and free["train"]
            source = int(free["train" if leaks else split].pop())
            label = originals[source].true_label
            given = other_class(label) if split == "train" and turn % 3 == 0 else label
            kind = COPY_KINDS[len(planned) % len(COPY_KINDS)]
            planned.append(Entry(split, "elephant", label, given, source=source, copy_kind=kind))
    return planned


def _plant_wrong_labels(plan: list[Entry], sizes: dict[str, int], rng: np.random.Generator) -> None:
    """Swaps labels in place until each split has its share, as many in one direction as in the other."""
    copied = {entry.source for entry in plan}
    for split, size in sizes.items():
        mine = [i for i, entry in enumerate(plan) if entry.split == split]
        missing = _share(WRONG_SHARE, size, SURE_TEST) - sum(plan[i].wrong_label for i in mine)
        pools = {
            label: [i for i in mine if plan[i].true_label == label and plan[i].source is None and i not in copied]
            for label in CLASS_NAMES
        }
        first = int(rng.integers(2))
        for turn in range(missing):
            label = CLASS_NAMES[(turn + first) % 2]
            chosen = pools[label].pop(int(rng.integers(len(pools[label]))))
            plan[chosen] = replace(plan[chosen], given_label=other_class(label))
