"""What the served run says of pictures."""

from flask import Blueprint, current_app

from api.errors import Problem
from api.inputs import image_files, text_fields
from api.limits import Turn, admitted
from core.errors import ImageError, RunInvalidError
from core.prediction.predictor import Predictor, failed_record

predictions = Blueprint("predictions", __name__)


@predictions.post("/predictions")
def create_predictions() -> dict:
    """Predicts 1 to 16 pictures; a single bad one is an error, among many it is a record with an error."""
    settings = current_app.extensions["settings"]
    text_fields(())
    with admitted(settings.predict_seconds) as turn:
        predictor = served_predictor()
        uploads = image_files(settings.max_images)
        records = [_record(turn, predictor, number, upload, len(uploads) == 1)
                   for number, upload in enumerate(uploads, start=1)]  # fmt: skip
    return {"run_id": predictor.run.run_id, "predictions": records}


def served_predictor() -> Predictor:
    """The predictor of the served run; a request asks once and keeps it.

    Raises:
        NoActiveRunError: If nothing is served.
        Problem: 503 if the served run is damaged.
    """
    try:
        return current_app.extensions["predictor"].get()
    except RunInvalidError as error:
        raise Problem(
            503, "no-model", "The served run cannot be loaded. Promote another run or train one."
        ) from error


def _record(turn: Turn, predictor: Predictor, number: int, upload: bytes, is_alone: bool) -> dict:
    name = f"image-{number}"  # never the client's file name
    try:
        return turn.predict(predictor, turn.decode(upload, predictor.run.image_size)).as_record(name)
    except ImageError as error:
        if is_alone:
            raise
        return failed_record(name, predictor.run.run_id, str(error))
