"""The shapes of JSON answers about runs."""

from typing import Any, Literal

from pydantic import BaseModel

from core.runs.config import TrainingConfig


class RunLine(BaseModel):
    """A run in the list."""

    run_id: str
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    created_at: str
    labels: str
    class_names: list[str]
    seconds: float
    message: str
    preset: str
    active: bool


class Runs(BaseModel):
    """Runs, newest first."""

    active: str | None
    total: int
    runs: list[RunLine]


class Job(BaseModel):
    """How far a training is."""

    run_id: str
    state: str
    stage: str = ""
    fraction: float = 0.0
    epoch: int = 0
    epochs: int = 0
    eta_seconds: float | None = None
    message: str = ""
    queue_position: int | None = None
    started_at: str | None = None
    metrics: dict[str, float | None] = {}


class JobAnswer(BaseModel):
    """A run and its job."""

    run_id: str
    job: Job


class Run(BaseModel):
    """What is known of a run."""

    schema_version: int
    run_id: str
    state: str
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


class Evaluation(BaseModel):
    """Everything that was measured, by split."""

    run_id: str
    evaluation: dict[str, dict[str, Any]]


class HistoryRow(BaseModel):
    """One epoch; null where nothing was measured."""

    epoch: int | None
    loss: float | None
    accuracy: float | None
    val_loss: float | None
    val_accuracy: float | None


class History(BaseModel):
    """The learning curve."""

    run_id: str
    history: list[HistoryRow]


class Promotion(BaseModel):
    """A change of the served run."""

    action: Literal["promote", "rollback"]
    run_id: str
    at: str


class Promotions(BaseModel):
    """Changes of the served run, the latest first."""

    active: str | None
    total: int
    promotions: list[Promotion]


class Served(BaseModel):
    """The run that is served now."""

    active: str


RUN_ANSWERS = (Runs, JobAnswer, Run, Evaluation, History, Promotions, Served)
