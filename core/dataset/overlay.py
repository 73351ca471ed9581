"""What people decided about labels, laid over a dataset's table; the photos and the table itself stay as they are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:  # 70 MiB that a server which only predicts does not need
    import pandas as pd

Action = Literal["relabel", "exclude", "keep", "undo"]
ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True)
class Decision:
    """What a person decided about one picture.

    Attributes:
        image: sha256 of the picture: a copy under another name shares its decision.
        path: Where it lay in the dataset at the time.
        action: `relabel` to `label`, `exclude` from training, `keep` as given, or `undo` the last decision.
        label: The right class for `relabel`, else "".
        reviewer: Who decided.
        at: ISO 8601, UTC.
        note: Free text.
    """

    image: str
    path: str
    action: Action
    label: str = ""
    reviewer: str = ""
    at: str = ""
    note: str = ""

    def outcome(self, given: str) -> str:
        """The class that a photo of this label ends in, "" if it is excluded."""
        return {"keep": given, "relabel": self.label}.get(self.action, "")


def current(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """The decision that counts for each picture, by sha256; `undo` takes the picture's last one back."""
    stacks: dict[str, list[Decision]] = {}
    for decision in decisions:
        stack = stacks.setdefault(decision.image, [])
        if decision.action != "undo":
            stack.append(decision)
        elif stack:
            stack.pop()
    return {image: stack[-1] for image, stack in stacks.items() if stack}


def apply_decisions(table: "pd.DataFrame", decisions: Mapping[str, Decision]) -> "pd.DataFrame":
    """Applies decisions to a table.

    Args:
        table: Rows of a dataset.
        decisions: By sha256, as `current` gives them.

    Returns:
        The table with labels replaced and excluded photos left out; a new column `given_label` keeps the folder's.
    """
    relabelled = {image: item.label for image, item in decisions.items() if item.action == "relabel"}
    excluded = [image for image, item in decisions.items() if item.action == "exclude"]
    labels = [relabelled.get(*pair) for pair in zip(table["sha256"], table["label"], strict=True)]
    result = table.assign(given_label=table["label"], label=labels)
    return result[~result["sha256"].isin(excluded)].reset_index(drop=True)
