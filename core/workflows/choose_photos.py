"""Which photos a training learns from and is judged on, and what has to be said about the others."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from core.dataset.index import Dataset
from core.dataset.names import MAX_LISTED
from core.dataset.overlay import Decision
from core.dataset.splits import LEAST_PICTURES, not_held_out, with_validation
from core.errors import TrainingError
from core.runs.config import TrainingConfig


@dataclass(frozen=True)
class ChosenPhotos:
    """What a training works with.

    Attributes:
        table: Rows of the dataset with the `label` to learn and the `split`.
        class_names: Sorted; each has at least two photos in `train`.
        notes: What is left out or cannot be measured, a sentence each.
    """

    table: pd.DataFrame
    class_names: tuple[str, ...]
    notes: tuple[str, ...]


def choose_photos(dataset: Dataset, used: Mapping[str, Decision], config: TrainingConfig) -> ChosenPhotos:
    """Applies decisions, checks that there is enough to learn from, and holds validation photos out.

    Args:
        dataset: To train on.
        used: The decisions to apply, by sha256.
        config: `labels`, `validation_fraction` and `seed`.

    Raises:
        TrainingError: If there are fewer than two classes, or fewer than two photos of a class.
    """
    table = dataset.reviewed(used)
    class_names = tuple(sorted(set(table.loc[table["split"] != "test", "label"]) - {""}))
    notes = [*_unfit_decisions(dataset, config), *_unknown_classes(table, class_names)]
    table = table[table["label"].isin(class_names)].reset_index(drop=True)
    _check(dataset, table, class_names)
    if config.validation_fraction > 0 and not (table["split"] == "validation").any():
        table = with_validation(table, config.validation_fraction, config.seed)
        notes += _not_held_out(table)
    return ChosenPhotos(table, class_names, tuple(notes))


def _check(dataset: Dataset, table: pd.DataFrame, class_names: tuple[str, ...]) -> None:
    if len(class_names) < 2 and (dataset.usable["label"] == "").any():
        raise TrainingError(
            f"Expected photos with labels to train on, but the {len(dataset.usable):,} of {dataset.name} have none. "
            "Label some of at least two classes, or sort them into one folder per class."
        )
    if len(class_names) < 2:
        raise TrainingError(
            f"Expected photos of at least two classes to train on, but {dataset.name} has {len(class_names)}. "
            "Add a folder with photos of another class."
        )
    counts = table.loc[table["split"] == "train", "label"].value_counts()
    given = dataset.usable.loc[dataset.usable["split"] == "train", "label"].value_counts()
    for name in class_names:
        count, before = int(counts.get(name, 0)), int(given.get(name, 0))
        if count < 2:
            why = f" ({before} before the decisions about labels)" if before > count else ""
            raise TrainingError(
                f"Expected at least two photos of {name} to train on, but there {'is' if count == 1 else 'are'} "
                f"{count}{why}. Add photos or leave the class out."
            )


def _unfit_decisions(dataset: Dataset, config: TrainingConfig) -> list[str]:
    unfit = dataset.unfit_decisions() if config.labels == "reviewed" else ()
    if not unfit:
        return []
    one = len(unfit) == 1
    return [
        f"{len(unfit):,} decision{'' if one else 's'} about labels {'does' if one else 'do'} not fit: {unfit[0].why}"
    ]


def _unknown_classes(table: pd.DataFrame, class_names: tuple[str, ...]) -> list[str]:
    unknown = table[~table["label"].isin([*class_names, ""])]
    if unknown.empty:
        return []
    names, s = _listed(sorted(unknown["label"].unique())), "" if len(unknown) == 1 else "s"
    return [f"Left out, because there is nothing of it to learn from: {len(unknown):,} test photo{s} of {names}."]


def _not_held_out(table: pd.DataFrame) -> list[str]:
    missing = not_held_out(table)
    if not missing:
        return []
    facts = [
        f"{name} ({photos:,} photos{'' if photos == pictures else f', copies of {pictures:,}'})"
        for name, (photos, pictures) in missing.items()
        if pictures < LEAST_PICTURES
    ] or list(missing)
    if (table["split"] == "validation").any():
        return [
            f"No validation photo of {_listed(facts)}: too few different ones, so no figure tells anything about it."
        ]
    return [
        f"No validation photos, and no figure of them, because of {_listed(facts)}: two classes need three different "
        "photos each. Add photos."
    ]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MAX_LISTED:,} more" if len(names) > MAX_LISTED else ""
    return ", ".join(names[:MAX_LISTED]) + more
