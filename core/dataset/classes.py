"""Class names that a person typed: an append-only log beside the decisions; a renamed class keeps its labels."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.dataset.names import class_name_problem, shown
from core.dataset.overlay import CLASSES_FILE, now
from core.dataset.split_names import class_name, same_class
from core.errors import DatasetError
from core.records import append_log, read_log

if TYPE_CHECKING:
    from core.dataset.index import Dataset

MAX_CLASSES = 100


@dataclass(frozen=True)
class ClassChange:
    """What a person did with a class name.

    Attributes:
        action: `add` it, `rename` it (its labels come along; to a name that is there they join it), `remove` it.
        name: As typed.
        to: The new name, for `rename`.
        at: ISO 8601, UTC.
    """

    action: Literal["add", "rename", "remove"]
    name: str
    to: str = ""
    at: str = ""


@dataclass(frozen=True)
class TypedClasses:
    """The class names that count.

    Attributes:
        names: In the order they were typed.
        renamed: Former name to the name of today; of classes that were renamed or merged.
    """

    names: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)

    def today(self, name: str) -> str:
        """What a class is called now."""
        return self.renamed.get(name, name)


def typed_classes(cache_dir: Path) -> TypedClasses:
    """Reads the log of a dataset, which may be missing."""
    return replay(read_log(ClassChange, cache_dir / CLASSES_FILE))


def replay(changes: Iterable[ClassChange]) -> TypedClasses:
    """The class names after all changes; those that two people made at once never contradict each other."""
    names: list[str] = []
    renamed: dict[str, str] = {}
    for change in changes:
        if change.action == "add" and change.name not in [*names, *renamed]:
            names.append(change.name)
        elif change.action == "remove" and change.name in names:
            names.remove(change.name)
        elif change.action == "rename" and change.name in names and change.to != change.name:
            place = names.index(change.name)
            names[place : place + 1] = [] if change.to in names else [change.to]
            renamed = {former: change.to if today == change.name else today for former, today in renamed.items()}
            renamed[change.name] = change.to
            renamed.pop(change.to, None)  # called what it was called before
    return TypedClasses(tuple(names), renamed)


def add_classes(dataset: "Dataset", names: Iterable[str]) -> tuple[str, ...]:
    """Adds classes; those that are there already are passed over.

    Returns:
        The names that are new; read the dataset again to use them.

    Raises:
        DatasetError: If a name cannot be a class, or differs from another one in case or spaces only.
    """
    known = {same_class(name): name for name in dataset.class_names}
    typed = typed_classes(dataset.cache_dir)
    added: list[str] = []
    for name in (class_name(text.strip()) for text in names):
        if problem := class_name_problem(name):
            raise DatasetError(f"{shown(name)} {problem}.")
        if name in typed.renamed:
            raise DatasetError(f"{name} is called {typed.today(name)} by now. Rename it back, or choose another name.")
        other = known.setdefault(same_class(name), name)
        if other != name:
            raise DatasetError(f"Expected names that differ by more than case and spaces, but got {name} and {other}.")
        if name not in (*dataset.class_names, *added):
            added.append(name)
    if len(dataset.class_names) + len(added) > MAX_CLASSES:
        raise DatasetError(f"Expected at most {MAX_CLASSES} classes, but got {len(dataset.class_names) + len(added)}.")
    _append(dataset, [ClassChange("add", name, at=now()) for name in added])
    return tuple(added)


def rename_class(dataset: "Dataset", name: str, to: str) -> None:
    """Calls a typed class something else; its labels come along, also those given before.

    Raises:
        DatasetError: If it is no typed class, or the new name cannot be one or is taken; see `merge_classes`.
    """
    to = class_name(to.strip())
    _check_typed(dataset, name)
    if problem := class_name_problem(to):
        raise DatasetError(f"{shown(to)} {problem}.")
    if other := next((one for one in dataset.class_names if same_class(one) == same_class(to) and one != name), ""):
        raise DatasetError(f"There is a class {other} already. Merge {name} into it, or choose another name.")
    _append(dataset, [ClassChange("rename", name, to, now())])


def merge_classes(dataset: "Dataset", name: str, into: str) -> None:
    """Makes all labels of a typed class labels of another class.

    Raises:
        DatasetError: If the one is no typed class, or the other no other class.
    """
    _check_typed(dataset, name)
    if into not in dataset.class_names or into == name:
        others = ", ".join(other for other in dataset.class_names if other != name)
        raise DatasetError(f"Expected one of {others} to merge {name} into, but got {into!r}.")
    _append(dataset, [ClassChange("rename", name, into, now())])


def remove_class(dataset: "Dataset", name: str) -> None:
    """Takes a typed class away that no photo has.

    Raises:
        DatasetError: If it is no typed class, or photos have its label.
    """
    _check_typed(dataset, name)
    if count := int((dataset.reviewed()["label"] == name).sum()):
        raise DatasetError(f"{count} photos are labelled {name}. Merge it into another class, or undo the labels.")
    _append(dataset, [ClassChange("remove", name, at=now())])


def _check_typed(dataset: "Dataset", name: str) -> None:
    if name not in typed_classes(dataset.cache_dir).names:
        if name in dataset.class_names:
            raise DatasetError(f"{name} is the name of a folder. Rename the folder instead.")
        raise DatasetError(f"Expected one of {', '.join(dataset.class_names) or 'no class'}, but got {name!r}.")


def _append(dataset: "Dataset", changes: list[ClassChange]) -> None:
    if changes:
        append_log(dataset.cache_dir / CLASSES_FILE, map(asdict, changes))
