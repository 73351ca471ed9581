"""Which photos a run has learned from, known by their content: they never count as test."""

from pathlib import Path

import numpy as np
import pandas as pd

from core.dataset.duplicates import duplicate_groups
from core.files import write_parquet
from core.runs.folder import Run

LEARNED_FILE = "learned.parquet"
HASHES = ["sha256", "phash", "phash_mirrored"]


def write_learned(folder: Path, table: pd.DataFrame, learned: np.ndarray) -> None:
    """Keeps what tells the photos a training has seen, and their near copies.

    Args:
        folder: Of the run.
        table: Their rows of the dataset: all but `test`.
        learned: Whether the model has learned from them, `bool`, shape `(rows,)`; it has chosen by the others.
    """
    seen = table[HASHES].assign(learned=learned).sort_values("learned", ascending=False, kind="stable")
    write_parquet(folder / LEARNED_FILE, seen.drop_duplicates("sha256", ignore_index=True))


def learned_photos(run: Run) -> pd.DataFrame | None:
    """The photos a run has seen: `HASHES` and `learned` (of the others it has only chosen by them).

    `None` if the run is from before they were recorded.
    """
    try:
        return pd.read_parquet(run.folder / LEARNED_FILE)[[*HASHES, "learned"]]
    except (OSError, ValueError, KeyError):
        return None


def near_copies(rows: pd.DataFrame, learned: pd.DataFrame) -> np.ndarray:
    """Which photos are near or mirrored copies of learned ones, `bool`, shape `(rows,)`.

    Args:
        rows: Photos that are not among the learned ones; columns as those.
        learned: As `learned_photos` gives them.
    """
    groups = duplicate_groups(pd.concat([learned[HASHES], rows[HASHES]], ignore_index=True))
    return np.isin(groups[len(learned) :], groups[: len(learned)])
