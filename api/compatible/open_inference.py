"""The Open Inference Protocol (KServe v2, Triton) with its binary extension, so that its clients work unchanged.

https://github.com/kserve/open-inference-protocol: pictures are an input `image`, either BYTES (files) of shape `[n]`,
or UINT8 or FP32 (pixels 0-255) of shape `[n, height, width, 3]`. Errors are `{"error": "…"}`.
"""

import json
from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, jsonify, request

from api.compatible.binary_tensors import HEADER, divide
from api.compatible.bodies import INFER
from api.compatible.open_inference_tensors import images_of, outputs_of, wanted_outputs
from api.compatible.tensors import INPUT, MODEL_NAME, VERSION, named_predictor, probabilities_of
from api.json_inputs import parse
from api.limits import admitted
from api.openapi.describe import Described
from api.openapi.document import VERSION as SERVER_VERSION
from api.served import served_predictor

open_inference = APIBlueprint("open_inference", __name__)


@open_inference.get("/v2")
def server_metadata() -> dict[str, Any]:
    """Name, version and extensions of the server."""
    return {"name": MODEL_NAME, "version": SERVER_VERSION, "extensions": ["binary_tensor_data"]}


@open_inference.get("/v2/health/live")
def server_live() -> dict[str, Any]:
    """The process answers."""
    return {"live": True}


@open_inference.get("/v2/health/ready")
def server_ready() -> dict[str, Any]:
    """A run predicts."""
    served_predictor()
    return {"ready": True}


@open_inference.get("/v2/models/<name>/ready")
@open_inference.get("/v2/models/<name>/versions/<version>/ready")
def model_ready(name: str, version: str | None = None) -> dict[str, Any]:
    """The model is served."""
    named_predictor(name, version)
    return {"name": name, "ready": True}


@open_inference.get("/v2/models/<name>")
@open_inference.get("/v2/models/<name>/versions/<version>")
def model_metadata(name: str, version: str | None = None) -> dict[str, Any]:
    """Inputs and outputs of the model; `parameters` names the run and its classes."""
    run = named_predictor(name, version).run
    return {
        "name": name,
        "versions": [VERSION],
        "platform": "litert",
        "inputs": [{"name": INPUT, "datatype": "BYTES", "shape": [-1]}],
        "outputs": [
            {"name": "probabilities", "datatype": "FP32", "shape": [-1, len(run.class_names)]},
            {"name": "label", "datatype": "BYTES", "shape": [-1]},
        ],
        "parameters": {"run_id": run.run_id, "class_names": list(run.class_names)},
    }


@open_inference.post("/v2/models/<name>/infer")
@open_inference.post("/v2/models/<name>/versions/<version>/infer")
@Described(body={"application/json": INFER}, answer=dict[str, Any])
def infer(name: str, version: str | None = None) -> Response:
    """Probabilities and labels of pictures."""
    settings = current_app.extensions["settings"]
    with admitted(settings.predict_seconds) as turn:
        predictor = named_predictor(name, version)
        with turn.reading():
            head, raw = divide(request.get_data(), request.headers.get(HEADER))
            body = parse(head)
        wanted = wanted_outputs(body)
        images = images_of(body, raw, turn, settings.max_images)
        outputs = outputs_of(probabilities_of(turn, predictor, images), wanted)
    facts = {"id": body.get("id"), "model_name": name, "model_version": VERSION}
    return _answer({key: value for key, value in facts.items() if value}, outputs)


def _answer(facts: dict[str, Any], outputs: list[tuple[dict[str, Any], bytes]]) -> Response:
    tensors, raw = [tensor for tensor, _ in outputs], [content for _, content in outputs if content]
    if not raw:
        return jsonify({**facts, "outputs": tensors})
    head = json.dumps({**facts, "outputs": tensors}, allow_nan=False).encode()
    headers = {HEADER: str(len(head))}
    return Response(b"".join([head, *raw]), headers=headers, content_type="application/octet-stream")
