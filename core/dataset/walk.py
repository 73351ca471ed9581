"""What lies below a folder: photos and other files; nothing is waited for, nothing left out without a word."""

import os
import stat
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.dataset.names import shown, some
from core.dataset.wrapping import is_picture
from core.errors import DatasetError
from core.escaping import printable

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
IGNORED_FILES = {"thumbs.db", "desktop.ini", ".ds_store", ".directory", ".gitkeep", ".nomedia"}
# Of NAS devices, operating systems and programs: what lies in them are copies, thumbnails or rubbish.
SYSTEM_FOLDERS = {
    "@eadir",
    "@recycle",
    "@recently-snapshot",
    "@sharesnap",
    "@__thumb",
    "@tmp",
    "#recycle",
    "#snapshot",
    "$recycle.bin",
    "$extend",
    "recycler",
    "recycled",
    "recycle.bin",
    "lost+found",
    "system volume information",
    "found.000",
    "__macosx",
    "__pycache__",
    "node_modules",
    "thumbs.db",
}
MAX_DEPTH = 100  # folders
MAX_COUNTED = 10_000  # files in a folder that is passed over


@dataclass(frozen=True)
class File:
    """A regular file; links to one count.

    Attributes:
        parts: Folder names and file name, below the folder looked at.
        size: Bytes.
        mtime_ns: Of its last change.
    """

    parts: tuple[str, ...]
    size: int
    mtime_ns: int

    @property
    def path(self) -> str:
        return "/".join(self.parts)


@dataclass(frozen=True)
class Found:
    """What lies below a folder, each list in the order of names.

    Attributes:
        files: Regular files.
        folders: Folder names of each folder that was looked into.
        odd: Path and problem (a key of `PROBLEMS`) of what is neither file nor folder, or cannot be used.
        passed_over: Folders of systems and programs, and hidden ones: path and number of files.
        hidden: Paths of hidden files, but for well-known rubbish.
    """

    files: list[File] = field(default_factory=list)
    folders: list[tuple[str, ...]] = field(default_factory=list)
    odd: list[tuple[str, str]] = field(default_factory=list)
    passed_over: list[tuple[str, int]] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)

    def notes(self, others: Collection[str]) -> list[str]:
        """Sentences about what is no photo.

        Args:
            others: Paths of those files that are none.
        """
        said = [f"{some([shown(path) for path in others])} not taken: no JPEG, PNG or WebP."] if others else []
        if self.hidden:
            said.append(f"{some([shown(path) for path in self.hidden], 'hidden file')} passed over.")
        if self.passed_over:
            at_least = "more than " if any(count >= MAX_COUNTED for _, count in self.passed_over) else ""
            files = f"{at_least}{sum(count for _, count in self.passed_over):,} files in them"
            folders = some([shown(path) for path, _ in self.passed_over], "folder")
            said.append(f"{folders} of a system or another program passed over, {files}.")
        return said


def look(folder: Path) -> Found:
    """Lists what lies below a folder; links are followed, but never in a circle. Opens no file.

    Raises:
        DatasetError: If it is no folder, or cannot be read.
    """
    found = Found()
    for kind, entry in walk(folder):
        getattr(found, kind).append(entry)
    return found


def walk(folder: Path) -> Iterator[tuple[str, Any]]:
    """As `look`, one after another: the name of a list of `Found` and an entry of it.

    What it holds in memory grows with the largest folder, not with the tree.

    Raises:
        DatasetError: As `look`.
    """
    if not folder.is_dir():
        raise DatasetError(f"Expected a folder of photos, but there is none at {folder}. Check the path.")
    seen = set()

    def visit(
        path: str, parts: tuple[str, ...], above: tuple[tuple[int, int], ...], linked: bool
    ) -> Iterator[tuple[str, Any]]:
        status = os.stat(path)
        seen.add(identity := (status.st_dev, status.st_ino))
        with os.scandir(path) as entries:
            children = sorted(entries, key=lambda entry: entry.name)
        for child in children:
            here = (*parts, child.name)
            try:
                if child.is_dir():
                    through_link = linked or child.is_symlink()
                    target = os.stat(child.path) if through_link else None
                    key = target and (target.st_dev, target.st_ino)
                    if is_system_folder(child.name) or len(here) > MAX_DEPTH:
                        yield "passed_over", (printable("/".join(here)), _count(child.path))
                    elif key and (key in (*above, identity) or (linked and key in seen)):
                        yield "odd", (printable("/".join(here)), "link-circle")
                    else:
                        yield "folders", here
                        yield from visit(child.path, here, (*above, identity), through_link)
                    continue
                status = child.stat()
            except OSError:
                yield "odd", (printable("/".join(here)), "unreadable")
                continue
            if child.name.lower() in IGNORED_FILES or child.name.startswith("._"):
                continue
            if child.name.startswith("."):
                yield "hidden", printable("/".join(here))
            elif not stat.S_ISREG(status.st_mode):
                yield "odd", (printable("/".join(here)), "not-a-file")
            elif (path_shown := printable("/".join(here))) != "/".join(here):
                yield "odd", (path_shown, "odd-name")
            else:
                yield "files", File(here, status.st_size, status.st_mtime_ns)

    try:
        yield from visit(str(folder), (), (), False)
    except OSError as error:
        raise DatasetError(f"The folder {folder} cannot be read: {error.strerror}. Check its rights.") from error


def is_system_folder(name: str) -> bool:
    """Whether a folder holds nothing of a person: hidden, or of a NAS, an operating system or a program."""
    return name.startswith(".") or name.lower() in SYSTEM_FOLDERS


def _count(folder: str) -> int:
    total = 0
    for _, _, files in os.walk(folder):
        total += len(files)
        if total >= MAX_COUNTED:
            return MAX_COUNTED
    return total


def is_photo(file: Path) -> bool:
    """Whether a file is meant as a photo: it is named like one, or it begins like one."""
    if file.suffix.lower() in PICTURE_SUFFIXES:
        return True
    try:
        with file.open("rb") as opened:
            return is_picture(opened.read(16))
    except OSError:
        return False


def photo_paths(paths: Iterable[Path]) -> list[Path]:
    """Files as named, folders looked through for photos; see `photos_and_notes`."""
    return photos_and_notes(paths)[0]


def photos_and_notes(paths: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """Files as named, folders looked through for photos, in the order of names.

    Returns:
        The files, and sentences about what the folders hold beside photos.

    Raises:
        DatasetError: If a path does not exist, or a folder cannot be read.
    """
    photos: list[Path] = []
    notes: list[str] = []
    for path in map(Path, paths):
        if path.is_dir():
            found = look(path)
            is_taken = [is_photo(path.joinpath(*file.parts)) for file in found.files]
            photos += [path.joinpath(*file.parts) for file, taken in zip(found.files, is_taken, strict=True) if taken]
            notes += found.notes([file.path for file, taken in zip(found.files, is_taken, strict=True) if not taken])
            if found.odd:
                notes.append(f"{some([f'{shown(at)}: {problem}' for at, problem in found.odd])} not taken.")
        elif path.exists():
            photos.append(path)
        else:
            raise DatasetError(f"Expected a photo or a folder, but there is nothing at {path}. Check the path.")
    return photos, notes


def dataset_folders(data_dir: Path) -> dict[str, Path]:
    """The datasets in the data folder: name, unprintable characters escaped, to folder."""
    try:
        children = sorted(child for child in data_dir.iterdir() if not is_system_folder(child.name))
    except OSError:
        return {}
    return {printable(child.name): child for child in children if child.is_dir()}
