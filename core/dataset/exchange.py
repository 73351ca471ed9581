"""Decisions as CSV: to hand them on, to keep them with a paper, to take them from someone else."""

import csv
import io
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import cast

from core.dataset.decision_table import COLUMNS, Row, read_rows
from core.dataset.decisions import append, new_decision, now
from core.dataset.index import Dataset
from core.dataset.overlay import Action, Decision, current
from core.errors import DatasetError, TuskscopeError
from core.escaping import guard


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
    log = dataset.decision_log()
    made = log if whole_log else current(log).values()  # those that do not fit this folder may fit another one
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for decision in made:
        writer.writerow({name: guard(value) for name, value in asdict(decision).items()})
    return buffer.getvalue()


def import_csv(dataset: Dataset, content: str | bytes, reviewer: str = "") -> Imported:
    """Adds decisions from a CSV file; all that fit are written at once.

    Args:
        dataset: Whose photos. A row finds its photo by content (`image`) or else by `path`.
        content: With a header; `action` and one of `image` and `path` are needed, other columns of `COLUMNS` are
            optional and unknown ones ignored. As spreadsheets save it: commas, semicolons, tabs or bars between cells,
            quoted in any usual way, UTF-8 or UTF-16.
        reviewer: For rows that name none.

    Raises:
        DatasetError: If the file is no such table.
    """
    places, known = _Places(dataset), current(dataset.decision_log())
    added, unchanged, refused = [], 0, []
    for row in read_rows(content):
        try:
            decision = _decision(dataset, places.path_of(row.cells), row, reviewer)
        except TuskscopeError as error:
            refused.append(f"Line {row.line}: {error}")
            continue
        last = known.get(decision.image)
        if last is not None and last.action == decision.action and last.label in ("", decision.label):
            unchanged += 1
            continue
        known[decision.image] = decision
        added.append(decision)
    if added:
        append(dataset, added)
    return Imported(len(added), unchanged, tuple(refused))


class _Places:
    """Finds photos by content, or by a path as other systems write it."""

    def __init__(self, dataset: Dataset):
        photos = dataset.table[dataset.table["sha256"] != ""]
        self._by_image = dict(zip(photos["sha256"], photos["path"], strict=True))
        self._by_path = dict(zip(photos["path"], photos["sha256"], strict=True))
        self._spelled = {unicodedata.normalize("NFC", path): path for path in self._by_path}

    def path_of(self, row: Mapping[str, str]) -> str:
        """The path of the photo that a row means, "" if there is none."""
        named, image = row["path"], row["image"]
        spellings = (named, named.replace("\\", "/").removeprefix("./"))
        found = next((path for path in spellings if path in self._by_path), "")
        found = found or self._spelled.get(unicodedata.normalize("NFC", spellings[1]), "")
        if image in self._by_image and self._by_path.get(found) != image:
            return self._by_image[image]
        return found


def _decision(dataset: Dataset, path: str, found: Row, reviewer: str) -> Decision:
    row = found.cells
    if found.problem:
        raise DatasetError(found.problem)
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
