"""How far a training from scratch has come, on disk: it goes on from there when its process was killed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.cache import as_arrays, store, stored
from core.runs.folder import HISTORY_COLUMNS


@dataclass(frozen=True)
class Reached:
    """The state after an epoch.

    Attributes:
        rows: One an epoch, as they were reported.
        weights: Of the network, as `get_weights` gives them.
        optimizer: Its variables.
        best: Weights of the best epoch; empty without early stopping.
        best_epoch: Which one, from 0.
        stopped: Whether early stopping ended it.
    """

    rows: list[dict[str, float]]
    weights: list[np.ndarray]
    optimizer: list[np.ndarray]
    best: list[np.ndarray]
    best_epoch: int = 0
    stopped: bool = False


@dataclass(frozen=True)
class Checkpoint:
    """Where the state is kept: one file, replaced in one step.

    Attributes:
        file: Its place.
        key: Changes with the settings and the photos; a state of another key is not gone on from.
    """

    file: Path
    key: str

    def load(self) -> Reached | None:
        """The last state; `None` if there is none, or it is damaged or of another key."""
        found = stored(as_arrays(self.file), self.key)
        if found is None:
            return None
        rows = [
            {"epoch": int(row[0])}
            | {name: float(value) for name, value in zip(HISTORY_COLUMNS[1:], row[1:], strict=True) if value == value}
            for row in found["rows"]  # NaN is what a row has not: it is not equal to itself
        ]
        best_epoch, stopped = (int(value) for value in found["stopping"])
        weights, optimizer, best = (_list(found, name) for name in _LISTS)
        return Reached(rows, weights, optimizer, best, best_epoch, bool(stopped))

    def save(self, reached: Reached) -> None:
        """Keeps a state; a disk that takes none only means that less can be gone on from."""
        rows = [[row.get(name, np.nan) for name in HISTORY_COLUMNS] for row in reached.rows]
        arrays = {"rows": np.array(rows), "stopping": np.array([reached.best_epoch, reached.stopped])}
        for name in _LISTS:
            arrays |= {f"{name}{number}": value for number, value in enumerate(getattr(reached, name))}
        store(as_arrays(self.file), self.key, arrays)


_LISTS = ("weights", "optimizer", "best")


def _list(arrays: Mapping[str, np.ndarray], name: str) -> list[np.ndarray]:
    return [arrays[f"{name}{number}"] for number in range(sum(key.startswith(name) for key in arrays))]
