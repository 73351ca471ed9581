"""The shapes of JSON answers; those of core's light dataclasses are taken from the dataclasses themselves."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from api.openapi.run_answers import RUN_ANSWERS
from api.openapi.statistics_answers import DatasetStatistics
from core.dataset.overlay import Decision

REF = "#/components/schemas/{model}"
Counts = dict[str, dict[str, int]]


class Explanation(BaseModel):
    """Where a picture speaks for its predicted class."""

    class_name: str = Field(alias="class")
    method: str
    heatmap: list[list[float]] = Field(description="Rows from top to bottom, 0 to 1; at most 64 values a side.")


class Prediction(BaseModel):
    """What the run says of one picture; all values but `path`, `run_id` and `error` are null if it is bad."""

    path: str = Field(description="`image-1`, `image-2`, … in the order of the request.")
    label: str | None = Field(description="The most probable class.")
    probability: float | None = Field(description="Of `label`, 0 to 1.")
    probabilities: dict[str, float] | None = Field(description="By class; with `top` the most probable only.")
    subject_score: float | None = Field(description="Evidence that the picture shows the subject at all, 0 to 1.")
    is_subject: bool | None = Field(description="Null if the run cannot tell.")
    uncertain: bool | None = Field(description="True asks for a person.")
    run_id: str
    error: str | None = Field(description="One sentence if the picture is bad.")


class ExplainedPrediction(Prediction):
    """A prediction; `explanation` is there only if `explain` asked for it."""

    explanation: Explanation = None


class Predictions(BaseModel):
    """One record a picture, in order."""

    run_id: str
    predictions: list[ExplainedPrediction]


class ExplanationNumbers(BaseModel):
    """A heat map as numbers, with what was measured of it."""

    run_id: str
    class_name: str = Field(alias="class")
    method: str
    label: str
    probabilities: dict[str, float]
    image_size: list[int] = Field(description="Height and width of the picture in pixels.")
    heatmap: list[list[float]]
    trust: dict[str, Any] | None


class DatasetName(BaseModel):
    """One folder of photos."""

    name: str


class Datasets(BaseModel):
    """All datasets by name."""

    datasets: list[DatasetName]


class Dataset(BaseModel):
    """What the index knows of a dataset."""

    dataset: str
    class_names: list[str]
    fingerprint: str = Field(description="Changes whenever a photo, a label or a split changes.")
    num_photos: int = Field(description="Usable ones.")
    num_problems: int = Field(description="Files that are not usable.")
    num_decided: int = Field(description="Photos that somebody decided about.")
    is_plain: bool = Field(description="The folder has no split folders.")
    counts: Counts = Field(description="Split, class, number of usable photos.")


class Photo(BaseModel):
    """One row of the index."""

    path: str
    label: str
    split: str
    width: int
    height: int
    bytes: int
    sha256: str
    brightness: float
    sharpness: float
    problem: str = Field(description="Empty if the photo is usable.")


class Photos(BaseModel):
    """A part of the index."""

    dataset: str
    total: int
    photos: list[Photo]


class Suspect(BaseModel):
    """A photo whose label looks wrong."""

    path: str
    given_label: str
    suggested_label: str
    score: float
    reason: str
    split: str


class Suspects(BaseModel):
    """The most suspicious photos that nobody decided about."""

    dataset: str
    total: int
    decided: int
    suspects: list[Suspect]


class Decisions(BaseModel):
    """The decisions that count."""

    dataset: str
    total: int
    decisions: list[Decision]


class DecisionMade(BaseModel):
    """The decision as it is on disk now."""

    decision: Decision


class Live(BaseModel):
    """The process answers."""

    status: Literal["live"]


class Ready(BaseModel):
    """A run predicts."""

    status: Literal["ready", "degraded"]
    run_id: str


class Problem(BaseModel):
    """RFC 9457: what is wrong and what to do."""

    type: str = Field(description="urn:tuskscope:problem:…", examples=["urn:tuskscope:problem:not-an-image"])
    title: str
    status: int
    detail: str
    instance: str = Field(description="The request id, as in the header X-Request-ID and in the server's log.")


class CompatibleError(BaseModel):
    """The error of TensorFlow Serving and of the Open Inference Protocol."""

    error: str


ANSWERS = (
    Predictions,
    ExplanationNumbers,
    Datasets,
    Dataset,
    DatasetStatistics,
    Photos,
    Suspects,
    Decisions,
    DecisionMade,
    Live,
    Ready,
    Problem,
    CompatibleError,
    *RUN_ANSWERS,
)


def schemas() -> dict[str, dict]:
    """JSON Schemas of all answers by name, as components of an OpenAPI document."""
    _, models = models_json_schema([(model, "serialization") for model in ANSWERS], by_alias=True, ref_template=REF)
    del models["$defs"]["ExplainedPrediction"]["properties"]["explanation"]["default"]  # it is left out, never null
    return models["$defs"]
