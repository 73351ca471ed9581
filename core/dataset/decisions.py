"""Deciding about labels: every decision is appended to the dataset's log; `Dataset.decisions()` reads what counts."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from core.dataset.index import Dataset
from core.dataset.overlay import ACTIONS, Action, Decision
from core.dataset.overlay import now as now
from core.errors import DatasetError, UnknownClassError
from core.records import append_log

if TYPE_CHECKING:  # 70 MiB that a server which only predicts does not need
    import pandas as pd


def decide(
    dataset: Dataset, path: str, action: Action, label: str = "", reviewer: str = "", note: str = ""
) -> Decision:
    """Records a decision; it is on disk when this returns.

    Args:
        dataset: Whose photo.
        path: As in the dataset's table, or a path that points at the same file.
        action: See `Decision`.
        label: The right class; needed for `relabel` only. `keep` remembers the photo's own; another one is refused.
        reviewer: Who decides.
        note: Free text.

    Raises:
        DatasetError: If the photo is not in the dataset or has no readable content.
        UnknownClassError: If `label` is not one of the dataset's classes.
    """
    return decide_all(dataset, [path], action, label, reviewer, note)[0]


def decide_all(
    dataset: Dataset, paths: Sequence[str], action: Action, label: str = "", reviewer: str = "", note: str = ""
) -> list[Decision]:
    """Records the same decision about several photos, all or none; arguments and errors as `decide`."""
    made = [new_decision(dataset, path, action, label, reviewer, note) for path in paths]
    append(dataset, made)
    return made


def new_decision(
    dataset: Dataset, path: str, action: Action, label: str = "", reviewer: str = "", note: str = "", at: str = ""
) -> Decision:
    """A decision that fits the dataset, not recorded yet; arguments and errors as `decide`.

    Equal files share a decision. Where they lie under several classes, "keep" would leave both labels, so it is
    recorded as what it means: relabel to the class of the photo the person looked at.
    """
    if action not in ACTIONS:
        raise DatasetError(f"Expected one of {', '.join(ACTIONS)}, but got {action!r}.")
    label = dataset.typed.today(label)
    if action == "relabel" and not dataset.class_names:
        raise UnknownClassError(f"Name the classes of {dataset.name} first; it has none that {label!r} could be.")
    if action == "relabel" and label not in dataset.class_names:
        raise UnknownClassError(f"Expected one of {', '.join(dataset.class_names)} as the label, but got {label!r}.")
    photo = find_photo(dataset, path)
    copies = dataset.table[dataset.table["sha256"] == photo["sha256"]]
    if action == "keep" and copies["label"].nunique() > 1:
        action, label = "relabel", photo["label"]
    if action == "keep" and label not in ("", photo["label"]):
        raise DatasetError(f"Expected {photo['label']} as the label that is kept, but got {label!r}; relabel instead.")
    label = {"relabel": label, "keep": photo["label"]}.get(action, "")
    return Decision(photo["sha256"], photo["path"], action, label, reviewer, at or now(), note)


def find_photo(dataset: Dataset, path: str) -> "pd.Series":
    """The row of a photo, by its path in the dataset or on disk.

    Raises:
        DatasetError: If there is no such readable photo.
    """
    table = dataset.table
    wanted = Path(path)
    if wanted.is_absolute() or not (table["path"] == wanted.as_posix()).any():
        resolved = wanted.resolve()
        if resolved.is_relative_to(dataset.folder):
            wanted = resolved.relative_to(dataset.folder)
    rows = table[table["path"] == wanted.as_posix()]
    if rows.empty or not rows.iloc[0]["sha256"]:
        raise DatasetError(f"Expected a readable photo of the dataset {dataset.name}, but {path} is none.")
    return rows.iloc[0]


def append(dataset: Dataset, decisions: Sequence[Decision]) -> None:
    """Adds decisions to the log in one write followed by fsync, so that several reviewers never mix lines."""
    append_log(dataset.decisions_file, map(asdict, decisions))
