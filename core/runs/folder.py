"""The run folder: what a training leaves behind explains itself and can be checked."""

import re
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.errors import ConfigError, RunInvalidError
from core.files import read_json, sha256_of, tail
from core.metrics import EvaluationResult, Labels
from core.records import from_json
from core.runs.config import TrainingConfig
from core.runs.contents import Calibration, DatasetReference, SubjectThreshold

if TYPE_CHECKING:  # 70 MiB that a server which only predicts does not need
    import pandas as pd

SCHEMA_VERSION = 1
HISTORY_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy")
RUN_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
LIVE_STATES: tuple[State, ...] = ("queued", "running")


@dataclass(frozen=True)
class Run:
    """One training and all it left behind.

    Attributes:
        run_id: Name of the folder; grammar `RUN_ID`.
        folder: Where it lies; a live run lies in a staging folder.
        state: The last two are its end, like `succeeded`.
        config: What was asked for.
        dataset: Which photos and label decisions.
        created_at: ISO 8601, UTC.
        class_names: In the order of the network's outputs; empty until training began.
        image_size: `(height, width)` in pixels.
        labels: `given` or `reviewed`: what it was trained on.
        subject: How to read the out-of-distribution score; `None` if the network gives none.
        uncertain_below: Predictions with a lower probability are marked uncertain.
        calibration: How far the probabilities can be relied on; `None` if nothing was fitted.
        seconds: Training time.
        versions: Versions of the libraries that wrote the files.
        message: Why the run failed or was cancelled; of a succeeded one what it left out or cannot measure.
        files: sha256 by file name.
    """

    run_id: str
    folder: Path
    state: State
    config: TrainingConfig
    dataset: DatasetReference
    created_at: str
    class_names: tuple[str, ...] = ()
    image_size: tuple[int, int] = (0, 0)
    labels: Labels = "given"
    subject: SubjectThreshold | None = None
    uncertain_below: float = 0.0
    calibration: Calibration | None = None
    seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    message: str = ""
    files: dict[str, str] = field(default_factory=dict)

    @property
    def history(self) -> "pd.DataFrame":
        """One row an epoch, `HISTORY_COLUMNS`; empty if nothing is there."""
        import pandas as pd

        try:
            return pd.read_csv(self.folder / "history.csv")
        except (OSError, pd.errors.EmptyDataError):
            return pd.DataFrame(columns=HISTORY_COLUMNS)

    @cached_property
    def evaluation(self) -> dict[str, EvaluationResult]:
        """Evaluation results by split; empty if the run was not evaluated or the file is damaged."""
        try:
            return from_json(dict[str, EvaluationResult], read_json(self.folder / "evaluation.json"))
        except (OSError, ValueError, TypeError):
            return {}

    @cached_property
    def predictions(self) -> "pd.DataFrame":
        """One row a photo of the evaluated splits; empty if the run was not evaluated."""
        import pandas as pd

        try:
            return pd.read_parquet(self.folder / "predictions.parquet")
        except (OSError, ValueError):
            return pd.DataFrame()

    def log_tail(self, num_bytes: int = 65_536) -> str:
        """The end of the log, at most `num_bytes`."""
        return tail(self.folder / "log.txt", num_bytes)

    def verify(self) -> None:
        """Compares every file with its recorded hash.

        Raises:
            RunInvalidError: If a file is missing or changed.
        """
        for name, expected in self.files.items():
            path = self.folder / name
            if not path.is_file() or sha256_of(path) != expected:
                raise RunInvalidError(
                    f"The file {name} of run {self.run_id} is missing or changed since it was written. "
                    "Restore the folder or train again."
                )

    def as_dict(self) -> dict[str, Any]:
        """What `run.json` holds."""
        content = asdict(self)
        del content["folder"]
        return {"schema_version": SCHEMA_VERSION, **content}


def read_run(folder: Path) -> Run:
    """Reads `run.json` of a folder.

    Raises:
        RunInvalidError: If it is missing, not readable, or written by another schema version.
    """
    try:
        content = read_json(folder / "run.json")
        version = content.pop("schema_version")
        if version != SCHEMA_VERSION:
            raise RunInvalidError(
                f"The run {folder.name} has schema version {version}, this Tuskscope reads {SCHEMA_VERSION}. "
                "Train it again."
            )
        if not RUN_ID.fullmatch(content["run_id"]):
            raise ValueError("run_id")
        return from_json(Run, {**content, "folder": folder})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ConfigError) as error:
        raise RunInvalidError(
            f"The run {folder.name} has no readable run.json. Restore the folder or train again."
        ) from error
