"""The last ranking of a dataset's labels, as it lies on disk."""

from pathlib import Path

import pandas as pd

from core.dataset.index import Dataset


def ranking_file(dataset: Dataset, include_test: bool = False) -> Path:
    """Where `find_suspects` keeps its ranking."""
    return dataset.cache_dir / f"ranking{'-with-test' if include_test else ''}.parquet"


def stored_ranking(dataset: Dataset, include_test: bool = False) -> pd.DataFrame | None:
    """The last ranking, without the photos that are gone; `None` if nobody looked yet.

    It may be older than the last decisions: a photo keeps its place until `find_suspects` ranks again.
    """
    try:
        found = pd.read_parquet(ranking_file(dataset, include_test))
    except (OSError, ValueError):
        return None
    is_there = set(zip(dataset.table["path"], dataset.table["sha256"], strict=True))
    return found[[pair in is_there for pair in zip(found["path"], found["sha256"], strict=True)]]
