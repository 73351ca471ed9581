"""A labelled dataset for other programs: class folders of copies, Hugging Face's `imagefolder`, a CSV; and back."""

import io
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Literal

import pandas as pd

from core.dataset.classes import add_classes
from core.dataset.decisions import append, new_decision
from core.dataset.exchange import Imported
from core.dataset.index import Dataset
from core.dataset.labelling import labelled
from core.errors import DatasetError, TuskscopeError
from core.escaping import guard, unguard
from core.files import write_atomic

Form = Literal["folders", "imagefolder", "csv"]
METADATA = "metadata.csv"
_NAMES = ("file_name", "path", "image")  # columns that name a photo
Progress = Callable[[int, int], None]


def labels_csv(dataset: Dataset) -> str:
    """`path,label,split,image` of every labelled photo; `image` is the sha256 of its content."""
    rows = _labelled(dataset).rename(columns={"sha256": "image"})[["path", "label", "split", "image"]]
    return rows.map(guard).to_csv(index=False, lineterminator="\n")


def export_labelled(dataset: Dataset, target: Path, form: Form, progress: Progress | None = None) -> int:
    """Copies the labelled photos; photos without a label and excluded ones are left out.

    Args:
        dataset: Its photos stay as they are.
        target: A new file (`csv`) or folder: `<split>/<class>/…` for `folders`, `<split>/…` with a `metadata.csv` in
            each for `imagefolder`. A folder is there whole or not at all.
        form: Which.
        progress: Called with (photos copied, photos in all).

    Returns:
        How many photos.

    Raises:
        DatasetError: If nothing is labelled, or the folder is there already.
    """
    rows = _labelled(dataset)
    if rows.empty:
        raise DatasetError(f"Expected labelled photos in {dataset.name}, but there are none. Label some first.")
    if form == "csv":
        write_atomic(target, labels_csv(dataset))
        return len(rows)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise DatasetError(f"Expected a new or empty folder, but {target} has files. Choose another name.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as made:
        folder = Path(made) / "photos"
        taken: set[str] = set()
        places = []
        for done, row in enumerate(rows.itertuples(), start=1):
            inside = [row.split, row.label] if form == "folders" else [row.split]
            place = _free(PurePosixPath(*inside, PurePosixPath(row.path).name), row.sha256, taken)
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(dataset.folder / row.path, folder / place)
            places.append(place.name)
            if progress:
                progress(done, len(rows))
        if form == "imagefolder":
            for split, part in rows.assign(file_name=places).groupby("split"):
                content = part[["file_name", "label"]].map(guard).to_csv(index=False, lineterminator="\n")
                (folder / str(split) / METADATA).write_text(content, encoding="utf-8")
        if target.exists():
            target.rmdir()
        folder.rename(target)
    return len(rows)


def import_labels(dataset: Dataset, content: bytes, folder: str = "", reviewer: str = "") -> Imported:
    """Takes labels from a CSV file such as `labels_csv` or Hugging Face's `metadata.csv`; new classes are added.

    Args:
        dataset: Whose photos.
        content: With a column `file_name`, `path` or `image` (sha256), and a column `label`.
        folder: What the file's paths are relative to, inside the dataset.
        reviewer: Who gives the labels.

    Returns:
        What was done; all that fit are written at once.

    Raises:
        DatasetError: If it is no such table.
    """
    try:
        table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False).map(unguard)
    except (ValueError, UnicodeDecodeError) as error:
        raise DatasetError(f"The file is no readable CSV: {error}.") from error
    named = [name for name in _NAMES if name in table]
    if not named or "label" not in table:
        raise DatasetError(
            "Expected a CSV file with the columns file_name (or path, image) and label, but it has "
            f"{', '.join(table)[:200]}."
        )
    add_classes(dataset, [name for name in dict.fromkeys(table["label"]) if name and name not in dataset.class_names])
    dataset = labelled(dataset)
    photos = dataset.table[dataset.table["sha256"] != ""]
    by_image = dict(zip(photos["sha256"], photos["path"], strict=True))
    label_of = dataset.reviewed().set_index("path")["label"].to_dict()
    made, unchanged, refused = [], 0, []
    for line, row in enumerate(table.to_dict("records"), start=2):
        path = by_image.get(row.get("image", ""), "") or str(
            PurePosixPath(folder, row.get("file_name") or row.get("path", ""))
        )
        if not row["label"] or label_of.get(path) == row["label"]:
            unchanged += 1
            continue
        try:
            made.append(new_decision(dataset, path, "relabel", row["label"], reviewer))
        except TuskscopeError as error:
            refused.append(f"Line {line}: {error}")
    if made:
        append(dataset, made)
    return Imported(len(made), unchanged, tuple(refused))


def metadata_files(dataset: Dataset) -> dict[str, Path]:
    """The `metadata.csv` files in the dataset's folder: what their paths are relative to, and the file."""
    found = {file.parent.relative_to(dataset.folder).as_posix(): file for file in dataset.folder.rglob(METADATA)}
    return dict(sorted(found.items()))


def _labelled(dataset: Dataset) -> pd.DataFrame:
    rows = dataset.reviewed()
    return rows[rows["label"] != ""].sort_values("path", ignore_index=True)


def _free(place: PurePosixPath, sha256: str, taken: set[str]) -> PurePosixPath:
    """The place, with a part of the content's hash where another photo has this name."""
    if place.as_posix().lower() in taken:
        place = place.with_name(f"{place.stem}-{sha256[:12]}{place.suffix}")
    for number in range(2, len(taken) + 3):
        if place.as_posix().lower() not in taken:
            break
        place = place.with_name(f"{place.stem}-{number}{place.suffix}")
    taken.add(place.as_posix().lower())
    return place
