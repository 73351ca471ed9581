"""What a training says while it runs: progress for listeners, log lines, the learning curve."""

import time
from collections.abc import Callable

from core.runs.folder import Run
from core.runs.history import HistoryFile
from core.runs.progress import Progress, ProgressFile

Listener = Callable[[Progress], None]


class Reporter:
    """Turns a recipe's reports into progress, log lines and the history file."""

    def __init__(self, run: Run, listener: Listener | None):
        self._listener = listener
        self._epochs = run.config.epochs
        self._file = ProgressFile(run.folder)
        self._history = HistoryFile(run.folder)
        self._log = (run.folder / "log.txt").open("a", encoding="utf-8")
        self._stage, self._since, self._epoch, self._metrics = "", time.monotonic(), 0, {}

    def __call__(self, stage: str, done: int, total: int, row: dict[str, float] | None = None) -> None:
        if stage != self._stage:
            self._stage, self._since = stage, time.monotonic()
            self.log(stage)
        if row:
            self._epoch, self._metrics = int(row["epoch"]), {key: row[key] for key in row if key != "epoch"}
            self._history.append(row)
            numbers = ", ".join(f"{key} {value:.4f}" for key, value in self._metrics.items())
            self.log(f"epoch {self._epoch}/{self._epochs}: {numbers}")
        progress = Progress(
            stage=stage,
            done=done,
            total=total,
            epoch=self._epoch,
            epochs=self._epochs,
            metrics=self._metrics,
            eta_seconds=self._eta(done, total),
        )
        self._file(progress)
        if self._listener:
            self._listener(progress)

    def close(self) -> None:
        self._history.close()
        self._log.close()

    def _eta(self, done: int, total: int) -> float | None:
        """Seconds left of this stage, from the pace so far."""
        share = done / max(total, 1)
        passed = time.monotonic() - self._since
        return passed / share * (1 - share) if share > 0 and passed > 1 else None

    def log(self, text: str) -> None:
        """Writes a line with the time of day."""
        self._log.write(f"{time.strftime('%H:%M:%S')} {text}\n")
        self._log.flush()
