"""Datasets from outside, a zip or a folder: first a report, then, if it is accepted, all of it or nothing."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.dataset.archives import Reader, open_archive
from core.dataset.folders import list_files, read_photo
from core.dataset.images import decode
from core.dataset.layout import Layout, Parts, find_layout
from core.dataset.members import Limits, check_members
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
        counts: Split -> class -> number of usable photos.
        num_photos: Usable photos in all, as the dataset will count them.
        num_unusable: Files that are named like photos but cannot be opened; kept beside these, and marked.
        bytes: Of all these files, unpacked.
        warnings: Sentences about what is left out or looks odd.
        refusals: Sentences about why it cannot be imported; empty if it can.
    """

    name: str
    root: str
    counts: dict[str, dict[str, int]]
    num_photos: int
    num_unusable: int
    bytes: int
    warnings: tuple[str, ...]
    refusals: tuple[str, ...]

    @property
    def acceptable(self) -> bool:
        """Whether the import can be accepted."""
        return not self.refusals


@dataclass(frozen=True)
class Offer:
    """Files that may become a dataset, or be added to one.

    Attributes:
        layout: What they look like as one.
        warnings: Sentences, beside those of the layout.
        refusals: Why none of them can be taken, beside those of the layout.
        read: Takes a path and returns the file's bytes; raises `DatasetError` if it is damaged.
        size: Takes a path and returns about how many bytes there will be.
    """

    layout: Layout
    warnings: list[str]
    refusals: list[str]
    read: Callable[[Parts], bytes]
    size: Callable[[Parts], int]


def inspect_import(source: Source, progress: Progress | None = None, limits: Limits | None = None) -> ImportReport:
    """Reads a zip or a folder to the end and reports what is in it; writes nothing and never raises for a bad one.

    Args:
        source: Path of the zip or folder, or a zip as an open binary file that can seek.
        progress: Called with (photos read, photos in all).
        limits: Of a zip; the defaults protect a small computer.
    """
    name = _name_of(source)
    try:
        with offered(source, limits or Limits()) as offer:
            warnings, refusals = list(offer.warnings), offer.refusals or list(offer.layout.refusals)
            num_bytes, unusable = 0, set[Parts]()
            if not refusals:
                try:
                    num_bytes, unusable = _read_all(offer, progress)
                except DatasetError as error:
                    refusals = [str(error)]
            if unusable:
                names = [shown("/".join(parts)) for parts in sorted(unusable)]
                warnings.append(f"{some(names)} cannot be opened as JPEG, PNG or WebP; kept, and marked.")
            return _report(name, offer.layout, num_bytes, warnings, refusals, unusable)
    except DatasetError as error:
        return _report(name, find_layout([]), 0, [], [str(error)], set())


def inspect_folder(folder: Path, progress: Progress | None = None) -> ImportReport:
    """`inspect_import` of a folder."""
    return inspect_import(Path(folder), progress)


def accept_import(
    source: Source, name: str, paths: Paths, progress: Progress | None = None, limits: Limits | None = None
) -> Path:
    """Unpacks or copies photos as a new dataset; all checks are made again on the way.

    Args:
        source: As in `inspect_import`.
        name: Of the dataset, lower-case letters, digits, `.`, `_` and `-`.
        paths: Where datasets live.
        progress: Called with (photos written, photos in all).
        limits: As in `inspect_import`.

    Returns:
        The dataset folder, which appears whole or not at all.

    Raises:
        DatasetError: If the photos must be refused, the name is wrong or taken, or the disk is full.
    """
    with offered(source, limits or Limits()) as offer:
        if refusals := offer.refusals or offer.layout.refusals:
            more = f" (and {len(refusals) - 1} more reasons)" if len(refusals) > 1 else ""
            raise DatasetError(f"{refusals[0]}{more}")
        found, depth = offer.layout.photos, len(offer.layout.root)
        photos = ((parts[depth:], offer.read(parts)) for parts in found)
        return store(photos, len(found), sum(map(offer.size, found)), name, paths, progress)


@contextlib.contextmanager
def offered(source: Source, limits: Limits) -> Iterator[Offer]:
    """Opens a source: its photos, named and checked, to be read one by one while it is open.

    Raises:
        DatasetError: If there is none, or it is broken.
    """
    if isinstance(source, str | Path) and Path(source).is_dir():
        files, warnings, refusals = list_files(Path(source))
        layout = find_layout(list(files))
        yield Offer(layout, warnings, refusals, lambda at: read_photo(files[at]), lambda at: files[at].stat().st_size)
        return
    with _opened(source) as file, open_archive(file, limits) as archive:
        found = check_members(archive, limits)
        members, reader = {member.parts: member for member in found.members}, Reader(archive, limits)
        yield Offer(
            find_layout(list(members)),
            list(found.warnings),
            list(found.refusals),
            lambda at: reader.read(members[at]),
            lambda at: members[at].info.file_size,
        )


@contextlib.contextmanager
def _opened(source: Source) -> Iterator[BinaryIO]:
    if not isinstance(source, str | Path):
        yield source
        return
    try:
        file = Path(source).open("rb")
    except OSError as error:
        raise DatasetError(
            f"Expected a zip or a folder of photos, but there is none at {source}: {error.strerror}."
        ) from error
    with file:
        yield file


def _name_of(source: Source) -> str:
    name = source if isinstance(source, str | Path) else getattr(source, "name", "")
    path = Path(name if isinstance(name, str | Path) else "").resolve()
    return suggested_name(path.name if path.is_dir() else path.stem)


def _read_all(offer: Offer, progress: Progress | None) -> tuple[int, set[Parts]]:
    """Reads every photo, so that damage is known before anything is accepted; bytes in all, and the unusable files."""
    num_bytes, unusable = 0, set()
    for done, parts in enumerate(offer.layout.photos, start=1):
        content = offer.read(parts)
        num_bytes += len(content)
        try:
            decode(content)  # as the index does, so that both count the same photos
        except ImageError:
            unusable.add(parts)
        if progress:
            progress(done, len(offer.layout.photos))
    return num_bytes, unusable


def _report(
    name: str, layout: Layout, num_bytes: int, warnings: list[str], refusals: list[str], unusable: set[Parts]
) -> ImportReport:
    hidden = len(refusals) - _MAX_REFUSALS
    bad = Counter(place for parts in unusable if (place := layout.place(parts)))
    counts = {
        split: {label: number - bad[split, label] for label, number in classes.items()}
        for split, classes in layout.counts.items()
    }
    return ImportReport(
        name=name,
        root="/".join(layout.root),
        counts=counts,
        num_photos=len(layout.photos) - len(unusable),
        num_unusable=len(unusable),
        bytes=num_bytes,
        warnings=(*layout.warnings, *warnings),
        refusals=(*refusals[:_MAX_REFUSALS], *([f"And {hidden:,} more."] if hidden > 0 else [])),
    )
