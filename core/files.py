"""Files that are either whole or not there: temporary file, fsync, rename, fsync of the folder."""

import contextlib
import errno
import hashlib
import json
import math
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    import pandas as pd

from core.errors import StorageError

_CLOCK_TICK = 50_000_000  # ns; file systems count time in steps of up to 10 ms

FULL = "The disk is full. Free some space and try again."
READ_ONLY = "The disk is read-only. Make it writable and try again."
_STORAGE_ERRORS = {errno.ENOSPC: FULL, errno.EROFS: READ_ONLY} | {
    getattr(errno, name): FULL for name in ("EDQUOT", "EFBIG") if hasattr(errno, name)
}
_LEAST_FREE_BYTES = 2**20  # of job notes and a run.json; what a training writes is not known beforehand


def storage_error(error: BaseException) -> StorageError | None:
    """What a person can do about an error of the system, if the disk is full or read-only; else `None`."""
    sentence = _STORAGE_ERRORS.get(error.errno or 0) if isinstance(error, OSError) else None
    return StorageError(sentence) if sentence else None


def check_writable(folder: Path) -> None:
    """Looks whether a folder, or the one it would be made in, takes files; writes nothing.

    Raises:
        StorageError: If it is read-only, or its disk is full.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        raise StorageError(f"The folder {folder.name} is read-only. Make it writable and try again.")
    if shutil.disk_usage(folder).free < _LEAST_FREE_BYTES:
        raise StorageError(f"The disk with the folder {folder.name} is full. Free some space and try again.")


def fsync_dir(folder: Path) -> None:
    """Makes a rename in `folder` survive a power cut (where the system lets folders be opened)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomic(path: Path, content: bytes | str) -> None:
    """Replaces `path` in one step, so that a reader never sees half a file."""
    with open_atomic(path) as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)


@contextlib.contextmanager
def open_atomic(path: Path) -> Iterator[BinaryIO]:
    """A file to write piece by piece, which replaces `path` in one step when it is whole, and never if that fails.

    The temporary file lies beside the target (a rename across file systems is not atomic).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # mkstemp's 0600 would hide the file from other users of a shared folder
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    fsync_dir(path.parent)


def write_json(path: Path, content: object) -> None:
    """Writes strict JSON atomically; NaN is refused because it is not JSON."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    # A lone surrogate (from a file name) becomes the JSON escape of itself.
    write_atomic(path, text.encode("utf-8", "backslashreplace"))


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        OSError, ValueError: If it is not there or no JSON, which knows no NaN and no infinity.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_float=_finite, parse_constant=_finite)
    except RecursionError as error:
        raise ValueError("It is nested too deeply.") from error


def sha256_of(path: Path) -> str:
    """Hex digest of a file's content, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def known_sha256(path: Path) -> str:
    """As `sha256_of`, remembered as long as nobody touches the file: 20 MB cost 20 ms, looking costs microseconds."""
    status = path.stat()
    if time.time_ns() - status.st_ctime_ns < _CLOCK_TICK:  # a second change could have the same time
        return sha256_of(path)
    return _sha256_of(path, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@lru_cache(maxsize=256)
def _sha256_of(path: Path, *identity: int) -> str:
    return sha256_of(path)


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is no number in JSON.")
    return number


def tail(path: Path, num_bytes: int) -> str:
    """The text at the end of a file, at most so many bytes; empty if it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - num_bytes))
            return file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""


def write_parquet(path: Path, table: "pd.DataFrame") -> None:
    """Writes a DataFrame as Parquet, atomically."""
    write_atomic(path, table.to_parquet(index=False))
