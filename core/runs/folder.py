"""The run folder: what a training leaves behind explains itself and can be checked."""

import json
import re
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from core.errors import RunInvalidError
from core.files import sha256_of
from core.runs.config import TrainingConfig

if TYPE_CHECKING:  # 70 MiB that a server which only predicts does not need
    import pandas as pd

SCHEMA_VERSION = 1
RUN_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
STATES: tuple[State, ...] = get_args(State)
LIVE_STATES: tuple[State, ...] = ("queued", "running")


@dataclass(frozen=True)
class Run:
    """One training and all it left behind.

    Attributes:
        run_id: Name of the folder; grammar `RUN_ID`.
        folder: Where it lies; a live run lies in a staging folder.
        state: One of `STATES`.
        config: What was asked for.
        dataset: `name`, `folder`, `fingerprint`, `num_photos` to learn from (not test) and the label `decisions` used.
        created_at: ISO 8601, UTC.
        class_names: In the order of the network's outputs; empty until training began.
        image_size: `(height, width)` in pixels.
        labels: `given` or `reviewed`: what it was trained on.
        subject: How to read the subject score: `threshold` in 0-1, and what it came from; `None` if there is none.
        uncertain_below: Predictions with a lower probability are marked uncertain.
        calibration: See `core.training.calibration.Calibration`; `None` if nothing was fitted.
        seconds: Training time.
        versions: Versions of the libraries that wrote the files.
        message: One sentence when the run failed or was cancelled.
        files: sha256 by file name.
    """

    run_id: str
    folder: Path
    state: State
    config: TrainingConfig
    dataset: dict[str, Any]
    created_at: str
    class_names: tuple[str, ...] = ()
    image_size: tuple[int, int] = (0, 0)
    labels: str = "given"
    subject: dict[str, Any] | None = None
    uncertain_below: float = 0.0
    calibration: dict[str, Any] | None = None
    seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    message: str = ""
    files: dict[str, str] = field(default_factory=dict)

    @property
    def history(self) -> "pd.DataFrame":
        """One row an epoch: `epoch`, `loss`, `accuracy`, `val_loss`, `val_accuracy`; empty if nothing is there."""
        import pandas as pd

        try:
            return pd.read_csv(self.folder / "history.csv")
        except (OSError, pd.errors.EmptyDataError):
            return pd.DataFrame(columns=["epoch", "loss", "accuracy", "val_loss", "val_accuracy"])

    @cached_property
    def evaluation(self) -> dict[str, dict]:
        """Evaluation results by split, as `EvaluationResult.as_dict` wrote them."""
        try:
            return json.loads((self.folder / "evaluation.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
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
        try:
            with (self.folder / "log.txt").open("rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - num_bytes))
                return file.read().decode("utf-8", errors="replace")
        except OSError:
            return ""

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
        content = {key: value for key, value in asdict(self).items() if key not in ("folder", "config", "image_size")}
        return {
            "schema_version": SCHEMA_VERSION,
            **content,
            "class_names": list(self.class_names),
            "image_size": list(self.image_size),
            "config": self.config.as_dict(),
        }


def read_run(folder: Path) -> Run:
    """Reads `run.json` of a folder.

    Raises:
        RunInvalidError: If it is missing, not readable, or written by another schema version.
    """
    try:
        content = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        version = content.pop("schema_version")
        if version != SCHEMA_VERSION:
            raise RunInvalidError(
                f"The run {folder.name} has schema version {version}, this Tuskscope reads {SCHEMA_VERSION}. "
                "Train it again."
            )
        if content["state"] not in STATES or not RUN_ID.fullmatch(content["run_id"]):
            raise ValueError("state or run_id")
        return Run(
            **{
                **content,
                "folder": folder,
                "class_names": tuple(content["class_names"]),
                "image_size": tuple(content["image_size"]),
                "config": TrainingConfig.from_dict(content["config"]),
            }
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunInvalidError(
            f"The run {folder.name} has no readable run.json. Restore the folder or train again."
        ) from error
