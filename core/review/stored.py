"""The last ranking of a dataset's labels, and how many of them still look wrong."""

from pathlib import Path
from typing import TYPE_CHECKING

from core import cache
from core.dataset.index import Dataset

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
