"""Which pixels spoke for a class: the picture with its heat map, the bare map, or the map with its trust numbers."""

import io
import os
from urllib.parse import quote

import numpy as np
from apiflask import APIBlueprint
from flask import Response, current_app, jsonify, request
from PIL import Image

from api.errors import Problem
from api.inputs import image_files, number, text_fields, whole_number
from api.limits import Turn, admitted
from api.served import served_predictor
from core.dataset.images import resize
from core.errors import MethodUnavailableError
from core.explanation.faithfulness import Faithfulness, measure_faithfulness
from core.explanation.heatmap import Explanation, explain
from core.explanation.methods import METHODS as ALL_METHODS
from core.explanation.methods import NEEDS_TENSORFLOW
from core.explanation.overlay import encode_png, overlay
from core.prediction.predictor import Prediction, Predictor

explanations = APIBlueprint("explanations", __name__)

FIELDS = ("class", "method", "opacity", "size", "format", "trust")
METHODS = tuple(name for name in ALL_METHODS if name not in NEEDS_TENSORFLOW)
FORMATS = {"png": "image/png", "json": "application/json", "npy": "application/x-npy"}
SIZES = (16, 1024)  # pixels of the longer side
JSON_SIZE = 64  # a map as numbers is long: a smooth one loses nothing


@explanations.post("/explanations")
def create_explanation() -> Response:
    """Explains one picture, by default for the predicted class, by the run's own method, as PNG with opacity 0.5."""
    with admitted(current_app.extensions["settings"].explain_seconds) as turn:
        predictor, upload, fields = served_predictor(), image_files(1, FIELDS)[0], text_fields(FIELDS)
        kind = _format(fields.get("format"))
        opacity = number("opacity", fields.get("opacity", "0.5"), 0, 1)
        wanted = fields.get("size", str(JSON_SIZE) if kind == "json" else None)
        size = None if wanted is None else whole_number("size", wanted, *SIZES)
        with_trust = whole_number("trust", fields.get("trust", "1" if kind == "json" else "0"), 0, 1)
        image = turn.decode(upload)
        found = explained(turn, predictor, image, fields.get("class"), fields.get("method"))
        trust = None
        if with_trust:
            with turn.predicting():
                trust = measure_faithfulness(image, found, predictor)
        response = _answer(kind, image, found, trust, opacity, size)
    response.headers.update(
        {
            "X-Run-Id": predictor.run.run_id,
            "X-Label": quote(found.class_name),
            "X-Method": found.method,
            "Vary": "Accept",
        }
    )
    if trust is not None:
        response.headers["X-Verdict"] = trust.verdict
    return response


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


def _format(name: str | None) -> str:
    """The field `format`, else what the client accepts, else PNG."""
    if name is None:
        accepted = request.accept_mimetypes.best_match(list(FORMATS.values()), FORMATS["png"])
        return next(key for key, value in FORMATS.items() if value == accepted)
    if name not in FORMATS:
        raise Problem(422, "invalid-field", f"Expected format to be one of {', '.join(FORMATS)}.")
    return name


def _answer(
    kind: str, image: np.ndarray, found: Explanation, trust: Faithfulness | None, opacity: float, size: int | None
) -> Response:
    shape = _shape(image.shape[:2], size)
    heatmap = found.heatmap
    if shape != heatmap.shape:
        small = Image.fromarray(heatmap).resize(shape[::-1], Image.Resampling.BILINEAR)
        heatmap = np.clip(np.asarray(small, np.float32), 0, 1)
    if kind == "png":
        content = encode_png(overlay(resize(image, shape), heatmap, opacity))
        return Response(content, content_type=FORMATS["png"])
    if kind == "npy":
        buffer = io.BytesIO()
        np.save(buffer, heatmap)
        return Response(buffer.getvalue(), content_type=FORMATS["npy"])
    prediction = found.prediction
    return jsonify(
        {
            "run_id": prediction.run_id,
            "class": found.class_name,
            "method": found.method,
            "label": prediction.label,
            "probabilities": prediction.probabilities,
            "image_size": list(image.shape[:2]),
            "heatmap": [[round(value, 4) for value in row] for row in heatmap.tolist()],
            "trust": None if trust is None else trust.as_dict(),
        }
    )


def _shape(shape: tuple[int, int], size: int | None) -> tuple[int, int]:
    if size is None:
        return shape
    return tuple(max(1, round(length * size / max(shape))) for length in shape)
