"""Results that cost time are kept on disk until what they were computed from changes.

Whatever goes wrong with a file (missing, damaged, of an older version, of other photos) it is computed anew; a disk
that cannot be written to only makes the next call slower.
"""

import contextlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from core.files import write_atomic
from core.records import from_json

if TYPE_CHECKING:  # 70 MiB that a server which only predicts does not need
    import numpy as np
    import pandas as pd

T = TypeVar("T")


@dataclass(frozen=True)
class Kept(Generic[T]):
    """Where a result is kept, and how it becomes bytes.

    Attributes:
        file: Its place.
        encode: Takes the key and the result.
        decode: The way back: key and result; raises whatever it likes for other bytes.
    """

    file: Path
    encode: Callable[[str, T], bytes]
    decode: Callable[[bytes], tuple[str, T]]


def cached(kept: Kept[T], key: str, compute: Callable[[], T]) -> T:
    """The result that was kept under this key, else a freshly computed one, which is then kept.

    Args:
        kept: Its place and kind.
        key: Changes with all that the result depends on, the version of the code included.
        compute: Makes the result; what it raises passes through.
    """
    found = stored(kept, key)
    if found is None:
        found = compute()
        store(kept, key, found)
    return found


def stored(kept: Kept[T], key: str | None = None) -> T | None:
    """The result that was kept under this key, or under any if that is `None`; `None` if there is none."""
    try:
        known, found = kept.decode(kept.file.read_bytes())
    except Exception:  # there are more ways to be damaged than parsers have errors for
        return None
    return found if key in (None, known) else None


def store(kept: Kept[T], key: str, result: T) -> None:
    """Keeps a result, if the disk takes it."""
    with contextlib.suppress(OSError):
        write_atomic(kept.file, kept.encode(key, result))


def as_table(file: Path) -> "Kept[pd.DataFrame]":
    """A table, as Parquet."""

    def encode(key: str, result: "pd.DataFrame") -> bytes:
        result = result.copy(deep=False)
        result.attrs["key"] = key
        return result.to_parquet(index=False)

    def decode(content: bytes) -> "tuple[str, pd.DataFrame]":
        import pandas as pd

        found = pd.read_parquet(io.BytesIO(content))
        return found.attrs.pop("key", ""), found

    return Kept(file, encode, decode)


def as_arrays(file: Path) -> "Kept[Mapping[str, np.ndarray]]":
    """Arrays by name, as npz without pickles; `_key` is taken."""

    def encode(key: str, result: "Mapping[str, np.ndarray]") -> bytes:
        import numpy as np

        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **{**result, "_key": np.array(key)})
        return buffer.getvalue()

    def decode(content: bytes) -> "tuple[str, Mapping[str, np.ndarray]]":
        import numpy as np

        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            result = {name: found[name] for name in found.files}
        return str(result.pop("_key", "")), result

    return Kept(file, encode, decode)


def as_record(file: Path, kind: type[T]) -> Kept[T]:
    """A dataclass with all that it holds, as JSON; read strictly by its annotations.

    Args:
        file: Its place.
        kind: The dataclass.
    """

    def encode(key: str, result: T) -> bytes:
        return json.dumps({"key": key, "value": asdict(cast(Any, result))}, allow_nan=False).encode()

    def decode(content: bytes) -> tuple[str, T]:
        found = json.loads(content)
        return found["key"], from_json(kind, found["value"])

    return Kept(file, encode, decode)


def as_bytes(file: Path) -> Kept[bytes]:
    """Bytes whose file is named by its key: what is there is right."""
    return Kept(file, lambda key, result: result, lambda found: (file.stem, found))
