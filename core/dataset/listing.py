"""What the index has to read: a row for each file in a split and class, problems included, and notes about the rest."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.dataset.layout import Layout, Parts, find_layout
from core.dataset.walk import File, Found, is_photo, look
from core.escaping import printable


@dataclass(frozen=True)
class Listing:
    """The files of a dataset folder.

    Attributes:
        rows: `path` (relative, `/`), `label`, `split`, `bytes`, `mtime_ns` and `problem` of each file.
        is_plain: There are no split folders.
        notes: Sentences about what is left out, or taken for something else than its name says.
    """

    rows: list[dict]
    is_plain: bool
    notes: tuple[str, ...]


def list_dataset(folder: Path) -> Listing:
    """Lists a dataset folder; class folders may hold anything, beside them only photos count.

    Raises:
        DatasetError: If the folder is none, or cannot be read.
    """
    found = look(folder)
    photos = [file for file in found.files if is_meant_as_photo(folder, file)]
    layout = find_layout([file.parts for file in photos or found.files], found.folders)
    outside = set(layout.outside)
    rows, others = [], []
    photo_parts = {file.parts for file in photos}
    for file in found.files:
        place = layout.place(file.parts)
        if place and (place[1] or file.parts in photo_parts):
            rows.append(_row(file.path, *place, file.size, file.mtime_ns))
        elif file.parts in outside:
            split = next((name for at, name in layout.splits.items() if file.parts[: len(at)] == at), "train")
            rows.append(_row(file.path, split, "", file.size, file.mtime_ns, "outside-class"))
        else:
            others.append(file.path)
    for path, problem in found.odd:
        split, label = layout.place(tuple(path.split("/"))) or ("train", "")
        rows.append(_row(path, split, label, problem=problem))
    rows += [_row("/".join(parts), *place, problem="empty-class") for parts, place in _empty_classes(found, layout)]
    return Listing(rows, not layout.splits, (*layout.warnings, *found.notes(others)))


def is_meant_as_photo(folder: Path, file: File) -> bool:
    """Whether a file is named like a photo or begins like one."""
    return _is_photo(folder, file.parts, file.size, file.mtime_ns)


@lru_cache(maxsize=200_000)  # pages list a folder at every click
def _is_photo(folder: Path, parts: Parts, size: int, mtime_ns: int) -> bool:
    return is_photo(folder.joinpath(*parts))


def _empty_classes(found: Found, layout: Layout) -> list[tuple[Parts, tuple[str, str]]]:
    """Class folders without any file."""
    if layout.is_unlabelled:
        return []
    parents = layout.splits or {layout.root: "train"}
    used = {file.parts[: len(parent) + 1] for file in found.files for parent in parents}
    used |= {tuple(path.split("/"))[: len(parent) + 1] for path, _ in found.odd for parent in parents}
    folders = [tuple(map(printable, parts)) for parts in found.folders]
    empty = [parts for parts in folders if parts[:-1] in parents and parts not in used and parts not in parents]
    return [(parts, (parents[parts[:-1]], parts[-1])) for parts in empty]


def _row(
    path: str, split: str, label: str, size: int = 0, mtime_ns: int = 0, problem: str = ""
) -> dict[str, str | int]:
    return {"path": path, "label": label, "split": split, "bytes": size, "mtime_ns": mtime_ns, "problem": problem}
