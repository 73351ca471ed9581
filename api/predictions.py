"""What the served run says of pictures."""

from typing import cast

from apiflask import APIBlueprint
from flask import current_app

from api.answers import ExplainedPrediction, Explanation, Predictions
from api.explanations import JSON_SIZE, explained, resized, rows
from api.inputs import Parameter, file_names, takes, whole
from api.json_inputs import IMAGES, pictures
from api.limits import Turn, admitted
from api.openapi.describe import Described, json_body, picture_bodies
from api.served import served_predictor
from core.errors import ImageError
from core.metrics.conformal import PredictionSets
from core.prediction.predictor import Predictor, failed_record
from core.prediction.sets import sets_of

predictions = APIBlueprint("predictions", __name__)


@predictions.post("/predictions")
@Described(problems=("run-invalid",), body=json_body(IMAGES, ("images",)) | picture_bodies(16))
@takes(
    top=Parameter(whole(1, 1000), "Only so many classes.", 1),
    explain=Parameter(whole(0, 1, 0), "1 adds the heat map of the predicted class.", 0),
    sets=Parameter(whole(50, 99), "Adds the classes that hold the true one so often, in percent.", None),
)
def create_predictions(top: int | None, explain: int, sets: int | None) -> Predictions:
    """Predicts 1 to 16 pictures; a single bad one is an error, among many it is a record with an error."""
    settings = current_app.extensions["settings"]
    with admitted(settings.explain_seconds if explain else settings.predict_seconds) as turn:
        predictor, uploads = served_predictor(), pictures(settings.max_images)
        chosen = sets_of(predictor.run, sets / 100) if sets else None
        records = [
            _record(turn, predictor, upload, top, bool(explain), len(uploads) == 1, chosen) for upload in uploads
        ]
    names = file_names()
    for number, record in enumerate(records):
        record["path"] = names[number] if names else f"image-{number + 1}"
    return {"run_id": predictor.run.run_id, "predictions": records}


def _record(
    turn: Turn,
    predictor: Predictor,
    upload: bytes,
    top: int | None,
    explain: bool,
    is_alone: bool,
    sets: PredictionSets | None,
) -> ExplainedPrediction:
    try:
        image = turn.decode(upload, None if explain else predictor.run.image_size, predictor.run.framing)
    except ImageError as error:
        if is_alone:
            raise
        return cast(ExplainedPrediction, failed_record("", predictor.run.run_id, str(error)))
    prediction = turn.predict(predictor, image)
    record = cast(ExplainedPrediction, prediction.as_record(""))
    if sets:
        record["prediction_set"] = sets.of(prediction.probabilities)
    if top:
        ranked = sorted(prediction.probabilities.items(), key=lambda item: item[1], reverse=True)
        record["probabilities"] = dict(ranked[:top])
    if explain:
        found = explained(turn, predictor, image, prediction=prediction)
        heatmap = rows(resized(found.heatmap, JSON_SIZE))
        record["explanation"] = cast(
            Explanation, {"class": found.class_name, "method": found.method, "heatmap": heatmap}
        )
    return record
