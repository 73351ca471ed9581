"""A folder that is to be imported: the files that are photos and can be stored, and what is said of the others."""

from pathlib import Path

from core.dataset.layout import Parts, described
from core.dataset.listing import is_meant_as_photo
from core.dataset.names import path_problem, shown
from core.dataset.photo_bytes import MAX_BYTES
from core.dataset.walk import look
from core.errors import DatasetError


def list_files(folder: Path) -> tuple[dict[Parts, Path], list[str], list[str]]:
    """Lists the photos of a folder.

    Returns:
        The photos by their folder names and file name, warnings and refusals (sentences).

    Raises:
        DatasetError: If there is no such folder, or it cannot be read.
    """
    found = look(folder)
    files, large, others, refusals = {}, [], [], []
    for file in found.files:
        if not is_meant_as_photo(folder, file):
            others.append(file.path)
        elif file.size > MAX_BYTES:
            large.append(file.parts)
        elif problem := path_problem(file.path):
            refusals.append(f"{shown(file.path)} {problem}.")
        else:
            files[file.parts] = folder.joinpath(*file.parts)
    odd = [tuple(path.split("/")) for path, _ in found.odd]
    warnings = described(odd, "a pipe, a device, a broken or circular link, or a name that is no text")
    return files, [*warnings, *described(large, "larger than 10 MB"), *found.notes(others)], refusals


def read_photo(path: Path) -> bytes:
    """Reads a file; raises `DatasetError` if that is not possible."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{shown(path.name)} cannot be read: {error.strerror}; check its rights.") from error
