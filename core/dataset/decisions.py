"""Label decisions: an append-only overlay on a dataset; the last decision about a picture counts, photos stay."""

import errno
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.dataset.index import Dataset
from core.errors import DatasetError, UnknownClassError
from core.files import fsync_dir

if TYPE_CHECKING:  # 70 MiB that a server which only predicts does not need
    import pandas as pd

Action = Literal["relabel", "exclude", "keep", "undo"]
ACTIONS = ("relabel", "exclude", "keep", "undo")


@dataclass(frozen=True)
class Decision:
    """What a person decided about one picture.

    Attributes:
        image: sha256 of the picture: a copy under another name shares its decision.
        path: Where it lay in the dataset at the time.
        action: `relabel` to `label`, `exclude` from training, `keep` as given, or `undo` the last decision.
        label: The right class for `relabel`, else "".
        reviewer: Who decided.
        at: ISO 8601, UTC.
        note: Free text.
    """

    image: str
    path: str
    action: str
    label: str = ""
    reviewer: str = ""
    at: str = ""
    note: str = ""


def decide(
    dataset: Dataset, path: str, action: Action, label: str = "", reviewer: str = "", note: str = ""
) -> Decision:
    """Records a decision; it is on disk when this returns.

    Args:
        dataset: Whose photo.
        path: As in the dataset's table, or a path that points at the same file.
        action: See `Decision`.
        label: The right class; needed for `relabel` only.
        reviewer: Who decides.
        note: Free text.

    Raises:
        DatasetError: If the photo is not in the dataset or has no readable content.
        UnknownClassError: If `label` is not one of the dataset's classes.
    """
    return decide_all(dataset, [path], action, label, reviewer, note)[0]


def decide_all(
    dataset: Dataset, paths: list[str], action: Action, label: str = "", reviewer: str = "", note: str = ""
) -> list[Decision]:
    """Records the same decision about several photos, all or none; arguments and errors as `decide`."""
    if action not in ACTIONS:
        raise DatasetError(f"Expected one of {', '.join(ACTIONS)}, but got {action!r}.")
    if action == "relabel" and label not in dataset.class_names:
        raise UnknownClassError(f"Expected one of {', '.join(dataset.class_names)} as the label, but got {label!r}.")
    made = []
    for path in paths:
        row = find_photo(dataset, path)
        settled = settle(dataset, row, action, label)
        made.append(Decision(row["sha256"], row["path"], *settled, reviewer=reviewer, at=now(), note=note))
    append(dataset, made)
    return made


def settle(dataset: Dataset, row: "pd.Series", action: str, label: str) -> tuple[str, str]:
    """The action and label to record for a photo.

    Equal files share a decision. Where they lie under several classes, "keep" would leave both labels, so it is
    recorded as what it means: relabel to the class of the photo the person looked at.
    """
    if action == "keep":
        copies = dataset.table[dataset.table["sha256"] == row["sha256"]]
        if copies["label"].nunique() > 1:
            return "relabel", row["label"]
    return action, label if action == "relabel" else ""


def now() -> str:
    """This moment as decisions carry it: ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


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


def decisions_file(dataset: Dataset) -> Path:
    return dataset.cache_dir / "decisions.jsonl"


def append(dataset: Dataset, decisions: list[Decision]) -> None:
    """Adds decisions to the log in one write followed by fsync, so that several reviewers never mix lines."""
    file = decisions_file(dataset)
    file.parent.mkdir(parents=True, exist_ok=True)
    is_new = not file.exists()
    lines = "".join(json.dumps(asdict(decision), ensure_ascii=False) + "\n" for decision in decisions)
    with file.open("ab+", buffering=0) as opened:
        size = opened.seek(0, os.SEEK_END)
        opened.seek(max(0, size - 1))
        torn = size > 0 and opened.read(1) != b"\n"  # a crash cut the last line: close it
        # A lone surrogate (from a file name) becomes the JSON escape of itself.
        content = (("\n" if torn else "") + lines).encode("utf-8", "backslashreplace")
        if opened.write(content) != len(content):
            raise OSError(errno.ENOSPC, "The decision could not be saved: the disk is full", str(file))
        os.fsync(opened.fileno())
    if is_new:
        fsync_dir(file.parent)


def log(dataset: Dataset) -> list[Decision]:
    """All decisions ever made, oldest first; a torn line is left out."""
    try:
        lines = decisions_file(dataset).read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return []
    found = []
    for line in lines:  # not `splitlines`: a note may hold U+2028, which JSON leaves as it is
        try:
            decision = Decision(**json.loads(line))
        except (ValueError, TypeError):
            continue
        if decision.action in ACTIONS and all(isinstance(value, str) for value in asdict(decision).values()):
            found.append(decision)
    return found


def history(dataset: Dataset, path: str) -> list[Decision]:
    """All that was ever decided about a photo and its exact copies, oldest first.

    Raises:
        DatasetError: If there is no such readable photo.
    """
    image = find_photo(dataset, path)["sha256"]
    return [decision for decision in log(dataset) if decision.image == image]


def current(decisions: list[Decision]) -> dict[str, Decision]:
    """The decision that counts for each picture, by sha256; `undo` takes the picture's last one back."""
    stacks: dict[str, list[Decision]] = {}
    for decision in decisions:
        stack = stacks.setdefault(decision.image, [])
        if decision.action == "undo":
            if stack:
                stack.pop()
        else:
            stack.append(decision)
    return {image: stack[-1] for image, stack in stacks.items() if stack}


def reviewed(table: "pd.DataFrame", decisions: dict[str, Decision]) -> "pd.DataFrame":
    """Applies decisions to a table.

    Args:
        table: Rows of a dataset.
        decisions: By sha256, as `current` gives them.

    Returns:
        The table with labels replaced and excluded photos left out; a new column `given_label` keeps the folder's.
    """
    result = table.assign(given_label=table["label"])
    relabelled = {image: item.label for image, item in decisions.items() if item.action == "relabel"}
    excluded = [image for image, item in decisions.items() if item.action == "exclude"]
    pairs = zip(result["sha256"], result["label"], strict=True)
    result["label"] = [relabelled.get(image, label) for image, label in pairs]
    return result[~result["sha256"].isin(excluded)].reset_index(drop=True)
