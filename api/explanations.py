"""Which pixels spoke for a class: the picture with its heat map, the bare map, or the map with its trust numbers."""

import io
import os
from dataclasses import dataclass
from urllib.parse import quote

import numpy as np
from apiflask import APIBlueprint
from flask import Response, current_app, jsonify, request
from PIL import Image

from api.answers import ExplanationNumbers
from api.inputs import Parameter, accepts, image_files, number, text_fields, whole
from api.limits import Turn, admitted
from api.openapi.describe import Described, picture_bodies
from api.served import served_predictor
from core.dataset.images import resize
from core.errors import MethodUnavailableError
from core.explanation.faithfulness import Faithfulness, measure_faithfulness
from core.explanation.heatmap import Explanation, explain
from core.explanation.methods import ALL as ALL_METHODS
from core.explanation.methods import NEEDS_TENSORFLOW
from core.explanation.overlay import encode_png, overlay
from core.prediction.predictor import Prediction, Predictor

explanations = APIBlueprint("explanations", __name__)

METHODS = tuple(name for name in ALL_METHODS if name not in NEEDS_TENSORFLOW)
FORMATS = {"png": "image/png", "json": "application/json", "npy": "application/x-npy"}
JSON_SIZE = 64  # pixels of the longer side: a map as numbers is long, and a smooth one loses nothing
OPACITY = {"type": "string", "pattern": r"^0{0,3}(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$", "default": "0.5"}
# In the query, or in the form instead, each once.
FIELDS = {
    "class": Parameter(
        {"type": "string", "format": "class"}, "A class of the run; the predicted one if it is left out.", "African"
    ),
    "method": Parameter({"enum": list(METHODS)}, "The run's own if it is left out.", "class_map"),
    "opacity": Parameter(
        OPACITY, "Of the heat map, 0 to 1. Like its neighbours it may be a field of the form instead.", "0.5"
    ),
    "size": Parameter(whole(16, 1024), "Pixels of the longer side of the answer.", JSON_SIZE),
    "format": Parameter({"enum": list(FORMATS)}, "Of the answer; else by the header Accept, else PNG.", "png"),
    "trust": Parameter(whole(0, 1), "1 measures whether to believe the map.", 0),
}


@dataclass(frozen=True)
class Wanted:
    """What a client asked for: the values of `FIELDS`.

    Attributes:
        format: A key of `FORMATS`.
        size: Pixels of the longer side; `None` for those of the picture.
    """

    class_name: str | None
    method: str | None
    opacity: float
    size: int | None
    format: str
    trust: bool

    @classmethod
    def read(cls) -> "Wanted":
        """Reads the query and the form; for numbers the map is small and is judged, unless they say otherwise."""
        texts = text_fields(FIELDS)
        kind = FIELDS["format"].read("format", texts.get("format")) or _accepted_format()
        usual = {"size": str(JSON_SIZE), "trust": "1"} if kind == "json" else {}
        size, trust = (FIELDS[name].read(name, texts.get(name, usual.get(name))) for name in ("size", "trust"))
        opacity = number("opacity", texts.get("opacity", "0.5"), 0, 1)
        return cls(texts.get("class"), texts.get("method"), opacity, size, kind, bool(trust))


@explanations.post("/explanations")
@Described(
    problems=("unknown-class", "method-unavailable"),
    body=picture_bodies(),
    meaning="The picture with its heat map, the map as numbers, or a NumPy array.",
    headers={
        "X-Run-Id": ("The run.", "bundled-elephants-strong"),
        "X-Label": ("The explained class, percent-encoded UTF-8.", "African"),
        "X-Method": ("How the map was made.", "class_map"),
    },
    answer=ExplanationNumbers,
    files=("image/png", "application/x-npy"),
)
@accepts(FIELDS)
def create_explanation() -> Response:
    """Explains one picture, by default for the predicted class, by the run's own method, as PNG with opacity 0.5."""
    with admitted(current_app.extensions["settings"].explain_seconds) as turn:
        predictor, upload, wanted = served_predictor(), image_files(1, FIELDS)[0], Wanted.read()
        image = turn.decode(upload)
        found = explained(turn, predictor, image, wanted.class_name, wanted.method)
        trust = None
        if wanted.trust:
            with turn.predicting():
                trust = measure_faithfulness(image, found, predictor)
        with turn.reading():  # drawing takes as much memory as decoding
            return _answer(wanted, image, found, trust)


