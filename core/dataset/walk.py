"""Which files are meant when files and folders are named."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.errors import DatasetError

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
IGNORED_FILES = {"thumbs.db", "desktop.ini"}


def walk(folder: Path) -> Iterator[Path]:
    """The files below a folder, folder by folder in the order of names; nothing hidden, no link to a folder."""
    for root, directories, files in os.walk(folder):
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and name.lower() not in IGNORED_FILES:
                yield Path(root) / name


def photo_paths(paths: Iterable[Path]) -> list[Path]:
    """Files as named, folders walked for pictures, sorted.

    Raises:
        DatasetError: If a path does not exist.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            found += [file for file in walk(path) if file.suffix.lower() in PICTURE_SUFFIXES]
        elif path.exists():
            found.append(path)
        else:
            raise DatasetError(f"Expected a photo or a folder, but there is nothing at {path}. Check the path.")
    return found
