"""Datasets from outside, a zip or a folder: first a report, then, if it is accepted, all of it or nothing."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from core.dataset.archives import Limits, Member, Reader, check_members, open_archive
from core.dataset.images import probe
from core.dataset.layout import Layout, Parts, find_layout, list_files, read_photo
from core.dataset.names import shown, some, suggested_name
from core.dataset.staging import store
from core.errors import DatasetError, ImageError
from core.paths import Paths

_MAX_REFUSALS = 10

Progress = Callable[[int, int], None]
Source = Path | str | BinaryIO


@dataclass(frozen=True)
class ImportReport:
    """What an import would bring.

    Attributes:
        name: Suggested dataset name.
        root: Where in the zip or folder the dataset lies, "" for the top.
        counts: Split -> class -> number of photos.
        num_photos: Photos in all.
        bytes: Of the photos, unpacked.
        warnings: Sentences about what is left out or looks odd.
        refusals: Sentences about why it cannot be imported; empty if it can.
    """

    name: str
    root: str
    counts: dict[str, dict[str, int]]
    num_photos: int
    bytes: int
    warnings: tuple[str, ...]
    refusals: tuple[str, ...]

    @property
    def acceptable(self) -> bool:
        """Whether the import can be accepted."""
        return not self.refusals

    def as_dict(self) -> dict:
        """The report as plain JSON types."""
        return {
            **asdict(self),
            "warnings": list(self.warnings),
            "refusals": list(self.refusals),
            "acceptable": self.acceptable,
        }


def inspect_archive(source: Source, progress: Progress | None = None, limits: Limits | None = None) -> ImportReport:
    """Reads a zip to the end and reports what is in it; writes nothing and never raises for a bad zip.

    Args:
        source: Path of the zip, or an open binary file that can seek.
        progress: Called with (photos read, photos in all).
        limits: Of the archive; the defaults protect a small computer.
    """
    limits, name = limits or Limits(), _name_of(source)
    try:
        with _opened(source) as file, open_archive(file, limits) as archive:
            members, refusals, layout = _examine(archive, limits)
            if refusals:
                return _report(name, layout, 0, (), refusals)
            reader = Reader(archive, limits)
            photos = ((parts, reader.read(members[parts])) for parts in layout.photos)
            return _read_all(name, layout, photos, progress)
    except DatasetError as error:
        return _report(name, find_layout([]), 0, (), [str(error)])


def inspect_folder(folder: Path, progress: Progress | None = None) -> ImportReport:
    """Reads a folder and reports what importing it would bring; writes nothing.

    Raises:
        DatasetError: If there is no such folder.
    """
    files, warnings, refusals = list_files(Path(folder))
    layout = find_layout(list(files))
    name = suggested_name(Path(folder).resolve().name)
    refusals = refusals or list(layout.refusals)
    if refusals:
        return _report(name, layout, 0, warnings, refusals)
    photos = ((parts, read_photo(files[parts])) for parts in layout.photos)
    return _read_all(name, layout, photos, progress, warnings)


def accept_archive(
    source: Source, name: str, paths: Paths, progress: Progress | None = None, limits: Limits | None = None
) -> Path:
    """Unpacks the photos of a zip as a new dataset; all checks are made again on the way.

    Args:
        source: Path of the zip, or an open binary file that can seek.
        name: Of the dataset, lower-case letters, digits, `.`, `_` and `-`.
        paths: Where datasets live.
        progress: Called with (photos written, photos in all).
        limits: As in `inspect_archive`.

    Returns:
        The dataset folder, which appears whole or not at all.

    Raises:
        DatasetError: If the zip must be refused, the name is wrong or taken, or the disk is full.
    """
    limits = limits or Limits()
    with _opened(source) as file, open_archive(file, limits) as archive:
        members, refusals, layout = _examine(archive, limits)
        _refuse(refusals)
        reader = Reader(archive, limits)
        photos = ((parts[len(layout.root) :], reader.read(members[parts])) for parts in layout.photos)
        num_bytes = sum(members[parts].info.file_size for parts in layout.photos)
        return store(photos, len(layout.photos), num_bytes, name, paths, progress)


def accept_folder(folder: Path, name: str, paths: Paths, progress: Progress | None = None) -> Path:
    """Copies the photos of a folder as a new dataset; arguments, result and errors as in `accept_archive`."""
    files, _, refusals = list_files(Path(folder))
    layout = find_layout(list(files))
    _refuse(refusals or list(layout.refusals))
    photos = ((parts[len(layout.root) :], read_photo(files[parts])) for parts in layout.photos)
    num_bytes = sum(files[parts].stat().st_size for parts in layout.photos)
    return store(photos, len(layout.photos), num_bytes, name, paths, progress)


@contextlib.contextmanager
def _opened(source: Source) -> Iterator[BinaryIO]:
    if not isinstance(source, str | Path):
        yield source
        return
    try:
        file = Path(source).open("rb")
    except OSError as error:
        raise DatasetError(f"Expected a zip file at {source}, but got: {error.strerror}.") from error
    with file:
        yield file


def _name_of(source: Source) -> str:
    name = source if isinstance(source, str | Path) else getattr(source, "name", "")
    return suggested_name(Path(name).stem if isinstance(name, str | Path) else "")


def _examine(archive, limits: Limits) -> tuple[dict[Parts, Member], list[str], Layout]:
    members, refusals = check_members(archive, limits)
    layout = find_layout([member.parts for member in members])
    # A refused archive is not also told that photos are missing: the refused ones may be these.
    return {member.parts: member for member in members}, refusals or list(layout.refusals), layout


def _refuse(refusals: list[str]) -> None:
    if refusals:
        more = f" (and {len(refusals) - 1} more reasons)" if len(refusals) > 1 else ""
        raise DatasetError(f"{refusals[0]}{more}")


def _read_all(
    name: str, layout: Layout, photos: Iterable[tuple[Parts, bytes]], progress: Progress | None, warnings=()
) -> ImportReport:
    """Reads every photo, so that damage is known before anything is accepted."""
    num_bytes, unreadable, refusals = 0, [], []
    try:
        for done, (parts, content) in enumerate(photos, start=1):
            num_bytes += len(content)
            try:
                probe(content)
            except ImageError:
                unreadable.append(shown("/".join(parts)))
            if progress:
                progress(done, len(layout.photos))
    except DatasetError as error:
        refusals.append(str(error))
    warnings = [*warnings]
    if unreadable:
        warnings.append(f"{some(unreadable)} cannot be opened as JPEG, PNG or WebP; kept, and marked.")
    return _report(name, layout, num_bytes, warnings, refusals)


def _report(name: str, layout: Layout, num_bytes: int, warnings: Iterable[str], refusals: list[str]) -> ImportReport:
    hidden = len(refusals) - _MAX_REFUSALS
    return ImportReport(
        name=name,
        root="/".join(layout.root),
        counts=layout.counts,
        num_photos=len(layout.photos),
        bytes=num_bytes,
        warnings=(*layout.warnings, *warnings),
        refusals=(*refusals[:_MAX_REFUSALS], *([f"And {hidden:,} more."] if hidden > 0 else [])),
    )
