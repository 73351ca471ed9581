"""Decisions as CSV: to hand them on, to keep them with a paper, to take them from someone else."""

import csv
import io
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import cast

from core.dataset.decisions import append, new_decision, now
from core.dataset.index import Dataset
from core.dataset.overlay import Action, Decision
from core.errors import DatasetError, TuskscopeError
from core.escaping import guard, unguard

COLUMNS = [item.name for item in fields(Decision)]


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        added: Decisions written.
        unchanged: Rows that say what already counts.
        refused: One sentence a row that could not be used.
    """

    added: int
    unchanged: int
    refused: tuple[str, ...]


def export_csv(dataset: Dataset, whole_log: bool = False) -> str:
    """The decisions that count, one a picture; cells that a spreadsheet would run get an apostrophe.

    Args:
        dataset: Whose decisions.
        whole_log: All that was ever decided instead, undo included, oldest first.
    """
    made = dataset.decision_log() if whole_log else dataset.decisions().values()
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for decision in made:
        writer.writerow({name: guard(value) for name, value in asdict(decision).items()})
    return buffer.getvalue()


def import_csv(dataset: Dataset, text: str, reviewer: str = "") -> Imported:
    """Adds decisions from a CSV text; all that fit are written at once.

    Args:
        dataset: Whose photos. A row finds its photo by content (`image`) or else by `path`.
        text: With a header; `action` and one of `image` and `path` are needed, other columns of `COLUMNS` are
            optional and unknown ones ignored.
        reviewer: For rows that name none.

    Raises:
        DatasetError: If the text is no such table.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    header = set(reader.fieldnames or ())
    if "action" not in header or not header & {"image", "path"}:
        raise DatasetError("Expected a CSV file with the columns image or path, action and label, but it has others.")
    photos = dataset.table[dataset.table["sha256"] != ""]
    by_image = dict(zip(photos["sha256"], photos["path"], strict=True))
    by_path = dict(zip(photos["path"], photos["sha256"], strict=True))
    known = dataset.decisions()
    added, unchanged, refused = [], 0, []
    try:
        for number, cells in enumerate(reader, start=2):
            row = {name: unguard(cells.get(name) or "").strip() for name in COLUMNS}
            image = row["image"] if row["image"] in by_image else by_path.get(row["path"], "")
            path = row["path"] if by_path.get(row["path"]) == image else by_image.get(image, "")
            try:
                decision = _decision(dataset, path, row, reviewer)
            except TuskscopeError as error:
                refused.append(f"Line {number}: {error}")
                continue
            last = known.get(image)
            if last is not None and (last.action, last.label) == (decision.action, decision.label):
                unchanged += 1
                continue
            known[image] = decision
            added.append(decision)
    except csv.Error as error:
        raise DatasetError(f"The file is no readable CSV: {error}.") from error
    if added:
        append(dataset, added)
    return Imported(len(added), unchanged, tuple(refused))


def _decision(dataset: Dataset, path: str, row: dict[str, str], reviewer: str) -> Decision:
    if not path:
        raise DatasetError(f"There is no photo {row['path'] or row['image']!r} in {dataset.name}.")
    if row["action"] == "undo":
        raise DatasetError("Expected relabel, exclude or keep as the action, but got undo.")
    action = cast(Action, row["action"])  # what is none is refused
    return new_decision(dataset, path, action, row["label"], row["reviewer"] or reviewer, row["note"], _time(row["at"]))


def _time(text: str) -> str:
    try:
        return text if datetime.fromisoformat(text) else now()
    except ValueError:
        return now()
