"""A folder of photos becomes a table: one row a file, problems included, cached and refreshed by size and time."""

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from core.dataset.measurements import measure
from core.errors import DatasetError
from core.files import write_parquet
from core.paths import Paths

if TYPE_CHECKING:  # 70 MiB that a server which only predicts does not need
    import pandas as pd

SPLITS = ("train", "validation", "test")
SPLIT_FOLDERS = {
    "train": "train",
    "test": "test",
    "valid": "validation",
    "val": "validation",
    "validation": "validation",
}
PROBLEMS = {
    "empty-class": "The class folder has no files.",
    "outside-class": "The picture lies outside the class folders and is not used.",
    "unreadable": "The file cannot be opened.",
    "empty-file": "The file is empty.",
    "file-too-large": "The file is larger than 10 MB.",
    "not-an-image": "The file is not a JPEG, PNG or WebP picture.",
    "corrupt-image": "The picture is damaged or incomplete.",
    "too-many-pixels": "The picture has more than 40 megapixels.",
}
COLUMNS = {
    "path": "str",
    "label": "str",
    "split": "str",
    "width": "int64",
    "height": "int64",
    "bytes": "int64",
    "mtime_ns": "int64",
    "sha256": "str",
    "phash": "str",
    "phash_mirrored": "str",
    "brightness": "float64",
    "sharpness": "float64",
    "problem": "str",
}
IGNORED_FILES = {"thumbs.db", "desktop.ini"}
CACHE_VERSION = 1

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Dataset:
    """A folder of photos in classes.

    Attributes:
        name: The folder's name.
        folder: The photos; read-only for us.
        cache_dir: Where derived files go.
        class_names: Sorted names of the classes that have at least one usable photo.
        table: One row a file: `path` (relative, `/`), `label` ("" outside classes), `split`, `width`, `height`
            (upright pixels), `bytes`, `mtime_ns`, `sha256`, `phash` and `phash_mirrored` (16 hex digits),
            `brightness` (mean, 0-255), `sharpness` (variance of the Laplacian), `problem` (a key of `PROBLEMS`
            or "").
        is_plain: The folder has no split folders; every row is then `train`.
    """

    name: str
    folder: Path
    cache_dir: Path
    class_names: tuple[str, ...]
    table: "pd.DataFrame"
    is_plain: bool

    @cached_property
    def usable(self) -> "pd.DataFrame":
        """The rows without a problem."""
        return self.table[self.table["problem"] == ""].reset_index(drop=True)

    @cached_property
    def fingerprint(self) -> str:
        """Hex digest over every usable photo's path, label, split and content."""
        digest = hashlib.sha256()
        for row in self.usable.sort_values("path").itertuples():
            digest.update(f"{row.path}\0{row.label}\0{row.split}\0{row.sha256}\n".encode())
        return digest.hexdigest()


def index_dataset(folder: Path, paths: Paths, progress: Progress | None = None) -> Dataset:
    """Reads a dataset folder; unchanged files come from the cache.

    Args:
        folder: `train/<class>/…` with `test`, `validation`, `valid` or `val` beside it, or plain `<class>/…`.
        paths: Where the cache lies.
        progress: Called with (files done, files to read).

    Raises:
        DatasetError: If the folder does not exist or holds no class folder. Single bad files never raise.
    """
    folder = Path(folder).resolve()
    if not folder.is_dir():
        raise DatasetError(f"Expected a folder of photos, but there is none at {folder}. Check the path.")
    is_plain, listed = _list_files(folder)
    cache_file = paths.cache_dir(folder) / "index.parquet"
    known = _read_cache(cache_file)
    rows, stale = [], []
    for entry in listed:
        row = known.get(entry["path"])
        unchanged = row is not None and all(row[key] == entry[key] for key in ("bytes", "mtime_ns"))
        if unchanged or entry["problem"]:
            rows.append({**(row if unchanged else {}), **entry, "problem": (row or entry)["problem"]})
        else:
            stale.append(entry)
    rows += _read_files(folder, stale, progress)
    table = _as_table(rows)
    if stale or len(known) != len(table):
        _write_cache(cache_file, table)
    usable = table[table["problem"] == ""]
    if table.empty:
        raise DatasetError(
            f"Expected class folders with photos in {folder}, but found none. "
            "Put the photos into one folder per class, for example train/African and train/Asian."
        )
    return Dataset(
        name=folder.name,
        folder=folder,
        cache_dir=paths.cache_dir(folder),
        class_names=tuple(sorted(usable["label"].unique())),
        table=table,
        is_plain=is_plain,
    )


def _list_files(folder: Path) -> tuple[bool, list[dict]]:
    """Names, sizes and times of all files; nothing is opened."""
    children = sorted(child for child in folder.iterdir() if child.is_dir() and not child.name.startswith("."))
    splits = {child: SPLIT_FOLDERS[child.name.lower()] for child in children if child.name.lower() in SPLIT_FOLDERS}
    parents = splits or {folder: "train"}
    entries = []
    for parent, split in parents.items():
        for child in sorted(parent.iterdir()):
            if child.name.startswith(".") or child.name.lower() in IGNORED_FILES:
                continue
            if child.is_dir():
                files = list(_walk(child))
                entries += [_entry(folder, file, child.name, split) for file in files]
                if not files:
                    entries.append(_entry(folder, child, child.name, split, "empty-class"))
            elif child.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"):
                entries.append(_entry(folder, child, "", split, "outside-class"))
    return not splits, entries


def _walk(folder: Path) -> Iterator[Path]:
    for root, directories, files in os.walk(folder):  # does not follow links to folders
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and name.lower() not in IGNORED_FILES:
                yield Path(root) / name


def _entry(folder: Path, file: Path, label: str, split: str, problem: str = "") -> dict:
    try:
        status = file.stat()
        size, time = (status.st_size, status.st_mtime_ns) if file.is_file() else (0, 0)
    except OSError:
        size, time, problem = 0, 0, problem or "unreadable"
    return {
        "path": file.relative_to(folder).as_posix(),
        "label": label,
        "split": split,
        "bytes": size,
        "mtime_ns": time,
        "problem": problem,
    }


def _read_files(folder: Path, entries: list[dict], progress: Progress | None) -> Iterator[dict]:
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:  # Pillow and hashlib release the GIL
        for done, row in enumerate(pool.map(lambda entry: measure(folder, entry), entries), start=1):
            if progress and (done % 20 == 0 or done == len(entries)):
                progress(done, len(entries))
            yield row


def _as_table(rows: list[dict]) -> "pd.DataFrame":
    import pandas as pd

    table = pd.DataFrame(rows, columns=list(COLUMNS))
    for name, kind in COLUMNS.items():
        table[name] = table[name].fillna("" if kind == "str" else 0).astype(kind)
    return table.sort_values(["split", "label", "path"], ignore_index=True)


def _read_cache(file: Path) -> dict[str, dict]:
    """Rows by path; an unreadable or older cache counts as empty and is rebuilt."""
    import pandas as pd

    try:
        table = pd.read_parquet(file)
    except (OSError, ValueError):
        return {}
    if table.attrs.get("version") != CACHE_VERSION or list(table.columns) != list(COLUMNS):
        return {}
    return {row["path"]: row for row in table.to_dict("records")}


def _write_cache(file: Path, table: "pd.DataFrame") -> None:
    table.attrs["version"] = CACHE_VERSION
    try:
        write_parquet(file, table)
    except OSError:
        return  # a read-only disk makes the next start slower, not impossible
