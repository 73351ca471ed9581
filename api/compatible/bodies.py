"""What clients of the two protocols send, as JSON Schema for /openapi.json."""

from api.json_inputs import IMAGES
from api.openapi.describe import Schema, fields

PIXEL = {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 255}, "minItems": 3, "maxItems": 3}
ROWS = {
    "type": "array",
    "minItems": 1,
    "items": {"type": "array", "minItems": 1, "items": PIXEL},
    "description": "Rows of pixels, RGB, 0-255, not scaled; all rows have the same length.",
}
FILE = fields({"b64": IMAGES["images"]["items"]}, ("b64",))
INSTANCE = {"anyOf": [FILE, ROWS, fields({"image": {"anyOf": [FILE, ROWS]}}, ("image",))]}


def _pictures(item: Schema) -> Schema:
    return {"type": "array", "minItems": 1, "maxItems": 16, "items": item}


def _format(name: str, pictures: Schema) -> Schema:
    return fields({"signature_name": {"enum": ["serving_default", ""]}, name: pictures}, (name,))


COLUMN = _pictures({"anyOf": [FILE, ROWS]})
PREDICT = {
    "anyOf": [
        _format("instances", _pictures(INSTANCE)),
        _format("inputs", {"anyOf": [COLUMN, fields({"image": COLUMN}, ("image",))]}),
    ]
}

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
    "properties": {"name": {"enum": ["probabilities", "label"]}, "parameters": {"type": "object"}},
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
