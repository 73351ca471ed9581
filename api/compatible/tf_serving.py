"""The REST interface of TensorFlow Serving, so that its clients work unchanged.

https://www.tensorflow.org/tfx/serving/api_rest: status, metadata and `:predict` in row and column format. Errors are
`{"error": "…"}`. Content-Type is not looked at, as there.
"""

from typing import Any

from apiflask import APIBlueprint
from flask import current_app, request
from werkzeug.routing import BaseConverter

from api.compatible.bodies import PREDICT
from api.compatible.tensors import INPUT, MODEL_NAME, VERSION, as_image, named_predictor, probabilities_of
from api.inputs import check_known, refuse
from api.json_inputs import parse
from api.limits import admitted
from api.openapi.describe import Described

tf_serving = APIBlueprint("tf_serving", __name__)

SIGNATURE = "serving_default"


class ModelName(BaseConverter):
    """A name in an address that ends before `:predict`."""

    regex = "[^/:]+"


@tf_serving.get("/v1/models/<model:name>")
@tf_serving.get("/v1/models/<model:name>/versions/<model:version>")
def model_status(name: str, version: str | None = None) -> dict[str, Any]:
    """Whether the model is served, as TensorFlow Serving says it."""
    named_predictor(name, version)
    status = {"error_code": "OK", "error_message": ""}
    return {"model_version_status": [{"version": VERSION, "state": "AVAILABLE", "status": status}]}


@tf_serving.get("/v1/models/<model:name>/metadata")
@tf_serving.get("/v1/models/<model:name>/versions/<model:version>/metadata")
def model_signature(name: str, version: str | None = None) -> dict[str, Any]:
    """Inputs and outputs of the model, as TensorFlow Serving says it; `class_names` is ours."""
    run = named_predictor(name, version).run
    signature = {
        "inputs": {INPUT: _tensor("DT_UINT8", -1, -1, -1, 3)},
        "outputs": {"probabilities": _tensor("DT_FLOAT", -1, len(run.class_names))},
        "method_name": "tensorflow/serving/predict",
    }
    return {
        "model_spec": {"name": MODEL_NAME, "signature_name": "", "version": VERSION},
        "metadata": {"signature_def": {"signature_def": {SIGNATURE: signature}}},
        "run_id": run.run_id,
        "class_names": list(run.class_names),
    }


@tf_serving.post("/v1/models/<model:name>:predict")
@tf_serving.post("/v1/models/<model:name>/versions/<model:version>:predict")
@Described(body={"application/json": PREDICT})
def predict_instances(name: str, version: str | None = None) -> dict[str, list[list[float]]]:
    """Probabilities of pictures, in the order of the run's classes."""
    settings = current_app.extensions["settings"]
    with admitted(settings.predict_seconds) as turn:
        predictor = named_predictor(name, version)
        with turn.reading():
            key, pictures = instances(parse(request.get_data()), settings.max_images)
        images = [as_image(values, turn) for values in pictures]
        found = [list(item.values()) for item in probabilities_of(turn, predictor, images)]
    return {key: found}


def instances(body: dict[str, Any], maximum: int) -> tuple[str, list]:
    """The pictures of a request, and the name under which the answer goes back.

    Args:
        body: Row format `{"instances": […]}` or column format `{"inputs": […]}`; a picture or the list may be wrapped
            in `{"image": …}`.
        maximum: How many pictures are allowed.

    Raises:
        Problem: 422 if it is neither.
    """
    check_known("field", body, ("instances", "inputs", "signature_name"))
    if ("instances" in body) == ("inputs" in body):
        refuse("Expected either instances or inputs, one of the two.")
    if body.get("signature_name", SIGNATURE) not in ("", SIGNATURE):
        refuse(f"Expected signature_name to be {SIGNATURE}.")
    if "inputs" in body:
        key, found = "outputs", _unwrapped(body["inputs"])
    else:
        key, found = "predictions", body["instances"]
    if not isinstance(found, list) or not 1 <= len(found) <= maximum:
        refuse(f"Expected {'instances' if key == 'predictions' else 'inputs'} to be a list of 1 to {maximum} pictures.")
    return key, [_unwrapped(item) for item in found] if key == "predictions" else found


def _unwrapped(values: Any) -> Any:
    return values[INPUT] if isinstance(values, dict) and set(values) == {INPUT} else values


def _tensor(kind: str, *sizes: int) -> dict[str, Any]:
    shape = {"dim": [{"size": str(size), "name": ""} for size in sizes], "unknown_rank": False}
    return {"dtype": kind, "tensor_shape": shape, "name": ""}
