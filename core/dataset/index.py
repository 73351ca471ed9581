"""A folder of photos becomes a table: one row a file, problems included, cached and refreshed by size and time."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from core import cache
from core.dataset.classes import TypedClasses
from core.dataset.labelling import labelled
from core.dataset.listing import list_dataset
from core.dataset.measurements import measure
from core.dataset.overlay import DECISIONS_FILE, Decision, UnfitDecision, apply_decisions, current, sort_out
from core.dataset.split_names import SPLITS as SPLITS
from core.errors import DatasetError
from core.escaping import printable
from core.paths import Paths
from core.records import read_log

if TYPE_CHECKING:  # 70 MiB that a server which only predicts does not need
    import pandas as pd

PROBLEMS = {
    "empty-class": "The class folder has no files.",
    "outside-class": "The picture lies outside the class folders and is not used.",
    "not-a-file": "This is a pipe, a socket or a device, not a file.",
    "link-circle": "The link leads back to a folder above it.",
    "odd-name": "The name is not valid Unicode, so the file is not used; rename it.",
    "unreadable": "The file cannot be opened.",
    "empty-file": "The file is empty.",
    "file-too-large": "The file is larger than 10 MB.",
    "not-an-image": "The file is not a JPEG, PNG or WebP picture, or of a rare kind.",
    "corrupt-image": "The picture is damaged or incomplete.",
    "too-many-pixels": "The picture has more than 40 megapixels.",
}
NOT_IN_A_CLASS = ("empty-class", "outside-class", "not-a-file", "link-circle", "odd-name")  # no photo with a label
TEST_PHOTOS_FILE = "test-photos.json"  # in a dataset's cache folder: photos that a person set aside for test

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Dataset:
    """A folder of photos, in classes or not yet.

    Attributes:
        name: The folder's name, bytes that are no text escaped.
        folder: The photos; read-only for us.
        cache_dir: Where derived files go.
        class_names: Sorted names of the classes that have at least one usable photo or were typed by a person; none of
            an unlabelled dataset.
        table: One row a file: `path` (relative, `/`), `label` (of its folder, or what a person gave a photo outside
            class folders; "" for none), `split`, `width`, `height`
            (upright pixels), `bytes`, `mtime_ns`, `sha256`, `phash` and `phash_mirrored` (16 hex digits),
            `brightness` (mean, 0-255), `sharpness` (variance of the Laplacian), `problem` (a key of `PROBLEMS`
            or "").
        is_plain: The folder has no split folders; every row is then `train`.
        notes: Sentences about what was left out, with counts, or taken for something else than its name says.
        labels: The decisions that give photos outside class folders their `label`, by sha256.
        typed: The class names that a person typed.
        base: The dataset as the folder alone tells it; `None` where nothing was laid over it.
    """

    name: str
    folder: Path
    cache_dir: Path
    class_names: tuple[str, ...]
    table: "pd.DataFrame"
    is_plain: bool
    notes: tuple[str, ...] = ()
    labels: Mapping[str, Decision] = field(default_factory=dict)
    typed: TypedClasses = TypedClasses()
    base: "Dataset | None" = field(default=None, repr=False)

    @cached_property
    def usable(self) -> "pd.DataFrame":
        """The rows without a problem."""
        return self.table[self.table["problem"] == ""].reset_index(drop=True)

    @cached_property
    def fingerprint(self) -> str:
        """Hex digest over every usable photo's path, label, split and content."""
        digest = hashlib.sha256()
        for row in self.usable.sort_values("path").itertuples():
            digest.update(f"{row.path}\0{row.label}\0{row.split}\0{row.sha256}\n".encode())
        return digest.hexdigest()

    @property
    def decisions_file(self) -> Path:
        """The log of all decisions: the only file in `cache_dir` that cannot be made anew."""
        return self.cache_dir / DECISIONS_FILE

    def decision_log(self) -> list[Decision]:
        """All decisions ever made, oldest first, read from disk; a class that was renamed has its name of today."""
        log = read_log(Decision, self.decisions_file)
        former = self.typed.renamed
        return [replace(item, label=former[item.label]) if item.label in former else item for item in log]

    def _current(self) -> dict[str, Decision]:
        """The decision that counts for each picture, but for those that `label` tells already."""
        made = current(self.decision_log())
        return {image: item for image, item in made.items() if item != self.labels.get(image)}

    def decisions(self) -> dict[str, Decision]:
        """The decision that counts for each picture, by sha256, read from disk; see `unfit_decisions` for others."""
        return sort_out(self.table, self.class_names, self._current())[0]

    def unfit_decisions(self) -> tuple[UnfitDecision, ...]:
        """Decisions that would count, but fit no photo or no class as the folder is now, read from disk."""
        return tuple(sort_out(self.table, self.class_names, self._current())[1])

    def reviewed(self, decisions: Mapping[str, Decision] | None = None) -> "pd.DataFrame":
        """The usable rows with reviewed labels, without excluded photos; `given_label` keeps the folder's.

        Args:
            decisions: By sha256, those that do not fit are passed over; `None` reads those that count now.
        """
        made = self._current() if decisions is None else decisions
        return apply_decisions(self.usable, sort_out(self.table, self.class_names, made)[0])


