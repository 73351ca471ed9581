"""Which files are meant when files and folders are named."""

import os
from collections.abc import Iterable
from pathlib import Path

from core.errors import DatasetError

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


def photo_paths(paths: Iterable[Path]) -> list[Path]:
    """Files as named, folders walked for pictures, sorted.

    Raises:
        DatasetError: If a path does not exist.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            for root, directories, files in os.walk(path):
                directories[:] = sorted(name for name in directories if not name.startswith("."))
                found += [
                    Path(root) / name
                    for name in sorted(files)
                    if name.lower().endswith(PICTURE_SUFFIXES) and not name.startswith(".")
                ]
        elif path.exists():
            found.append(path)
        else:
            raise DatasetError(f"Expected a photo or a folder, but there is nothing at {path}. Check the path.")
    return found
