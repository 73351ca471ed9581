"""The table of the index: its columns, and what is taken over from the last one."""

import numpy as np
import pandas as pd

from core.dataset.images import PIXELS_VERSION
from core.dataset.index import NOT_IN_A_CLASS

COLUMNS = {
    "path": "str",
    "label": "str",
    "split": "str",
    "width": "int64",
    "height": "int64",
    "bytes": "int64",
    "mtime_ns": "int64",
    "sha256": "str",
    "phash": "str",
    "phash_mirrored": "str",
    "brightness": "float64",
    "sharpness": "float64",
    "problem": "str",
}
CACHE_KEY = " ".join(["1", PIXELS_VERSION, *COLUMNS])  # the number changes with what is measured


def fill_known(table: pd.DataFrame, before: pd.DataFrame | None) -> np.ndarray:
    """Fills in what was known of files that have not changed since; `True` for their rows."""
    is_filled = np.zeros(len(table), bool)
    if before is None:
        return is_filled
    before = before.drop_duplicates("path")
    position = pd.Index(before["path"]).get_indexer(table["path"])
    rows = np.flatnonzero((position >= 0) & (table["problem"] == ""))
    known = before.iloc[position[rows]]
    same = ~known["problem"].isin([*NOT_IN_A_CLASS, "unreadable"]).to_numpy()
    for name in ("bytes", "mtime_ns"):
        same &= known[name].to_numpy() == table[name].to_numpy()[rows]
    for name in set(COLUMNS) - {"path", "label", "split", "bytes", "mtime_ns"}:
        table.loc[rows[same], name] = known[name].to_numpy()[same]
    is_filled[rows[same]] = True
    return is_filled


def as_table(rows: list[dict]) -> pd.DataFrame:
    """Rows that may lack columns become a table in order."""
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    for name, kind in COLUMNS.items():
        table[name] = table[name].astype(object).fillna("" if kind == "str" else 0).astype(kind)
    return in_order(table)


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """By split, class and path."""
    return table.sort_values(["split", "label", "path"], ignore_index=True)
