"""What a training says while it runs: progress for listeners, log lines, the learning curve."""

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from core.runs.folder import HISTORY_COLUMNS, Run
from core.runs.progress import Progress, ProgressFile

Listener = Callable[[Progress], None]


class Report(Protocol):
    """What a recipe is given to say how far it is."""

    def __call__(self, stage: str, done: int, total: int, figures: Mapping[str, float] | None = None) -> None:
        """Takes the steps of a stage that are done, and after an epoch its figures: `HISTORY_COLUMNS`, or some."""


class Reporter:
    """Turns reports into progress, log lines and a row an epoch in `history.csv`, which others read meanwhile."""

    def __init__(self, run: Run, listener: Listener | None):
        self._listeners: list[Listener] = [ProgressFile(run.folder), *([listener] if listener else [])]
        self._epochs = run.config.epochs
        self._log = (run.folder / "log.txt").open("a", encoding="utf-8", buffering=1)
        self._history = (run.folder / "history.csv").open("w", encoding="utf-8", newline="", buffering=1)
        self._history.write(",".join(HISTORY_COLUMNS) + "\n")
        self._stage, self._since, self._epoch = "", time.monotonic(), 0
        self._metrics: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int, figures: Mapping[str, float] | None = None) -> None:
        if stage != self._stage:
            self._stage, self._since = stage, time.monotonic()
            self.log(stage)
        if figures:
            self._epoch = int(figures["epoch"])
            self._metrics = {name: value for name, value in figures.items() if name != "epoch"}
            texts = (f"{figures[name]:.6g}" if name in figures else "" for name in HISTORY_COLUMNS)
            self._history.write(",".join(texts) + "\n")
            numbers = ", ".join(f"{name} {value:.4f}" for name, value in self._metrics.items())
            self.log(f"epoch {self._epoch}/{self._epochs}: {numbers}")
        left = self._seconds_left(done / max(total, 1))
        progress = Progress(stage, done, total, self._epoch, self._epochs, self._metrics, left)
        for listener in self._listeners:
            listener(progress)

    def log(self, text: str) -> None:
        """Writes a line with the time of day."""
        self._log.write(f"{time.strftime('%H:%M:%S')} {text}\n")

    def close(self) -> None:
        """Closes the files; what was reported is in them."""
        self._history.close()
        self._log.close()

    def _seconds_left(self, share: float) -> float | None:
        """Of this stage, from the pace so far."""
        passed = time.monotonic() - self._since
        return passed / share * (1 - share) if share > 0 and passed > 1 else None
