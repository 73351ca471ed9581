"""Copies photos that come later into a dataset: first a report, then, if it is accepted, the photos."""

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.dataset.importing import Source, accept_import, offered
from core.dataset.index import Dataset, Progress
from core.dataset.members import Limits
from core.dataset.newcomers import AddReport, NewPhoto, Sieve
from core.dataset.opened import KEPT
from core.dataset.staging import written
from core.errors import DatasetError
from core.files import fsync_dir
from core.paths import Paths


@dataclass(frozen=True)
class Offered:
    """The photos of a zip or folder, open for reading.

    Attributes:
        photos: In their order.
        warnings: Sentences about other files.
        refusals: Sentences about why the zip or folder cannot be used.
    """

    photos: tuple[NewPhoto, ...]
    warnings: tuple[str, ...]
    refusals: tuple[str, ...]


@contextlib.contextmanager
def photos_of(source: Source, label: str = "", limits: Limits | None = None) -> Iterator[Offered]:
    """Opens a zip or a folder; its class and split folders say what the photos are.

    Args:
        source: As in `core.dataset.importing.inspect_import`.
        label: The class of all its photos, whatever their folders say; "" leaves it to these.
        limits: Of a zip.

    Raises:
        DatasetError: If there is no such zip or folder, or it is broken.
    """
    with offered(source, limits or Limits()) as offer:
        found = (*offer.layout.photos, *offer.layout.outside)
        places = {parts: offer.layout.place(parts) or ("train", "") for parts in found}
        photos = tuple(
            NewPhoto(parts[-1], label or own, split, lambda parts=parts: offer.read(parts))  # type: ignore[misc]
            for parts, (split, own) in places.items()
        )
        missing = () if photos or offer.refusals else offer.layout.refusals
        yield Offered(photos, tuple(offer.warnings), (*offer.refusals, *missing))


def is_ours(dataset: Dataset, paths: Paths) -> bool:
    """Whether a dataset lies in the data folder; any other folder belongs to its owner and is never written to."""
    return dataset.folder.parent == paths.data_dir.resolve()


def copy_dataset(dataset: Dataset, name: str, paths: Paths, progress: Progress | None = None) -> Path:
    """Copies a folder that was opened by its path into the data folder, with all decisions about its photos.

    Raises:
        DatasetError: As `core.dataset.importing.accept_import`.
    """
    folder = accept_import(dataset.folder, name, paths, progress)
    for kept in KEPT:
        if (file := dataset.cache_dir / kept).is_file():
            paths.cache_dir(folder).mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, paths.cache_dir(folder) / kept)
    return folder


def inspect_addition(
    photos: Sequence[NewPhoto], dataset: Dataset, with_test: bool = False, progress: Progress | None = None
) -> AddReport:
    """Reads photos and reports what adding them would bring; writes nothing.

    Args:
        photos: That may be added.
        dataset: To which.
        with_test: Add test photos to the test photos; otherwise they are left out.
        progress: Called with (photos read, photos in all).
    """
    sieve = Sieve(dataset, with_test)
    for done, photo in enumerate(photos, start=1):
        sieve.target(photo)
        if progress:
            progress(done, len(photos))
    return sieve.report()


def add_photos(
    photos: Sequence[NewPhoto],
    dataset: Dataset,
    paths: Paths,
    with_test: bool = False,
    progress: Progress | None = None,
) -> AddReport:
    """Copies photos into a dataset's folder; files that are there stay as they are, names that are taken get a number.

    All are written aside first. Whoever repeats an interrupted one adds only what is missing.

    Args:
        photos: As in `inspect_addition`; all checks are made again on the way.
        dataset: In the data folder.
        paths: Where datasets live.
        with_test: As in `inspect_addition`.
        progress: Called with (photos written, photos in all).

    Raises:
        DatasetError: If the folder belongs to somebody else, nothing can be added, or the disk is full.
    """
    if not is_ours(dataset, paths):
        raise DatasetError(
            f"{dataset.name} was opened by its path, and nothing is written to a folder that belongs to its owner. "
            "Copy it into the data folder first."
        )
    sieve = Sieve(dataset, with_test)
    targets = ((found, content) for photo in photos if (found := sieve.target(photo)) and (content := sieve.content))
    with written(targets, len(photos), 0, dataset.folder.name, paths, progress) as staging:
        report = sieve.report()
        if report.refusals:
            raise DatasetError(report.refusals[0])
        for file in sorted(path for path in staging.rglob("*") if path.is_file()):
            target = dataset.folder / file.relative_to(staging)
            target.parent.mkdir(parents=True, exist_ok=True)
            _put(file, target)
        for folder in {dataset.folder.joinpath(*parts) for parts in sieve.folders}:
            fsync_dir(folder)
    return report


def _put(file: Path, target: Path) -> None:
    """Gives a file its place, which must be free: what lies there is never replaced."""
    try:
        os.link(file, target)
    except FileExistsError:
        raise
    except OSError:  # a disk without links
        with file.open("rb") as source, target.open("xb") as copy:
            shutil.copyfileobj(source, copy)
