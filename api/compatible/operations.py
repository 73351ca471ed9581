"""The routes for clients of TensorFlow Serving and of the Open Inference Protocol: what they take and answer."""

from api.openapi.parts import Operation, body, fields
from api.openapi.prediction_operations import BASE64, SMALL_PNG

NAME = {"name": "tuskscope", "version": "1"}
RUN = {"run_id": "bundled-elephants-strong", "class_names": ["African", "Asian"]}
PIXEL = {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 255}, "minItems": 3, "maxItems": 3}
ROWS = {
    "type": "array",
    "minItems": 1,
    "items": {"type": "array", "minItems": 1, "items": PIXEL},
    "description": "Rows of pixels, RGB, 0-255, not scaled; all rows have the same length.",
}
FILE = fields({"b64": BASE64}, ("b64",))
INSTANCE = {"anyOf": [FILE, ROWS, fields({"image": {"anyOf": [FILE, ROWS]}}, ("image",))]}
SIGNATURE = {"enum": ["serving_default", ""]}
PICTURES = {"type": "array", "minItems": 1, "maxItems": 16}
TENSOR = {
    "type": "object",
    "required": ["name", "datatype", "shape"],
    "properties": {
        "name": {"const": "image"},
        "datatype": {"enum": ["BYTES", "UINT8", "FP32"]},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": 4},
        "parameters": {"type": "object"},
        "data": {"type": "array"},
    },
}
OUTPUT = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"enum": ["probabilities", "label"]},
        "parameters": {"type": "object"},
    },
}
INFER = fields(
    {
        "id": {"type": "string"},
        "parameters": {"type": "object"},
        "inputs": {"type": "array", "items": TENSOR, "minItems": 1, "maxItems": 1},
        "outputs": {"type": "array", "items": OUTPUT, "maxItems": 2},
    },
    ("inputs",),
)
FACTS = {"type": "object"}


def _answer(example: dict, required: tuple[str, ...]) -> dict:
    schema = {**FACTS, "required": list(required)}
    return {"200": {"description": "Done.", "content": {"application/json": {"schema": schema, "example": example}}}}


def _dimensions(*sizes: int) -> dict:
    return {"dim": [{"size": str(size), "name": ""} for size in sizes], "unknown_rank": False}


def _operation(example: dict, content: dict | None = None, required: tuple[str, ...] | None = None) -> Operation:
    answers = _answer(example, tuple(example) if required is None else required)
    return Operation(answers, path_examples=NAME, is_compatible=True, is_limited=False, body=content)


SIGNATURE_EXAMPLE = {
    "model_spec": {"name": "tuskscope", "signature_name": "", "version": "1"},
    "metadata": {
        "signature_def": {
            "signature_def": {
                "serving_default": {
                    "inputs": {"image": {"dtype": "DT_UINT8", "tensor_shape": _dimensions(-1, -1, -1, 3), "name": ""}},
                    "outputs": {"probabilities": {"dtype": "DT_FLOAT", "tensor_shape": _dimensions(-1, 2), "name": ""}},
                    "method_name": "tensorflow/serving/predict",
                }
            }
        }
    },
    **RUN,
}
STATUS_EXAMPLE = {
    "model_version_status": [
        {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    ]
}
MODEL_EXAMPLE = {
    "name": "tuskscope",
    "versions": ["1"],
    "platform": "litert",
    "inputs": [{"name": "image", "datatype": "BYTES", "shape": [-1]}],
    "outputs": [
        {"name": "probabilities", "datatype": "FP32", "shape": [-1, 2]},
        {"name": "label", "datatype": "BYTES", "shape": [-1]},
    ],
    "parameters": RUN,
}
INFER_EXAMPLE = {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": [SMALL_PNG]}]}
INFERRED = {
    "model_name": "tuskscope",
    "model_version": "1",
    "outputs": [
        {"name": "probabilities", "datatype": "FP32", "shape": [1, 2], "data": [0.858, 0.142]},
        {"name": "label", "datatype": "BYTES", "shape": [1], "data": ["African"]},
    ],
}
_ROW_FORMAT = fields({"signature_name": SIGNATURE, "instances": {**PICTURES, "items": INSTANCE}}, ("instances",))
_COLUMN = {**PICTURES, "items": {"anyOf": [FILE, ROWS]}}
_COLUMN_FORMAT = fields(
    {"signature_name": SIGNATURE, "inputs": {"anyOf": [_COLUMN, fields({"image": _COLUMN}, ("image",))]}}, ("inputs",)
)

OPERATIONS = {
    "tf_serving.model_status": _operation(STATUS_EXAMPLE),
    "tf_serving.model_signature": _operation(SIGNATURE_EXAMPLE),
    "tf_serving.predict_instances": _operation(
        {"predictions": [[0.858, 0.142]]},
        body(
            {
                "application/json": (
                    {"anyOf": [_ROW_FORMAT, _COLUMN_FORMAT]},
                    {"instances": [{"b64": SMALL_PNG}]},
                )
            }
        ),
        required=(),
    ),
    "open_inference.server_metadata": _operation(
        {"name": "tuskscope", "version": "1.0.0", "extensions": ["binary_tensor_data"]}
    ),
    "open_inference.server_live": _operation({"live": True}),
    "open_inference.server_ready": _operation({"ready": True}),
    "open_inference.model_ready": _operation({"name": "tuskscope", "ready": True}),
    "open_inference.model_metadata": _operation(MODEL_EXAMPLE),
    "open_inference.infer": _operation(INFERRED, body({"application/json": (INFER, INFER_EXAMPLE)})),
}
