"""What the review can find about a photo: the one list that ranking, pages, cards and API share."""

from dataclasses import dataclass
from typing import Literal

from core.dataset.overlay import Action


@dataclass(frozen=True)
class IssueKind:
    """One kind of finding.

    Attributes:
        name: In rankings, filters and addresses.
        title: For people, where a list of kinds is shown.
        short: In a few words, beside a photo.
        reason: The same about one photo: a template of `given`, `best` (class), `copy` (label of a copy), `subject`
            (what the photo does not show) and `decision`.
        is_fault: It says that something is wrong: undecided photos of this kind count as suspicious.
        is_offered: A person who asks for no kind in particular is shown it.
        advice: What to decide, if there is no better reason to; "" where the ranking cannot tell.
    """

    name: str
    title: str
    short: str
    reason: str
    is_fault: bool = False
    is_offered: bool = False
    advice: Action | Literal[""] = ""


_ALL = (
    IssueKind("decided", "Decided", "decided", "decided: {decision}", advice="relabel"),
    IssueKind("unreadable", "Cannot be read", "unreadable", "unreadable"),  # only the disk can mend it
    IssueKind("poor", "Unusable picture", "unusable picture", "too small or blank", True, True, "exclude"),
    IssueKind("subject", "Not relevant", "not relevant", "does not show {subject}", True, True, "exclude"),
    IssueKind("copy", "Copy has another label", "other label", "same photo is labelled {copy}", True, True, "relabel"),
    IssueKind("unclear", "Cannot tell", "cannot tell", "cannot tell", is_offered=True),
    IssueKind("class", "Looks like another class", "", "looks like {best}, labelled {given}", True, True, "relabel"),
    IssueKind("fits", "Looks as labelled", "fits", "looks like {best}, as labelled", advice="keep"),
)
ISSUE_KINDS = {kind.name: kind for kind in _ALL}  # a photo of several kinds is called by the first of them


def advice(kind: str, given: str, suggested: str) -> Action | Literal[""]:
    """What to decide about a photo of a kind; "" where the ranking cannot tell."""
    found = ISSUE_KINDS[kind].advice
    return "keep" if found == "relabel" and suggested in ("", given) else found
