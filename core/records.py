"""JSON becomes frozen dataclasses, strictly: a damaged file is noticed where it is read, not where it is used."""

import contextlib
import errno
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from core.files import fsync_dir

T = TypeVar("T")
_hints = cache(get_type_hints)
_MAX_LOGS = 4  # kept in memory
_logs: dict[tuple[type, Path], tuple[int, bytes, tuple]] = {}  # bytes read, their hash, the entries in them


def from_json(kind: type[T], content: object) -> T:
    """Reads what `json` made of `dataclasses.asdict`, nested dataclasses, lists and dicts included.

    Args:
        kind: A dataclass, or any type made of JSON's types, `Literal`, unions and dataclasses.
        content: What was read.

    Raises:
        ValueError: If a value has another type than declared.
        TypeError: If a field is missing or unknown.
    """
    return cast(T, _read(kind, content))


def read_log(kind: type[T], file: Path) -> list[T]:
    """The entries of a file that `append_log` writes, oldest first.

    Args:
        kind: See `from_json`; lines that are torn or hold something else are left out.
        file: May be missing.
    """
    try:
        content = file.read_bytes()
    except OSError:
        return []
    # A log grows at its end: lines that were read before are not parsed again, unless a byte of them has changed.
    length, digest, before = _logs.get((kind, file), (0, _digest(b""), ()))
    if digest != _digest(content[:length]):
        length, before = 0, ()
    end = content.rfind(b"\n") + 1
    found = [*before, *_entries(kind, content[length:end])]
    while len(_logs) >= _MAX_LOGS:
        _logs.pop(next(iter(_logs)), None)
    _logs[kind, file] = end, _digest(content[:end]), tuple(found)
    return found + _entries(kind, content[end:])


def _entries(kind: type[T], content: bytes) -> list[T]:
    found = []
    # Not `splitlines`: a text may hold U+2028, which JSON leaves as it is.
    for line in content.decode("utf-8", errors="replace").split("\n"):
        with contextlib.suppress(ValueError, TypeError, RecursionError):
            found.append(from_json(kind, json.loads(line)))
    return found


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def append_log(file: Path, entries: Iterable[Mapping[str, object]]) -> None:
    """Adds a line of JSON an entry, in one write followed by fsync, so that several writers never mix lines.

    Raises:
        OSError: If the disk is full.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    is_new = not file.exists()
    lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    with file.open("a+b", buffering=0) as log:  # appends wherever it has read
        if log.seek(0, os.SEEK_END):
            log.seek(-1, os.SEEK_END)
            lines = ("" if log.read(1) == b"\n" else "\n") + lines  # a crash cut the last line: close it
        # A lone surrogate (from a file name) becomes the JSON escape of itself.
        content = lines.encode("utf-8", "backslashreplace")
        if log.write(content) != len(content):
            raise OSError(errno.ENOSPC, "It could not be saved: the disk is full", str(file))
        os.fsync(log.fileno())
    if is_new:
        fsync_dir(file.parent)


def _read(kind: Any, content: Any) -> Any:
    if kind is type(content) is str:  # most fields of a long log
        return content
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return content
    if isinstance(kind, type) and is_dataclass(kind) and isinstance(content, dict):
        hints = _hints(kind)
        # An unknown name is left to the constructor, which refuses it.
        return kind(**{name: _field(name, hints.get(name, Any), value) for name, value in content.items()})
    if origin in (Union, UnionType):
        for one in inner:
            try:
                return _read(one, content)
            except (TypeError, ValueError):
                continue
    elif origin is Literal and content in inner:
        return content
    elif origin is list and isinstance(content, list):
        return [_read(inner[0], item) for item in content]
    elif origin is tuple and isinstance(content, list | tuple):
        kinds = inner[:1] * len(content) if inner[1:] == (...,) else inner
        return tuple(_read(one, item) for one, item in zip(kinds, content, strict=True))
    elif origin in (dict, Mapping) and isinstance(content, dict):
        return {_read(inner[0], key): _read(inner[1], item) for key, item in content.items()}
    elif origin is None and (isinstance(content, kind) or kind is float and isinstance(content, int)):
        is_number = kind is float and -sys.float_info.max <= content <= sys.float_info.max  # nor is one of 400 digits
        if kind is bool or not isinstance(content, bool) and (is_number or kind is not float):  # true is no number here
            return content
    raise ValueError(f"Expected {getattr(kind, '__name__', kind)}, but got {content!r:.80}.")


def _field(name: str, kind: Any, content: Any) -> Any:
    try:
        return _read(kind, content)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
