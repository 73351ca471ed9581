"""A new dataset is written aside and appears in one step; what a killed import left behind is swept."""

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex

import psutil

from core.dataset.names import DATASET_NAME
from core.errors import DatasetError
from core.files import fsync_dir
from core.paths import Paths

STAGING_PREFIX = ".staging-import-"
_MAX_AGE = 24 * 3600  # seconds; after a restart the process number in a folder's name may be someone else's
_SPARE_BYTES = 100 * 2**20  # left free on the disk


def store(
    photos: Iterable[tuple[tuple[str, ...], bytes]],
    num_photos: int,
    num_bytes: int,
    name: str,
    paths: Paths,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Writes photos as the dataset `name`, which appears whole or not at all.

    Args:
        photos: Harmless relative paths, as folder names and file name, with the files' bytes.
        num_photos: How many will come.
        num_bytes: About how many bytes will come.
        name: Of the dataset, lower-case letters, digits, `.`, `_` and `-`.
        paths: Where datasets live.
        progress: Called with (photos written, photos in all).

    Raises:
        DatasetError: If the name is wrong or taken, or the disk is full.
    """
    target = check_free(name, paths)
    with written(photos, num_photos, num_bytes, name, paths, progress) as staging:
        with contextlib.suppress(OSError):
            target.rmdir()  # an empty folder in the way; anything else stays and is reported
        os.rename(staging, check_free(name, paths))
        fsync_dir(paths.data_dir)
    return target


@contextlib.contextmanager
def written(
    photos: Iterable[tuple[tuple[str, ...], bytes]],
    num_photos: int,
    num_bytes: int,
    name: str,
    paths: Paths,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Path]:
    """Writes photos aside, durably; gives the folder, which is gone afterwards. Arguments and errors as `store`."""
    staging = paths.data_dir / f"{STAGING_PREFIX}{name}-{os.getpid()}-{token_hex(4)}"
    try:
        paths.data_dir.mkdir(parents=True, exist_ok=True)
        sweep(paths)
        free = shutil.disk_usage(paths.data_dir).free
        if free < num_bytes + _SPARE_BYTES:
            raise DatasetError(
                f"The photos need {num_bytes // 2**20} MB, but only {free // 2**20} MB are free; make room."
            )
        staging.mkdir()
        for done, (parts, content) in enumerate(photos, start=1):
            _write(staging.joinpath(*parts), content)
            if progress:
                progress(done, num_photos)
        _sync(staging)
        yield staging
    except OSError as error:
        raise DatasetError(
            f"The photos could not be written to {paths.data_dir}: {error.strerror or error}; check the disk."
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def check_free(name: str, paths: Paths) -> Path:
    """Returns the folder a new dataset will have.

    Raises:
        DatasetError: If the name breaks the grammar or is taken.
    """
    if not DATASET_NAME.fullmatch(name):
        raise DatasetError(
            "Expected a dataset name of lower-case letters, digits, '.', '_' and '-' (at most 64, the first "
            f"a letter or digit), but got {name[:80]!r}; choose another."
        )
    target = paths.data_dir / name
    if os.path.lexists(target) and not (target.is_dir() and next(target.iterdir(), None) is None):
        raise DatasetError(f"A dataset named {name} exists already and is not overwritten; choose another name.")
    return target


def sweep(paths: Paths) -> None:
    """Removes the staging folders of imports that no longer run."""
    for folder in paths.data_dir.glob(f"{STAGING_PREFIX}*"):
        with contextlib.suppress(OSError):
            if not _is_alive(folder) or time.time() - folder.stat().st_mtime > _MAX_AGE:
                shutil.rmtree(folder)


def _is_alive(folder: Path) -> bool:
    """Whether the process that writes a staging folder may still run."""
    number = folder.name.rsplit("-", 2)[-2]
    return not number.isdigit() or psutil.pid_exists(int(number))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)


def _sync(folder: Path) -> None:
    """Makes files and folders durable before the rename shows them; the disk batches parallel requests."""
    folders, files = [], []
    for root, _, names in os.walk(folder):
        folders.append(Path(root))
        files += [Path(root) / name for name in names]
    with ThreadPoolExecutor(max_workers=16) as pool:
        list(pool.map(_sync_file, files))
        list(pool.map(fsync_dir, folders))


def _sync_file(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())
