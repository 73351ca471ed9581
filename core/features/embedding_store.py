"""Known embeddings on disk, by content: parts that are only added, each whole or not there, read row by row."""

import contextlib
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from core import cache
from core.dataset.images import PIXELS_VERSION
from core.features.views import COLOURS, backbone_of
from core.files import sha256_of, write_atomic
from core.networks.catalogue import BACKBONES

PART_ROWS = 2_000  # photos of a full part, 10 MB
_STRIDE = 1 << 32


class EmbeddingStore:
    """The embeddings of one view of a dataset's photos, or those of a run whose network has its own.

    A part is an array of records in a file that is named by its content: several processes may add at a time (at worst
    a photo is kept twice), and a damaged part is passed over. Parts of another decoder or backbone are passed over too.
    Iterating gives the known sha256.

    Args:
        cache_dir: Of the dataset.
        name: A key of `BACKBONES`, `CLOSE`, `COLOURS` or the id of a run.
    """

    def __init__(self, cache_dir: Path, name: str):
        self._cache_dir, self._name = cache_dir, name
        self._folder, self._prefix = cache_dir / "embeddings" / name, _prefix(name)
        self._before = cache_dir / f"embeddings-{name}.npz"  # earlier versions had one file
        self._open()

    def _open(self) -> None:
        self._parts: list[Path | np.ndarray] = []
        self._place: dict[str, int] = {}
        for file in known_files(self._cache_dir, self._name):
            with contextlib.suppress(OSError):  # another process has put it into a larger part
                if file.stem == self._prefix + sha256_of(file)[:32]:
                    self._take(file)
                else:
                    file.unlink()  # damaged: its photos are looked at again
        if self._before.exists():
            found = cache.stored(cache.as_arrays(self._before), version(self._name))
            if found:
                self.add(dict(zip(found["sha256"].tolist(), found["embeddings"], strict=True)))
            if not found or any(isinstance(part, Path) for part in self._parts):
                self._before.unlink(missing_ok=True)

    def __iter__(self) -> Iterator[str]:
        return iter(self._place)

    def __contains__(self, sha256: object) -> bool:
        return sha256 in self._place

    def __len__(self) -> int:
        return len(self._place)

    def add(self, embeddings: Mapping[str, np.ndarray]) -> None:
        """Adds embeddings by sha256 in one more part, which takes smaller ones in; on a full disk they stay in memory.

        Args:
            embeddings: `float32`, each of shape `(features,)`.
        """
        if not embeddings:
            return
        values = np.array(list(embeddings.values()), np.float32)
        records = np.empty(len(values), [("sha256", "S64"), ("embedding", np.float32, values.shape[1:])])
        records["sha256"], records["embedding"] = list(embeddings), values
        merged = []
        for part, found in sorted(self._small_parts(), key=lambda item: len(item[1])):
            if found.dtype == records.dtype and len(found) <= len(records) < PART_ROWS:
                records = np.concatenate([found, records])
                merged.append(part)
        with io.BytesIO() as buffer:
            np.save(buffer, records, allow_pickle=False)
            content = buffer.getvalue()
        file = self._folder / f"{self._prefix}{hashlib.sha256(content).hexdigest()[:32]}.npy"
        try:
            write_atomic(file, content)
        except OSError:
            self._take(records)
            return
        self._take(file)
        others = [part for part in self._folder.glob("*.npy") if not part.name.startswith(self._prefix)]
        for stale in {*merged, *others} - {file}:
            with contextlib.suppress(OSError):  # in use on Windows
                stale.unlink()

    def read(self, sha256s: Iterable[str]) -> np.ndarray:
        """The embeddings of known photos, `float32`, shape `(photos, features)`.

        Raises:
            KeyError: If one is not known.
        """
        try:
            return self._read(sha256s)
        except FileNotFoundError:  # another process has put a part into a larger one
            self._open()
            return self._read(sha256s)

    def _read(self, sha256s: Iterable[str]) -> np.ndarray:
        numbers, rows = np.divmod(np.array([self._place[sha256] for sha256 in sha256s], np.int64), _STRIDE)
        result = np.empty((len(rows), 0), np.float32)
        for number in np.unique(numbers):
            wanted = np.flatnonzero(numbers == number)
            found = self._load(self._parts[number])["embedding"][rows[wanted]]
            if not result.size:
                result = np.empty((len(rows), *found.shape[1:]), np.float32)
            result[wanted] = found
        return result

    def _small_parts(self) -> Iterator[tuple[Path, np.ndarray]]:
        for part in self._parts:
            with contextlib.suppress(OSError):  # another process has put it into a larger part
                if isinstance(part, Path) and len(found := self._load(part)) < PART_ROWS:
                    yield part, found

    def _take(self, part: Path | np.ndarray) -> None:
        start = len(self._parts) * _STRIDE
        names = self._load(part)["sha256"].astype(str).tolist()
        self._parts.append(part)
        self._place.update(zip(names, range(start, start + len(names)), strict=True))

    @staticmethod
    def _load(part: Path | np.ndarray) -> np.ndarray:
        """Records; those of a file stay there until they are asked for."""
        return np.load(part, mmap_mode="r", allow_pickle=False) if isinstance(part, Path) else part


class Rows:
    """What is known of some photos: `rows[start:stop]` reads embeddings from disk, like an array would give them.

    Args:
        store: Knows all of them.
        sha256s: Of the photos, in order.
    """

    def __init__(self, store: EmbeddingStore, sha256s: Sequence[str]):
        self._store, self._sha256s = store, np.asarray(sha256s, object)

    def __len__(self) -> int:
        return len(self._sha256s)

    def __getitem__(self, wanted: slice | np.ndarray) -> np.ndarray:
        return self._store.read(self._sha256s[wanted])


def known_files(cache_dir: Path, name: str) -> tuple[Path, ...]:
    """The parts of a store; they are other ones whenever something was added."""
    return tuple(sorted((cache_dir / "embeddings" / name).glob(f"{_prefix(name)}*.npy")))


def _prefix(name: str) -> str:
    return f"{hashlib.sha256(version(name).encode()).hexdigest()[:12]}-"


def version(*views: str) -> str:
    """What the numbers of views depend on beside the photo; "" for a run's own network, which never changes."""
    weights = [BACKBONES[backbone].weights_version for view in views if (backbone := backbone_of(view))]
    return " ".join([PIXELS_VERSION, *weights]) if weights or COLOURS in views else ""
