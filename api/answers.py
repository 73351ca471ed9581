"""The shapes of JSON answers (those about runs: `run_answers`): return types of the routes, and so of /openapi.json."""

from typing import (
    Any,
    Literal,
    NotRequired,  # pydantic reads those of `typing` from Python 3.12 on only
)

from typing_extensions import TypedDict

from core.dataset.overlay import Decision
from core.metrics.intervals import Measured

_Explained = TypedDict("_Explained", {"class": str})  # a class body cannot name a field `class`


class Explanation(_Explained):
    """Where in a picture the evidence for its predicted class is."""

    method: str
    heatmap: list[list[float]]
    """Rows from top to bottom, 0 to 1; at most 64 values a side."""


class ExplainedPrediction(TypedDict):
    """What the run says of one picture; all values but `path`, `run_id` and `error` are null if it is bad."""

    path: str
    """The file name that the form gave, or `image-1`, `image-2`, … in the order of the request."""
    answer: str | None
    """What to count the picture as: a class, `not sure` or `not the subject`."""
    label: str | None
    """The most probable class."""
    probability: float | None
    """Of `label`, 0 to 1."""
    probabilities: dict[str, float] | None
    """By class; with `top` the most probable only."""
    subject_score: float | None
    """Evidence that the picture shows the subject at all, 0 to 1."""
    is_subject: bool | None
    """Null if the run cannot tell."""
    uncertain: bool | None
    """True asks for a person."""
    run_id: str
    error: str | None
    """One sentence if the picture is bad."""
    prediction_set: NotRequired[list[str]]
    """Only if `sets` asked for it: the classes it may be, the most probable first; missing if the picture is bad."""
    explanation: NotRequired[Explanation]
    """Only if `explain` asked for it."""


class Predictions(TypedDict):
    """One record a picture, in order."""

    run_id: str
    predictions: list[ExplainedPrediction]


class ExplanationNumbers(_Explained):
    """A heat map as numbers, with what was measured of it."""

    run_id: str
    method: str
    label: str
    probabilities: dict[str, float]
    image_size: list[int]
    """Height and width of the picture in pixels."""
    heatmap: list[list[float]]
    trust: dict[str, Any] | None


class DatasetName(TypedDict):
    """One folder of photos."""

    name: str


class Datasets(TypedDict):
    """All datasets by name."""

    datasets: list[DatasetName]


class Dataset(TypedDict):
    """What the index knows of a dataset."""

    dataset: str
    class_names: list[str]
    fingerprint: str
    """Changes whenever a photo, a label or a split changes."""
    num_photos: int
    """Usable ones."""
    num_problems: int
    """Files that are not usable."""
    num_decided: int
    """Photos that somebody decided about."""
    num_unfit: int
    """Decisions that fit no photo or no class as the folder is now; `python -m core decisions check` says why."""
    is_plain: bool
    """The folder has no split folders."""
    notes: list[str]
    """What was left out, with counts, or taken for something else than its name says."""
    counts: dict[str, dict[str, int]]
    """Split, class, number of usable photos."""


class Photo(TypedDict):
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
    problem: str
    """Empty if the photo is usable."""


class Photos(TypedDict):
    """A part of the index."""

    dataset: str
    total: int
    photos: list[Photo]


class Suspect(TypedDict):
    """A photo whose label looks wrong."""

    path: str
    given_label: str
    suggested_label: str
    score: float
    reason: str
    split: str


class Suspects(TypedDict):
    """The most suspicious photos that nobody decided about."""

    dataset: str
    suspicious: int
    """Photos that something is wrong with and that nobody decided about, as on the pages and the model card."""
    total: int
    """All ranked photos that nobody decided about."""
    decided: int
    suspects: list[Suspect]


class Decisions(TypedDict):
    """The decisions that count."""

    dataset: str
    total: int
    decisions: list[Decision]


class DecisionMade(TypedDict):
    """The decision as it is on disk now."""

    decision: Decision


class DecisionsMade(TypedDict):
    """The decisions as they are on disk now, in the order of the paths."""

    decisions: list[Decision]


class ClassNames(TypedDict):
    """The classes of a dataset."""

    dataset: str
    class_names: list[str]


class NextPhoto(TypedDict):
    """A photo that nobody has labelled."""

    path: str
    sha256: str
    why: Literal["test", "spread", "unsure", "random"]
    """Drawn for the honest test, unlike all that is labelled, doubtful to the model, or drawn at random."""
    suggestion: str
    """The class that the model takes it for; empty while there is no model."""
    probability: float | None
    """Of the suggestion, 0 to 1."""


class NextPhotos(TypedDict):
    """The photos to label next, and how far the labelling is."""

    dataset: str
    class_names: list[str]
    labelled: int
    excluded: int
    """Photos that somebody answered are not the subject, or cannot be told."""
    left: int
    test: int
    """Labelled photos that no model learns from: the honest test."""
    accuracy: Measured | None
    """On the honest test; null until there is enough."""
    verdict: Literal["begin", "test", "more", "enough"]
    sentence: str
    """What more labels would probably bring."""
    photos: list[NextPhoto]


class MappedPhoto(TypedDict):
    """A place on the map."""

    path: str
    x: float
    y: float
    label: str
    split: str


class PhotoMap(TypedDict):
    """The photos on a plane."""

    dataset: str
    photos: list[MappedPhoto]


class Live(TypedDict):
    """The process answers."""

    status: Literal["live"]


class Ready(TypedDict):
    """A run predicts."""

    status: Literal["ready", "degraded"]
    run_id: str
    """The run that answers."""
    reason: NotRequired[str]
    """Only if degraded: what is wrong with the run that should answer."""


class Problem(TypedDict):
    """RFC 9457: what is wrong and what to do."""

    type: str
    """Such as urn:tuskscope:problem:not-an-image."""
    title: str
    status: int
    detail: str
    instance: str
    """The request id, as in the header X-Request-ID and in the server's log."""


class CompatibleError(TypedDict):
    """The error of TensorFlow Serving and of the Open Inference Protocol."""

    error: str
