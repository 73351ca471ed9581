"""The bytes of one picture, from whatever is named: a file, a pipe; never a wait without end."""

import os
import select
import stat
from pathlib import Path

from core.errors import ImageError

MAX_BYTES = 10 * 1024 * 1024
PIPE_SECONDS = 30.0  # without a byte


def read_picture(source: bytes | Path) -> bytes:
    """Reads a picture whole.

    Args:
        source: Its bytes, which are only checked, a file, or a pipe such as `/dev/stdin` (a name, not its content).

    Raises:
        ImageError: If it is empty, too large, a folder, a socket or a disk, or if no data comes out of a pipe.
        OSError: If it cannot be opened.
    """
    content = source if isinstance(source, bytes) else _read(source)
    if not content:
        raise ImageError("empty-file", "The file is empty. Choose a JPEG, PNG or WebP picture.")
    if len(content) > MAX_BYTES:
        raise _too_large(f"{len(content) / 2**20:.1f} MB")
    return content


def _read(path: Path) -> bytes:
    status = path.stat()
    if stat.S_ISREG(status.st_mode):
        if status.st_size > MAX_BYTES:
            raise _too_large(f"{status.st_size / 2**20:.1f} MB")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    if stat.S_ISDIR(status.st_mode):
        raise ImageError(
            "not-an-image", "Expected a picture, but this is a folder. Name a JPEG, PNG or WebP file in it."
        )
    if not (stat.S_ISFIFO(status.st_mode) or stat.S_ISCHR(status.st_mode)):
        raise ImageError("not-an-image", "Expected a picture, but this is a socket or a disk. Name a picture file.")
    content = _read_stream(path)
    if len(content) > MAX_BYTES:
        raise _too_large("more data")
    return content


def _read_stream(path: Path) -> bytes:
    """Up to a byte more than the limit out of a pipe or terminal; opening one never waits for its other end."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    parts, size = [], 0
    try:
        while size <= MAX_BYTES:
            if os.name == "posix" and not select.select([descriptor], [], [], PIPE_SECONDS)[0]:
                raise ImageError(
                    "empty-file",
                    f"Expected a picture, but no data came out of the pipe for {PIPE_SECONDS:.0f} s. Name a file.",
                )
            try:
                block = os.read(descriptor, MAX_BYTES + 1 - size)
            except BlockingIOError:
                continue
            if not block:
                break
            parts.append(block)
            size += len(block)
    finally:
        os.close(descriptor)
    return b"".join(parts)


def _too_large(found: str) -> ImageError:
    return ImageError(
        "file-too-large",
        f"The file has {found}, the limit is {MAX_BYTES // 2**20} MB. Save a smaller copy.",
    )
