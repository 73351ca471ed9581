"""What the served run says of pictures."""

from dataclasses import dataclass

import numpy as np
from apiflask import APIBlueprint
from flask import current_app, request
from PIL import Image

from api.explanations import explained
from api.inputs import text_fields, whole_number
from api.json_inputs import pictures
from api.limits import Turn, admitted
from api.served import served_predictor as served_predictor
from core.errors import ImageError
from core.prediction.predictor import Prediction, Predictor, failed_record

predictions = APIBlueprint("predictions", __name__)

HEAT_SIDE = 64  # pixels of a heat map's longer side: a map as numbers is long, and a smooth one loses nothing


@dataclass(frozen=True)
class Wanted:
    """What a client asked for besides the record of the contract.

    Attributes:
        top: Only so many classes, the most probable first; `None` gives all in the order of the run.
        explain: Also the heat map of the predicted class.
    """

    top: int | None
    explain: bool

    @classmethod
    def from_query(cls) -> "Wanted":
        """Reads `?top` and `?explain`."""
        fields = text_fields(("top", "explain"))
        top = whole_number("top", fields["top"], 1, 1000) if "top" in fields else None
        return cls(top, bool(whole_number("explain", fields.get("explain", "0"), 0, 1)))


@predictions.post("/predictions")
def create_predictions() -> dict:
    """Predicts 1 to 16 pictures; a single bad one is an error, among many it is a record with an error."""
    settings = current_app.extensions["settings"]
    with admitted(settings.explain_seconds if "explain" in request.args else settings.predict_seconds) as turn:
        predictor, wanted = served_predictor(), Wanted.from_query()
        uploads = pictures(settings.max_images)
        records = [
            _record(turn, predictor, number, upload, wanted, len(uploads) == 1)
            for number, upload in enumerate(uploads, start=1)
        ]
    return {"run_id": predictor.run.run_id, "predictions": records}


def _record(turn: Turn, predictor: Predictor, number: int, upload: bytes, wanted: Wanted, is_alone: bool) -> dict:
    name = f"image-{number}"  # never the client's file name
    try:
        image = turn.decode(upload, None if wanted.explain else predictor.run.image_size)
    except ImageError as error:
        if is_alone:
            raise
        return failed_record(name, predictor.run.run_id, str(error))
    prediction = turn.predict(predictor, image)
    record = prediction.as_record(name)
    if wanted.top:
        record["probabilities"] = _most_probable(prediction, wanted.top)
    if wanted.explain:
        record["explanation"] = _explanation(turn, predictor, image, prediction)
    return record


def _most_probable(prediction: Prediction, count: int) -> dict[str, float]:
    ranked = sorted(prediction.probabilities.items(), key=lambda item: item[1], reverse=True)
    return dict(ranked[:count])


def _explanation(turn: Turn, predictor: Predictor, image: np.ndarray, prediction: Prediction) -> dict:
    found = explained(turn, predictor, image, prediction=prediction)
    height, width = found.heatmap.shape
    scale = HEAT_SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(Image.fromarray(found.heatmap).resize(size, Image.Resampling.BILINEAR), float)
    return {"class": found.class_name, "method": found.method, "heatmap": small.clip(0, 1).round(4).tolist()}