def index_dataset(folder: Path, paths: Paths, progress: Progress | None = None) -> Dataset:
    """Reads a dataset folder; unchanged files come from the cache.

    Args:
        folder: `train/<class>/…` with `test`, `validation` or the like beside it, plain `<class>/…`, or just photos;
            see `core.dataset.layout`.
        paths: Where the cache lies.
        progress: Called with (files done, files to read).

    Raises:
        DatasetError: If the folder does not exist or holds no photo. Single bad files never raise.
    """
    import pandas as pd  # 70 MiB that a server which only predicts does not need

    from core.dataset.index_table import CACHE_KEY, as_table, fill_known, in_order

    try:
        folder = Path(folder).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a link to itself, a NUL in the name
        raise DatasetError(
            f"Expected a folder of photos, but {str(folder)!r} cannot be one. Check the path."
        ) from error
    listing = list_dataset(folder)
    kept = cache.as_table(paths.cache_dir(folder) / "index.parquet")
    before = cache.stored(kept, CACHE_KEY)
    table = as_table(listing.rows)
    is_stale = (table["problem"] == "").to_numpy() & ~fill_known(table, before)
    stale = table.loc[is_stale, list(listing.rows[0])].to_dict("records") if is_stale.any() else []
    if stale:
        table = in_order(pd.concat([table[~is_stale], as_table(list(_read_files(folder, stale, progress)))]))
    if stale or before is None or len(before) != len(table):
        cache.store(kept, CACHE_KEY, table)
    aside = _set_aside(paths.cache_dir(folder) / TEST_PHOTOS_FILE)
    table.loc[table["sha256"].isin(aside), "split"] = "test"
    usable = table[table["problem"] == ""]
    if table.empty:
        raise DatasetError(
            f"Expected class folders with photos in {folder}, but found none. Put the photos into one folder per "
            f"class, for example train/African and train/Asian. {' '.join(listing.notes)}".rstrip()
        )
    return labelled(
        Dataset(
            name=printable(folder.name),
            folder=folder,
            cache_dir=paths.cache_dir(folder),
            class_names=tuple(sorted(set(usable["label"]) - {""})),
            table=table,
            is_plain=listing.is_plain and not aside,
            notes=listing.notes,
        )
    )


def _set_aside(file: Path) -> list[str]:
    """sha256 of the photos that a person set aside for test; see `set_aside`."""
    try:
        return list(json.loads(file.read_text(encoding="utf-8"))["images"])
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"The list of photos set aside for test cannot be read: {file}. Restore it, or remove it to begin anew."
        ) from error


def _read_files(folder: Path, entries: list[dict], progress: Progress | None) -> Iterator[dict]:
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:  # Pillow and hashlib release the GIL
        for done, row in enumerate(pool.map(lambda entry: measure(folder, entry), entries), start=1):
            if progress and (done % 20 == 0 or done == len(entries)):
                progress(done, len(entries))
            yield row