def explained(
    turn: Turn,
    predictor: Predictor,
    image: np.ndarray,
    class_name: str | None = None,
    method: str | None = None,
    prediction: Prediction | None = None,
) -> Explanation:
    """Explains one picture in a predict slot.

    Args:
        turn: The admitted request.
        predictor: The run that explains itself.
        image: `uint8`, shape `(height, width, 3)`, RGB.
        class_name: The predicted one if not given.
        method: One of `allowed_methods()`; the run's own if not given.
        prediction: If the picture was predicted before.

    Raises:
        MethodUnavailableError: If this process cannot give the method.
        UnknownClassError: If the run does not know the class.
    """
    if method in NEEDS_TENSORFLOW and method not in allowed_methods():
        raise MethodUnavailableError(
            f"The method {method} needs TensorFlow, which this server does not load. Use {', '.join(METHODS)}, the "
            "command line, or a server started with TUSKSCOPE_API_TENSORFLOW=1."
        )
    if method is not None and method not in ALL_METHODS:
        raise MethodUnavailableError(f"Expected method to be one of {', '.join(allowed_methods())}.")
    with turn.predicting():
        return explain(image, class_name, method, predictor, prediction)


def allowed_methods() -> tuple[str, ...]:
    """The methods of this server; those of TensorFlow only with `TUSKSCOPE_API_TENSORFLOW=1` (600 MiB, 10 s)."""
    return tuple(ALL_METHODS) if os.environ.get("TUSKSCOPE_API_TENSORFLOW", "").strip() == "1" else METHODS


def resized(heatmap: np.ndarray, size: int) -> np.ndarray:
    """A heat map whose longer side has `size` pixels: `float32`, 0-1."""
    height, width = (max(1, round(length * size / max(heatmap.shape))) for length in heatmap.shape)
    small = Image.fromarray(heatmap).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(small, np.float32).clip(0, 1)


def rows(heatmap: np.ndarray) -> list[list[float]]:
    """A heat map as rows of short numbers, from top to bottom."""
    return heatmap.astype(float).round(4).tolist()


def _accepted_format() -> str:
    accepted = request.accept_mimetypes.best_match(list(FORMATS.values()), FORMATS["png"])
    return next(key for key, value in FORMATS.items() if value == accepted)


def _answer(wanted: Wanted, image: np.ndarray, found: Explanation, trust: Faithfulness | None) -> Response:
    heatmap = found.heatmap if wanted.size is None else resized(found.heatmap, wanted.size)
    if wanted.format == "png":
        content = encode_png(overlay(resize(image, heatmap.shape), heatmap, wanted.opacity))
        response = Response(content, content_type=FORMATS["png"])
    elif wanted.format == "npy":
        buffer = io.BytesIO()
        np.save(buffer, heatmap)
        response = Response(buffer.getvalue(), content_type=FORMATS["npy"])
    else:
        response = _numbers(image, found, heatmap, trust)
    response.headers.update(
        {
            "X-Run-Id": found.prediction.run_id,
            "X-Label": quote(found.class_name),
            "X-Method": found.method,
            "Vary": "Accept",
        }
    )
    if trust is not None:
        response.headers["X-Verdict"] = trust.verdict
    return response


def _numbers(image: np.ndarray, found: Explanation, heatmap: np.ndarray, trust: Faithfulness | None) -> Response:
    prediction = found.prediction
    return jsonify(
        {
            "run_id": prediction.run_id,
            "class": found.class_name,
            "method": found.method,
            "label": prediction.label,
            "probabilities": prediction.probabilities,
            "image_size": list(image.shape[:2]),
            "heatmap": rows(heatmap),
            "trust": None if trust is None else trust.as_dict(),
        }
    )
