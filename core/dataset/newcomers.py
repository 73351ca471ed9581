"""Where photos that come later go in a dataset, and which are left out and why."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.dataset.images import decode
from core.dataset.index import Dataset
from core.dataset.layout import Layout, Parts, find_layout
from core.dataset.listing import is_meant_as_photo
from core.dataset.names import class_name_problem, folded, path_problem, shown, some
from core.dataset.split_names import same_class
from core.dataset.walk import look
from core.errors import ImageError


@dataclass(frozen=True)
class NewPhoto:
    """A photo that may be added.

    Attributes:
        name: Its file name.
        label: Its class, as it comes; "" for none.
        split: `train`, `validation` or `test`, as it comes.
        read: Returns the file's bytes; raises `DatasetError` or `OSError`.
    """

    name: str
    label: str
    split: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class AddReport:
    """What adding would bring, or has brought.

    Attributes:
        counts: Split -> class -> number of photos to add; "" is the class of unlabelled ones.
        bytes: Of these photos.
        num_test: Test photos among those that come, added or not.
        warnings: Sentences about what is left out, or changes more than the number of photos.
        refusals: Sentences about why nothing can be added; empty if something can.
    """

    counts: dict[str, dict[str, int]]
    bytes: int
    num_test: int
    warnings: tuple[str, ...]
    refusals: tuple[str, ...]

    @property
    def num_photos(self) -> int:
        """Photos to add, all of them usable."""
        return sum(sum(classes.values()) for classes in self.counts.values())


class Sieve:
    """Decides photo by photo where it goes or why it is left out, and counts.

    Attributes:
        content: Bytes of the photo asked about last.
        folders: Where photos went.
    """

    def __init__(self, dataset: Dataset, with_test: bool):
        self._dataset, self._with_test = dataset, with_test
        self._layout = _layout_of(dataset)
        self._known = set(dataset.table["sha256"])
        self._names = {tuple(map(folded, path.split("/"))) for path in dataset.table["path"]}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._left_out: dict[str, list[str]] = {}
        self._bytes = self._num_test = self._unlabelled = 0
        self._dropped_labels = False
        self.content = b""
        self.folders: set[Parts] = set()

    def target(self, photo: NewPhoto) -> Parts | None:
        """Folder names and file name for a photo in the dataset, or `None` if it is left out."""
        self._num_test += photo.split == "test"
        self.content = photo.read()
        digest = hashlib.sha256(self.content).hexdigest()
        split, label = self._place(photo)
        home = self._home(split, label)
        if why := self._why_not(digest, split, label, home is not None):
            self._left_out.setdefault(why, []).append(photo.name)
        if why or home is None:
            return None
        self._known.add(digest)
        self._counts[split, label] += 1
        self._bytes += len(self.content)
        self.folders.add(home)
        return *home, self._free_name(home, photo.name, digest)

    def _why_not(self, digest: str, split: str, label: str, has_home: bool) -> str:
        """Why the photo asked about last is left out; "" if it is not."""
        if digest in self._known:
            return "not added: exact copies of photos that are there already"
        try:
            decode(self.content)
        except ImageError:
            return "not added: they cannot be used as JPEG, PNG or WebP"
        if split == "test" and not (self._with_test and has_home):
            why = "the test photos stay as they are" if has_home else "this dataset has no test folder"
            return f"of a test folder not added: {why}"
        if not label and self._dataset.class_names:
            return "not added: they lie in no class folder; choose what they show"
        if label and (problem := class_name_problem(label)):
            return f"not added: {shown(label)} {problem}"
        return "" if has_home else "not added: the dataset has no train folder"

    def report(self) -> AddReport:
        """What was decided up to now."""
        counts: dict[str, dict[str, int]] = {}
        for (split, label), number in sorted(self._counts.items()):
            counts.setdefault(split, {})[label] = number
        warnings = [f"{some([shown(name) for name in names])} {why}." for why, names in self._left_out.items()]
        known = self._dataset.class_names
        if new := sorted({label for _, label in self._counts if label and known and label not in known}):
            warnings.insert(0, f"New classes, which no model has learned yet: {', '.join(map(shown, new))}.")
        if self._dropped_labels:
            warnings.insert(0, f"{shown(self._dataset.name)} is unlabelled, so the class folders are not kept.")
        if added := sum(counts.get("test", {}).values()):
            warnings.insert(0, f"{added:,} are test photos: figures of earlier runs are of the test photos before.")
        refusals = () if counts else ("There is no new photo in it that can be added.",)
        return AddReport(counts, self._bytes, self._num_test, tuple(warnings), refusals)

    def _place(self, photo: NewPhoto) -> tuple[str, str]:
        """Split and class in the dataset's own spelling."""
        split = "train" if photo.split == "validation" and not self._home("validation", "") else photo.split
        if not self._dataset.class_names:
            self._dropped_labels |= bool(photo.label)
            return split, ""
        key = same_class(photo.label)
        return split, next((name for name in self._dataset.class_names if same_class(name) == key), photo.label)

    def _home(self, split: str, label: str) -> Parts | None:
        """The folder for one more photo of a split and class; `None` if the split has no folder."""
        layout = self._layout
        parents = layout.splits or {layout.root: "train"}
        parent = next((folder for folder, found in parents.items() if found == split), None)
        if parent is None or layout.is_unlabelled:
            return parent
        end = len(parent)
        beside = (at for at in layout.photos if at[:end] == parent and layout.place(at) == (split, label))
        return next(beside, (*parent, label))[: end + 1]

    def _free_name(self, home: Parts, name: str, digest: str) -> str:
        name = name.replace("\\", "/").rsplit("/", 1)[-1].lstrip(".")
        if path_problem(name) or not Path(name).stem:
            name = f"photo-{digest[:12]}.jpg"
        stem, suffix, number = Path(name).stem, Path(name).suffix, 1
        while (key := tuple(map(folded, (*home, name)))) in self._names or self._is_taken(home, name):
            number += 1
            name = f"{stem}-{number}{suffix}"
        self._names.add(key)
        return name

    def _is_taken(self, home: Parts, name: str) -> bool:
        return os.path.lexists(self._dataset.folder.joinpath(*home, name))


def _layout_of(dataset: Dataset) -> Layout:
    found = look(dataset.folder)
    photos = [file for file in found.files if is_meant_as_photo(dataset.folder, file)]
    return find_layout([file.parts for file in photos or found.files], found.folders)
