"""The last ranking of a dataset's labels, and how many of them still look wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from core import cache
from core.dataset.index import Dataset
from core.dataset.overlay import Decision
from core.review.issue_kinds import ISSUE_KINDS

if TYPE_CHECKING:  # 70 MiB that a server which only predicts does not need
    import pandas as pd


def ranking_file(dataset: Dataset, include_test: bool = False) -> Path:
    """Where `find_suspects` keeps its ranking."""
    return dataset.cache_dir / f"ranking{'-with-test' if include_test else ''}.parquet"


def stored_ranking(dataset: Dataset, include_test: bool = False) -> "pd.DataFrame | None":
    """The last ranking, without the photos that are gone; `None` if nobody looked yet.

    It may be older than the last decisions: a photo keeps its place until `find_suspects` ranks again.
    """
    found = cache.stored(cache.as_table(ranking_file(dataset, include_test)))
    if found is None:
        return None
    is_there = set(zip(dataset.table["path"], dataset.table["sha256"], strict=True))
    return found[[pair in is_there for pair in zip(found["path"], found["sha256"], strict=True)]]


def count_suspicious(ranking: "pd.DataFrame", decisions: Mapping[str, Decision]) -> int:
    """Photos that something is wrong with and that nobody has decided about.

    Args:
        ranking: As `find_suspects` gives it; it may be older than the decisions.
        decisions: The ones that count, by sha256.
    """
    faults = [kind.name for kind in ISSUE_KINDS.values() if kind.is_fault]
    return int((ranking["kind"].isin(faults) & ~ranking["sha256"].isin(list(decisions))).sum())


def suspicious_left(dataset: Dataset) -> int | None:
    """Suspicious photos of the last ranking that nobody has decided about by now; `None` if nobody looked yet."""
    ranking = stored_ranking(dataset)
    return None if ranking is None else count_suspicious(ranking, dataset.decisions())
