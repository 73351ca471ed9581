"""What the Review page shows next, and what the photos look like that lie nearest."""

from dataclasses import dataclass

import pandas as pd

from core.dataset.decisions import find_photo
from core.dataset.index import Dataset
from core.dataset.overlay import Decision
from core.features.neighbours import nearest, unit_embeddings
from core.features.views import WHOLE


@dataclass(frozen=True)
class QueueFilter:
    """Which photos a reviewer wants to see; the default is every undecided one.

    Attributes:
        kinds: Names of `ISSUE_KINDS`; empty: all.
        labels: Given labels; empty: all.
        splits: Empty: all that are ranked.
        min_score: Least score, 0-1.
        max_score: Greatest score, 0-1.
        decided: Show decided photos too.
        skipped: Paths that were put off; they come last.
    """

    kinds: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    min_score: float = 0.0
    max_score: float = 1.0
    decided: bool = False
    skipped: tuple[str, ...] = ()


def review_queue(
    ranking: pd.DataFrame, decisions: dict[str, Decision], filters: QueueFilter | None = None
) -> pd.DataFrame:
    """The photos to look at, the most suspicious first.

    Args:
        ranking: As `suspects.find_suspects` gives it; it may be older than the last decisions.
        decisions: The ones that count, by sha256.
        filters: `None`: every undecided photo.

    Returns:
        Rows of the ranking with the current `decision`. Files that cannot be read come along: they can only be
        removed on disk.
    """
    filters = filters or QueueFilter()
    made = ranking["sha256"].map(lambda sha256: decisions[sha256].action if sha256 in decisions else "")
    keep = ranking["score"].between(filters.min_score, filters.max_score)
    for column, wanted in (("kind", filters.kinds), ("given_label", filters.labels), ("split", filters.splits)):
        if wanted:
            keep &= ranking[column].isin(wanted)
    if not filters.decided:
        keep &= made == ""
    queue = ranking[keep].assign(decision=made[keep])
    later = queue["path"].isin(filters.skipped)
    return pd.concat([queue[~later], queue[later]], ignore_index=True)


def neighbours(dataset: Dataset, path: str, k: int = 4, decisions: dict[str, Decision] | None = None) -> pd.DataFrame:
    """The photos outside `test` that look most alike to the network, with their reviewed labels.

    Args:
        dataset: Must have been ranked before; nothing is computed here.
        path: Of the photo in question.
        k: How many, at most.
        decisions: The ones that count; `None` reads them.

    Returns:
        `path`, `label` (reviewed), `given_label`, `split`, `similarity` (-1 to 1), most alike first; excluded photos
        and exact copies of the photo are left out. Empty if nothing was embedded yet.

    Raises:
        DatasetError: If there is no such photo.
    """
    image = find_photo(dataset, path)["sha256"]
    decisions = dataset.decisions() if decisions is None else decisions
    position, unit = unit_embeddings(dataset, WHOLE[1])
    if image not in position:
        return pd.DataFrame(columns=["path", "label", "given_label", "split", "similarity"])
    excluded = [sha256 for sha256, decision in decisions.items() if decision.action == "exclude"]
    found = nearest(dataset, WHOLE[1], unit[position[image]], k, without=[image, *excluded])
    relabelled = {sha256: item.label for sha256, item in decisions.items() if item.action == "relabel"}
    labels = [relabelled.get(*pair) for pair in zip(found["sha256"], found["label"], strict=True)]
    found = found.assign(given_label=found["label"], label=labels)
    return found[["path", "label", "given_label", "split", "similarity"]]
