"""Tables that are kept on disk until what they were computed from changes; the last ranking is one of them."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from core.dataset.index import Dataset
from core.files import write_parquet

if TYPE_CHECKING:  # 70 MiB that a server which only predicts does not need
    import pandas as pd


def kept(file: Path, key: str, compute: "Callable[[], pd.DataFrame]") -> "pd.DataFrame":
    """The table in `file` if it was written under this key, else a freshly computed one, which is then kept."""
    import pandas as pd

    try:
        known = pd.read_parquet(file)
        if known.attrs.get("key") == key:
            return known
    except (OSError, ValueError):
        pass  # missing, damaged or of an older version: it is rebuilt
    table = compute()
    table.attrs["key"] = key
    try:
        write_parquet(file, table)
    except OSError:
        pass  # a read-only disk makes the next call slower
    return table


def ranking_file(dataset: Dataset, include_test: bool = False) -> Path:
    """Where `find_suspects` keeps its ranking."""
    return dataset.cache_dir / f"ranking{'-with-test' if include_test else ''}.parquet"


def stored_ranking(dataset: Dataset, include_test: bool = False) -> "pd.DataFrame | None":
    """The last ranking, without the photos that are gone; `None` if nobody looked yet.

    It may be older than the last decisions: a photo keeps its place until `find_suspects` ranks again.
    """
    import pandas as pd

    try:
        found = pd.read_parquet(ranking_file(dataset, include_test))
    except (OSError, ValueError):
        return None
    is_there = set(zip(dataset.table["path"], dataset.table["sha256"], strict=True))
    return found[[pair in is_there for pair in zip(found["path"], found["sha256"], strict=True)]]
