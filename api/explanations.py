"""Which pixels spoke for a class: the picture with its heat map, as PNG."""

from urllib.parse import quote

import numpy as np
from flask import Blueprint, Response, current_app

from api.inputs import image_files, number, text_fields
from api.limits import Turn, admitted
from api.predictions import served_predictor
from core.errors import MethodUnavailableError
from core.explanation.heatmap import Explanation, explain
from core.explanation.overlay import encode_png, overlay
from core.prediction.predictor import Prediction, Predictor

explanations = Blueprint("explanations", __name__)

FIELDS = ("class", "method", "opacity")
METHODS = ("class_map", "occlusion")  # the gradient methods would load TensorFlow into the server


@explanations.post("/explanations")
def create_explanation() -> Response:
    """Explains one picture, by default for the predicted class, by the run's own method, with opacity 0.5."""
    with admitted(current_app.extensions["settings"].explain_seconds) as turn:
        predictor, upload, fields = served_predictor(), image_files(1, FIELDS)[0], text_fields(FIELDS)
        opacity = number("opacity", fields.get("opacity", "0.5"), 0, 1)
        image = turn.decode(upload)
        found = explained(turn, predictor, image, fields.get("class"), fields.get("method"))
        content = encode_png(overlay(image, found.heatmap, opacity))
    headers = {"X-Run-Id": predictor.run.run_id, "X-Label": quote(found.class_name), "X-Method": found.method}
    return Response(content, headers=headers, content_type="image/png")


def explained(
    turn: Turn, predictor: Predictor, image: np.ndarray, class_name: str | None = None,
    method: str | None = None, prediction: Prediction | None = None,
) -> Explanation:  # fmt: skip
    """Explains one picture in a predict slot.

    Args:
        turn: The admitted request.
        predictor: The run that explains itself.
        image: `uint8`, shape `(height, width, 3)`, RGB.
        class_name: The predicted one if not given.
        method: One of `METHODS`; the run's own if not given.
        prediction: If the picture was predicted before.

    Raises:
        MethodUnavailableError: If this process cannot give the method.
        UnknownClassError: If the run does not know the class.
    """
    if method is not None and method not in METHODS:
        raise MethodUnavailableError(
            f"Expected method to be one of {', '.join(METHODS)}; the command line has more."
        )
    with turn.predicting():
        return explain(image, class_name, method, predictor, prediction)
