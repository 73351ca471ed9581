"""The learning curve on disk, readable by other processes while training runs."""

import os
from pathlib import Path

COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy")


class HistoryFile:
    """Appends one row an epoch to `history.csv` and flushes it.

    Args:
        folder: The run's staging folder.
    """

    def __init__(self, folder: Path):
        self._file = (folder / "history.csv").open("w", encoding="utf-8", newline="")
        self._file.write(",".join(COLUMNS) + "\n")

    def append(self, row: dict[str, float]) -> None:
        """Writes a row; a column that `row` lacks stays empty."""
        self._file.write(",".join(_text(row.get(name)) for name in COLUMNS) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
