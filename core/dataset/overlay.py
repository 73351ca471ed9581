"""What people decided about labels, laid over a dataset's table; the photos and the table itself stay as they are."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, get_args

from core.dataset.names import shown

if TYPE_CHECKING:  # 70 MiB that a server which only predicts does not need
    import pandas as pd

DECISIONS_FILE = "decisions.jsonl"  # in a dataset's cache folder: what people decided cannot be made anew
CLASSES_FILE = "classes.jsonl"  # beside it: the class names that people typed
ADVICE_FILE = "label-advice.jsonl"  # beside it: what was predicted of more labels, to be held against what came of them
Action = Literal["relabel", "exclude", "keep", "undo"]
ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True)
class Decision:
    """What a person decided about one picture.

    Attributes:
        image: sha256 of the picture: a copy under another name shares its decision.
        path: Where it lay in the dataset at the time.
        action: `relabel` to `label`, `exclude` from training, `keep` as given, or `undo` the last decision.
        label: The right class for `relabel`; for `keep` the one that was kept ("" in logs from before it was
            remembered); else "".
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
        return {"keep": self.label or given, "relabel": self.label}.get(self.action, "")


@dataclass(frozen=True)
class UnfitDecision:
    """A decision that is kept but not applied, because the folder has changed since.

    Attributes:
        decision: What was decided.
        why: One sentence: what is missing, and what to do.
    """

    decision: Decision
    why: str


def now() -> str:
    """This moment as decisions carry it: ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def current(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """The decision that counts for each picture, by sha256; `undo` takes the picture's last one back."""
    return {image: made[-1] for image, made in standing(decisions).items()}


def standing(decisions: Iterable[Decision]) -> dict[str, list[Decision]]:
    """The decisions about each picture that were not taken back, by sha256, oldest first; none is empty."""
    stacks: dict[str, list[Decision]] = {}
    for decision in decisions:
        stack = stacks.setdefault(decision.image, [])
        if decision.action != "undo":
            stack.append(decision)
        elif stack:
            stack.pop()
    return {image: stack for image, stack in stacks.items() if stack}


def sort_out(
    table: "pd.DataFrame", class_names: Collection[str], decisions: Mapping[str, Decision]
) -> tuple[dict[str, Decision], list[UnfitDecision]]:
    """Tells decisions that fit a dataset from those that do not: they create no class and overrule no folder.

    Args:
        table: Rows of the dataset.
        class_names: Its classes.
        decisions: By sha256.

    Returns:
        Those that fit, by sha256, and the others.
    """
    labels: dict[str, set[str]] = {}
    decided = table[table["sha256"].isin(list(decisions))] if decisions else table[:0]
    for image, label in zip(decided["sha256"], decided["label"], strict=True):
        labels.setdefault(image, set()).add(label)
    fitting, unfit = {}, []
    for image, decision in decisions.items():
        why = _misfit(decision, labels.get(image), class_names) if image else "it names no photo"
        if why:
            unfit.append(UnfitDecision(decision, f"{shown(decision.path)}: {why}."))
        else:
            fitting[image] = decision
    return fitting, unfit


def _misfit(decision: Decision, labels: Collection[str] | None, class_names: Collection[str]) -> str:
    if labels is None:
        return "no photo here has this content; it was removed or changed after the decision"
    if decision.action == "relabel" and decision.label not in class_names:
        return f"relabelled to {shown(decision.label)}, which is no class here; rename the folder back or decide again"
    if decision.action == "keep" and decision.label and decision.label not in labels:
        where = " and ".join(map(shown, sorted(filter(None, labels)))) or "no class"
        return f"kept as {shown(decision.label)}, but the photo lies under {where} now; decide again"
    return ""


def apply_decisions(table: "pd.DataFrame", decisions: Mapping[str, Decision]) -> "pd.DataFrame":
    """Applies decisions to a table.

    Args:
        table: Rows of a dataset.
        decisions: By sha256; those that fit, as `sort_out` gives them.

    Returns:
        The table with labels replaced and excluded photos left out; a new column `given_label` keeps the folder's.
    """
    relabelled = {image: item.label for image, item in decisions.items() if item.action != "exclude" and item.label}
    excluded = [image for image, item in decisions.items() if item.action == "exclude"]
    labels = [relabelled.get(*pair) for pair in zip(table["sha256"], table["label"], strict=True)]
    result = table.assign(given_label=table["label"], label=labels)
    return result[~result["sha256"].isin(excluded)].reset_index(drop=True)
