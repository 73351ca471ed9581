"""Where in a heap of folders the dataset lies: the one that holds the split folders or the class folders."""

import os
import posixpath
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from core.dataset.images import MAX_BYTES
from core.dataset.index import SPLIT_FOLDERS
from core.dataset.names import MAX_LISTED, class_name_problem, path_problem, shown, some
from core.dataset.walk import IGNORED_FILES, PICTURE_SUFFIXES
from core.errors import DatasetError

Parts = tuple[str, ...]  # folder names and file name of a path


@dataclass(frozen=True)
class Layout:
    """What a heap of files looks like as a dataset.

    Attributes:
        root: Folder names that lead to the dataset, () for the top.
        photos: Paths of the photos to take, as given.
        counts: Split -> class -> number of photos.
        warnings: Sentences about what will be left out or looks odd.
        refusals: Sentences about why this is no dataset.
    """

    root: Parts
    photos: tuple[Parts, ...]
    counts: dict[str, dict[str, int]]
    warnings: tuple[str, ...]
    refusals: tuple[str, ...]


def find_layout(files: list[Parts]) -> Layout:
    """Finds the dataset among files, however deep it is wrapped; if it is there twice, the larger one.

    Args:
        files: All files, as folder names and file name.
    """
    visible = [parts for parts in files if not _is_hidden(parts)]
    pictures = [parts for parts in visible if parts[-1].lower().endswith(PICTURE_SUFFIXES)]
    root, has_splits = _find_root(pictures)
    depth = len(root)
    photos, outside = [], []
    counts: dict[str, Counter[str]] = {}
    for parts in pictures:
        split = SPLIT_FOLDERS.get(parts[depth].lower()) if has_splits and len(parts) > depth else "train"
        label = parts[depth + has_splits] if len(parts) > depth + has_splits + 1 else None
        if parts[:depth] != root or split is None or label is None:
            outside.append(parts)
            continue
        photos.append(parts)
        counts.setdefault(split, Counter())[label] += 1
    warnings = []
    others = [parts for parts in visible if not parts[-1].lower().endswith(PICTURE_SUFFIXES)]
    if others:
        warnings.append(f"{_some(others)} not taken: only .jpg, .jpeg, .png and .webp are.")
    if outside:
        warnings.append(f"{_some(outside)} not taken: outside the class folders that were found.")
    names = sorted({name for split in counts.values() for name in split})
    for split in sorted(counts):
        if missing := [name for name in names if name not in counts[split]]:
            warnings.append(f"The {split} split has no photos of {', '.join(missing[:MAX_LISTED])}.")
    return Layout(
        root=root,
        photos=tuple(photos),
        counts={split: dict(sorted(counts[split].items())) for split in sorted(counts)},
        warnings=tuple(warnings),
        refusals=tuple(_refusals(len(pictures), names, "train" in counts)),
    )


def list_files(folder: Path) -> tuple[dict[Parts, Path], list[str], list[str]]:
    """Lists the regular files of a folder; links are not followed.

    Returns:
        The files by their folder names and file name, warnings and refusals (sentences).

    Raises:
        DatasetError: If there is no such folder.
    """
    if not folder.is_dir():
        raise DatasetError(f"Expected a folder of photos, but there is none at {folder}; check the path.")
    files, skipped, refusals = {}, [], []
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(root) / name
            parts = path.relative_to(folder).parts
            if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_BYTES:
                skipped.append(shown("/".join(parts)))
            elif problem := path_problem("/".join(parts)):
                refusals.append(f"{shown('/'.join(parts))} {problem}.")
            else:
                files[parts] = path
    warnings = []
    if skipped:
        warnings.append(f"{some(skipped)} not taken: a link, a device, or larger than 10 MB.")
    return files, warnings, refusals


def read_photo(path: Path) -> bytes:
    """Reads a file; raises `DatasetError` if that is not possible."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{shown(path.name)} cannot be read: {error.strerror}; check its rights.") from error


def _is_hidden(parts: Parts) -> bool:
    hidden = "__MACOSX" in parts or any(part.startswith(".") for part in parts)
    return hidden or parts[-1].lower() in IGNORED_FILES


def _find_root(pictures: list[Parts]) -> tuple[Parts, bool]:
    """The root and whether split folders lie in it."""
    candidates: Counter[Parts] = Counter()
    for parts in pictures:
        for depth in range(len(parts) - 2):  # a split folder has a class folder and a photo below it
            if parts[depth].lower() in SPLIT_FOLDERS:
                candidates[parts[:depth]] += 1
                break
    if candidates:
        return min(candidates, key=lambda root: (-candidates[root], len(root), root)), True
    folders = {parts[:-1] for parts in pictures if len(parts) > 1}
    if not folders:
        return (), False
    if len(folders) == 1:  # one class only, its folder is no wrapping
        return folders.pop()[:-1], False
    common = posixpath.commonpath(["/" + "/".join(folder) for folder in folders])
    root = tuple(part for part in common.split("/") if part)
    directly = sum(parts[:-1] == root for parts in pictures)
    if root and directly > len(pictures) / 2:  # one class that has subfolders
        return root[:-1], False
    return root, False


def _refusals(num_pictures: int, names: list[str], has_train: bool) -> list[str]:
    if not num_pictures:
        return ["Expected .jpg, .png or .webp photos, but there are none; put some into one folder per class."]
    if not names:
        return ["Expected one folder of photos per class, but the photos lie in none; sort them first."]
    problems = {name: class_name_problem(name) for name in names}
    refusals = [f"The folder {shown(name)} {problem}." for name, problem in problems.items() if problem]
    if len(names) == 1:
        refusals.append(f"Expected two class folders or more, but found only {shown(names[0])}; add another.")
    if not has_train:
        refusals.append("Expected a train folder beside the other splits, but there is none; add one.")
    return refusals


def _some(paths: list[Parts]) -> str:
    return some([shown("/".join(parts)) for parts in paths])
