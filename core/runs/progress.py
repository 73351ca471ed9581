"""How far a training is: what it reports, and the small file through which pages and the worker see it."""

import contextlib
import json
import math
import os
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from core.files import read_json
from core.process_identity import ProcessIdentity
from core.records import from_json

PROGRESS_FILE = "progress.json"
_SECONDS_BETWEEN_WRITES = 0.25


@dataclass(frozen=True)
class Progress:
    """What a training says of itself; it should say something at least every 30 seconds.

    Attributes:
        stage: What it is doing, in a word or two, such as `index`, `embed`, `fit`, `evaluate`, `export`.
        done: Steps of this stage that are done, over all its epochs.
        total: Steps of this stage; 0 if nobody knows.
        epoch: Epochs that are done.
        epochs: Epochs at most; 0 outside of fitting.
        metrics: Latest `loss`, `accuracy`, `val_loss`, `val_accuracy`.
        eta_seconds: Expected seconds to the end; `None` if unknown.
    """

    stage: str
    done: int = 0
    total: int = 0
    epoch: int = 0
    epochs: int = 0
    metrics: dict[str, float] = field(default_factory=dict)
    eta_seconds: float | None = None

    @property
    def fraction(self) -> float:
        """Share of the stage that is done, 0-1."""
        return min(1.0, max(0.0, self.done / self.total)) if self.total > 0 else 0.0


@dataclass(frozen=True)
class Heartbeat:
    """The last sign of life of a training.

    Attributes:
        progress: What it said.
        at: When, in seconds since 1970.
        process: Who said it.
    """

    progress: Progress
    at: float
    process: ProcessIdentity


class ProgressFile:
    """A callback that keeps `progress.json` of a run folder up to date, at most four times a second.

    The first report of a stage and the last step are always written. When the folder is gone, because the run
    was published, reports are dropped.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._process = ProcessIdentity.of()
        self._stage: str | None = None
        self._written_at = -math.inf
        self(Progress(stage="start"))

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        is_landmark = progress.stage != self._stage or 0 < progress.total <= progress.done
        if not is_landmark and now - self._written_at < _SECONDS_BETWEEN_WRITES:
            return
        self._stage, self._written_at = progress.stage, now
        # JSON has no NaN: a loss that left the numbers is left out.
        metrics = {name: float(value) for name, value in progress.metrics.items() if math.isfinite(value)}
        shown = asdict(replace(progress, metrics=metrics))
        note(self._folder / PROGRESS_FILE, {**shown, "at": time.time(), "process": asdict(self._process)})


def read_progress(folder: Path) -> Heartbeat | None:
    """The last report in a run folder; `None` if there is none or it cannot be read."""
    try:
        content = read_json(folder / PROGRESS_FILE)
        last = {"at": content.pop("at"), "process": content.pop("process")}
        return from_json(Heartbeat, {"progress": content, **last})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def note(path: Path, content: object) -> None:
    """Replaces a small JSON file of a live run in one step; does nothing when its folder is gone.

    Not `files.write_json`: that would make the folder of a run anew that was published a moment ago, and four
    fsyncs a second for what nobody needs after a power cut would slow the training.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    with contextlib.suppress(FileNotFoundError, PermissionError):  # on Windows somebody may be reading it
        temporary.write_text(json.dumps(content, allow_nan=False), encoding="utf-8")
        os.replace(temporary, path)
