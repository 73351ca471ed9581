"""The run folder: what a training leaves behind explains itself and can be checked."""

import hashlib
import re
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.dataset.framing import Framing
from core.errors import ConfigError, RunInvalidError
from core.files import known_sha256, read_json, tail
from core.metrics import EvaluationResult, Labels
from core.records import from_json
from core.runs.config import TrainingConfig
from core.runs.contents import Calibration, DatasetReference, SubjectThreshold

if TYPE_CHECKING:  # 70 MiB that a server which only predicts does not need
    import pandas as pd

SCHEMA_VERSION = 1
HISTORY_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy")
RUN_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
STAGING_PREFIX = ".staging-"
SERVED_FILE = "model.tflite"
State = Literal["queued", "running", "succeeded", "failed", "cancelled", "damaged"]
LIVE_STATES: tuple[State, ...] = ("queued", "running")


@dataclass(frozen=True)
class Run:
    """One training and all it left behind.

    Attributes:
        run_id: Name of the folder; grammar `RUN_ID`.
        folder: Where it lies; a live run lies in a staging folder.
        state: The last three are its end, like `succeeded`; `damaged` stands for a folder that cannot be used.
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
        message: Why the run failed, was cancelled or is damaged; of a succeeded one what it left out or cannot measure.
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
    def framing(self) -> Framing:
        """What its network sees of a photo."""
        return self.config.framing

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

    def verify(self, *names: str) -> None:
        """Compares files with their recorded hashes, all of them by default.

        Raises:
            RunInvalidError: If a file is missing or changed, or was never recorded.
        """
        for name in names or self.files:
            path = self.folder / name
            try:
                is_sound = path.is_file() and known_sha256(path) == self.files.get(name)
            except OSError:
                is_sound = False
            if not is_sound:
                raise self._changed(name)

    def _changed(self, name: str) -> RunInvalidError:
        return RunInvalidError(
            self.message
            if self.state == "damaged"
            else f"The file {name} of run {self.run_id} is missing or changed since it was written. Restore the folder "
            "or train again."
        )

    def network(self) -> bytes:
        """The content of its network, the very bytes that were trained; those of a live run are not recorded yet.

        Raises:
            RunInvalidError: If they are not there or changed.
        """
        try:
            content = (self.folder / SERVED_FILE).read_bytes()
        except OSError:
            raise self._changed(SERVED_FILE) from None
        if self.state not in LIVE_STATES and hashlib.sha256(content).hexdigest() != self.files.get(SERVED_FILE):
            raise self._changed(SERVED_FILE)
        return content

    def checked(self) -> "Run":
        """The run, or, if its network is not the one that was trained, the same run as `damaged`."""
        try:
            if self.state == "succeeded":
                self.verify(SERVED_FILE)
            return self
        except RunInvalidError as error:
            return replace(self, state="damaged", message=str(error))

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
    name = folder.name.removeprefix(STAGING_PREFIX)
    try:
        content = read_json(folder / "run.json")
        if not isinstance(content, dict):
            raise ValueError("it holds no object")
        version = content.pop("schema_version")
        if version != SCHEMA_VERSION:
            raise RunInvalidError(
                f"The run {name} has schema version {version}, this Tuskscope reads {SCHEMA_VERSION}. Train it again."
            )
        run = from_json(Run, {**content, "folder": folder})
        if run.run_id != name:
            raise ValueError(f"it is that of another run, {run.run_id!r:.80}")
        if run.state == "damaged" or len(set(run.class_names)) < len(run.class_names):
            raise ValueError("its state or its class names cannot be")
        return run
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
    except KeyError as error:
        reason = f"{error} is missing"
    except (ValueError, TypeError, ConfigError) as error:
        reason = str(error).rpartition("__init__() ")[2]  # of a field too many or too few
    reason = " ".join(reason.split()).rstrip(".")
    raise RunInvalidError(f"The run {name} has no readable run.json ({reason}). Restore the folder or train again.")


def read_any_run(folder: Path) -> Run:
    """As `read_run`, but a damaged folder becomes a `damaged_run`."""
    try:
        return read_run(folder)
    except RunInvalidError as error:
        return damaged_run(folder, str(error))


def damaged_run(folder: Path, message: str) -> Run:
    """What stands in a list for a folder that is no usable run: id, folder and message are true, the rest is empty."""
    run_id = folder.name.removeprefix(STAGING_PREFIX)
    nothing = TrainingConfig(preset="", network="cnn"), DatasetReference("", "")
    return Run(run_id, folder, "damaged", *nothing, created_at="", message=message)
