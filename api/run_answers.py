"""The shapes of JSON answers about runs."""

from typing import Any, Literal

from typing_extensions import TypedDict

from core.runs.config import TrainingConfig
from core.runs.folder import State


class RunLine(TypedDict):
    """A run in the list."""

    run_id: str
    state: State
    created_at: str
    labels: str
    class_names: list[str]
    seconds: float
    message: str
    preset: str
    active: bool


class Runs(TypedDict):
    """Runs, newest first."""

    active: str | None
    total: int
    runs: list[RunLine]


class Job(TypedDict):
    """How far a training is."""

    run_id: str
    state: State
    stage: str
    fraction: float
    epoch: int
    epochs: int
    eta_seconds: float | None
    message: str
    queue_position: int | None
    started_at: str | None
    metrics: dict[str, float | None]


class JobAnswer(TypedDict):
    """A run and its job."""

    run_id: str
    job: Job


class Run(TypedDict):
    """What is known of a run."""

    schema_version: int
    run_id: str
    state: State
    dataset: dict[str, Any]
    created_at: str
    class_names: list[str]
    image_size: list[int]
    labels: str
    subject: dict[str, Any] | None
    uncertain_below: float
    seconds: float
    versions: dict[str, str]
    message: str
    files: dict[str, str]
    config: TrainingConfig
    active: bool
    evaluation: dict[str, dict[str, Any]]
    job: Job | None


class Evaluation(TypedDict):
    """Everything that was measured, by split."""

    run_id: str
    evaluation: dict[str, dict[str, Any]]


class HistoryRow(TypedDict):
    """One epoch; null where nothing was measured."""

    epoch: int | None
    loss: float | None
    accuracy: float | None
    val_loss: float | None
    val_accuracy: float | None


class History(TypedDict):
    """The learning curve."""

    run_id: str
    history: list[HistoryRow]


class Promotion(TypedDict):
    """A change of the served run."""

    action: Literal["promote", "rollback"]
    run_id: str
    at: str


class Promotions(TypedDict):
    """Changes of the served run, the latest first."""

    active: str | None
    total: int
    promotions: list[Promotion]


class Served(TypedDict):
    """The run that is served now."""

    active: str
