"""A folder of photos becomes a table: one row a file, problems included, cached and refreshed by size and time."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from core import cache
from core.dataset.measurements import measure
from core.dataset.overlay import Decision, apply_decisions, current
from core.dataset.walk import IGNORED_FILES, PICTURE_SUFFIXES, walk
from core.errors import DatasetError
from core.paths import Paths
from core.records import read_log

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
_CACHE_KEY = " ".join(["1", *COLUMNS])  # the number changes with what is measured

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

    @property
    def decisions_file(self) -> Path:
        """The log of all decisions: the only file in `cache_dir` that cannot be made anew."""
        return self.cache_dir / "decisions.jsonl"

    def decision_log(self) -> list[Decision]:
        """All decisions ever made, oldest first, read from disk."""
        return read_log(Decision, self.decisions_file)

    def decisions(self) -> dict[str, Decision]:
        """The decision that counts for each picture, by sha256, read from disk."""
        return current(self.decision_log())

    def reviewed(self, decisions: Mapping[str, Decision] | None = None) -> "pd.DataFrame":
        """The usable rows with reviewed labels, without excluded photos; `given_label` keeps the folder's.

        Args:
            decisions: By sha256; `None` reads those that count now.
        """
        return apply_decisions(self.usable, self.decisions() if decisions is None else decisions)


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
    kept = cache.as_table(paths.cache_dir(folder) / "index.parquet")
    before = cache.stored(kept, _CACHE_KEY)
    known = {} if before is None else before.set_index("path", drop=False).to_dict("index")
    rows, stale = [], []
    for entry in listed:
        row = known.get(entry["path"], {})
        unchanged = bool(row) and all(row[key] == entry[key] for key in ("bytes", "mtime_ns"))
        if unchanged or entry["problem"]:
            rows.append({**(row if unchanged else {}), **entry, "problem": (row or entry)["problem"]})
        else:
            stale.append(entry)
    rows += _read_files(folder, stale, progress)
    table = _as_table(rows)
    if stale or len(known) != len(table):
        cache.store(kept, _CACHE_KEY, table)
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
                files = list(walk(child))
                entries += [_entry(folder, file, child.name, split) for file in files]
                if not files:
                    entries.append(_entry(folder, child, child.name, split, "empty-class"))
            elif child.suffix.lower() in PICTURE_SUFFIXES:
                entries.append(_entry(folder, child, "", split, "outside-class"))
    return not splits, entries


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
