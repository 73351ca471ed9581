"""Results joined into one file, chunk by chunk: CSV, Parquet, or photos sorted into folders by their answer."""

import csv
import io
import os
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import DatasetError
from core.escaping import guard
from core.files import open_atomic
from core.prediction.scoring.chunk import schema
from core.prediction.scoring.plan import Plan

FAILED = "not readable"


def to_csv(file: Path, plan: Plan, tables: Iterable[pa.Table]) -> None:
    """Writes a CSV file, which appears when it is whole; cells that a spreadsheet would run are guarded."""
    with open_atomic(file) as opened:
        text = io.TextIOWrapper(opened, "utf-8", newline="")
        writer = csv.DictWriter(text, schema(plan).names, lineterminator="\n")
        writer.writeheader()
        for table in tables:
            writer.writerows({key: _cell(value) for key, value in row.items()} for row in table.to_pylist())
        text.detach()  # flushed; the file is closed by its owner


def _cell(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list) else guard(value)


def to_parquet(file: Path, plan: Plan, tables: Iterable[pa.Table]) -> None:
    """Writes a Parquet file, which appears when it is whole."""
    with open_atomic(file) as opened, pq.ParquetWriter(opened, schema(plan), compression="zstd") as writer:
        for table in tables:
            writer.write_table(table.replace_schema_metadata())


def to_folders(folder: Path, plan: Plan, tables: Iterable[pa.Table], link: bool = False) -> dict[str, int]:
    """Puts a copy of each photo, or a link to it, into a folder named like its answer; no photo is moved or changed.

    What is there with the right size is not copied again, so that it can be stopped and taken up.

    Args:
        folder: Where to; below each answer the photo keeps its folders and its name.
        plan: Whose photos.
        tables: The results.
        link: Symbolic links instead of copies.

    Returns:
        Photos by folder; photos that are gone count under `gone`.

    Raises:
        DatasetError: If it would lie among the photos, or the system makes no links.
    """
    source = Path(plan.folder)
    if folder.resolve().is_relative_to(source):
        raise DatasetError(f"The folder {folder} would lie among the photos, which stay untouched. Name another place.")
    counts: Counter[str] = Counter()
    for table in tables:
        for row in table.select(["path", "answer"]).to_pylist():
            name = row["answer"] or FAILED
            try:
                _place(source / row["path"], folder / name / row["path"], link)
            except FileNotFoundError:
                name = "gone"
            counts[name] += 1
    return dict(counts)


def _place(photo: Path, target: Path, link: bool) -> None:
    size = photo.stat().st_size
    if target.is_symlink() if link else target.is_file() and target.stat().st_size == size:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.tmp"[-255:])
    temporary.unlink(missing_ok=True)
    try:
        temporary.symlink_to(photo) if link else shutil.copy2(photo, temporary)
        os.replace(temporary, target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if link and getattr(error, "winerror", None):
            raise DatasetError("This system makes no symbolic links without special rights. Ask for copies.") from error
        raise
