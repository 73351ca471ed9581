"""A CSV file of decisions, as spreadsheets and other programs save it, becomes rows."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from core.dataset.overlay import Decision
from core.errors import DatasetError
from core.escaping import unguard

COLUMNS = [item.name for item in fields(Decision)]
_SEPARATORS = (",", ";", "\t", "|")
_QUOTES = ('"', "'")


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        line: Its number in the file, from 1; the last one of a row of several lines.
        cells: One a column, "" where the row has none.
        problem: A sentence if the row cannot be understood, else "".
    """

    line: int
    cells: dict[str, str]
    problem: str = ""


def read_rows(content: str | bytes) -> Iterator[Row]:
    """The rows of a table, empty ones left out.

    Args:
        content: With a header of `COLUMNS` in any order and case; what a spreadsheet puts before it is passed over.

    Raises:
        DatasetError: If the text has no such header, is no CSV, or is in an unknown encoding.
    """
    text = content if isinstance(content, str) else _decoded(content)
    text, skipped = text.removeprefix("\ufeff"), 0
    if text[:4].lower() == "sep=":  # Excel's way of naming the separator
        text, skipped = text.split("\n", 1)[-1] if "\n" in text else "", 1
    lines = io.StringIO(text, newline="")
    reader = _reader(lines, text)
    names: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = [_name(cell) for cell in cells]
                _check(names)
                continue
            found = dict.fromkeys(COLUMNS, "") | {
                name: _cell(name, cell) for name, cell in zip(names, cells, strict=False)
            }
            has_more = any(cell.strip() for cell in cells[len(names) :])
            problem = "It has more cells than the header; put quotes around those that hold a separator."
            yield Row(reader.line_num + skipped, found, problem if has_more else "")
    except csv.Error as error:
        raise DatasetError(f"The file is no readable CSV: {error}.") from error
    _check(names)


def _reader(lines: io.StringIO, text: str) -> Any:
    """Reads with the separator and the quotes that make the most of the first line."""
    header = next((line for line in text.splitlines() if line.strip()), "")

    def known(pair: tuple[str, str]) -> int:
        cells = next(csv.reader([header], delimiter=pair[0], quotechar=pair[1], skipinitialspace=True), [])
        return len({_name(cell, pair[1]) for cell in cells} & set(COLUMNS))

    separator, quote = max(((one, other) for other in _QUOTES for one in _SEPARATORS), key=known)
    escape = "\\" if f"\\{quote}" in text and 2 * quote not in text else None
    return csv.reader(lines, delimiter=separator, quotechar=quote, skipinitialspace=True, escapechar=escape)


def _check(names: list[str]) -> None:
    if "action" not in names or not {"image", "path"} & set(names):
        found = ", ".join(names)[:200] or "none"
        raise DatasetError(f"Expected a CSV file with the columns image or path, action and label, but it has {found}.")


def _decoded(content: bytes) -> str:
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError("Expected the CSV file to be UTF-8 text. Save it as “CSV UTF-8”.") from error


def _name(cell: str, quote: str = "") -> str:
    return cell.strip().strip(quote or None).strip().lower()


def _cell(name: str, cell: str) -> str:
    cell = unguard(cell.strip()).strip()
    if name in ("reviewer", "note"):
        return cell
    cell = cell.strip("'") if cell[:1] == cell[-1:] == "'" else cell
    return cell.lower() if name == "action" else cell
