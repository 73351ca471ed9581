"""Reads and writes the tensors of the Open Inference Protocol."""

from typing import Any

import numpy as np

from api.compatible.binary_tensors import join_elements, split_elements
from api.compatible.tensors import INPUT, checked_pixels, number_array, whole_shape
from api.inputs import check_known, refuse
from api.json_inputs import base64_bytes
from api.limits import Turn

PIXELS: dict[str, np.dtype[Any]] = {"UINT8": np.dtype(np.uint8), "FP32": np.dtype("<f4")}
OUTPUTS = ("probabilities", "label")
KNOWN = ("id", "parameters", "inputs", "outputs")


def images_of(body: dict[str, Any], raw: memoryview, turn: Turn, maximum: int) -> list[np.ndarray]:
    """The pictures of a request.

    Args:
        body: Its JSON.
        raw: The raw tensors after it.
        turn: The admitted request.
        maximum: How many pictures are allowed.

    Returns:
        Each `uint8`, shape `(height, width, 3)`, RGB.

    Raises:
        Problem: 422 if the tensor is not as the module says.
        ImageError: If a file is not a picture.
    """
    tensors = body.get("inputs")
    if not isinstance(tensors, list) or len(tensors) != 1 or not isinstance(tensors[0], dict):
        refuse(f"Expected exactly one input, {INPUT}.")
    tensor = tensors[0]
    shape, parameters = whole_shape(tensor.get("shape")), _parameters(tensor)
    if tensor.get("name") != INPUT or tensor.get("datatype") not in ("BYTES", *PIXELS):
        refuse(f"Expected the input {INPUT} with datatype BYTES, UINT8 or FP32.")
    size = parameters.get("binary_data_size")
    if ("data" in tensor) == (size is not None):
        refuse("Expected the tensor either as data or, with binary_data_size, after the JSON.")
    if (size is None and len(raw)) or (size is not None and (type(size) is not int or size != len(raw))):
        refuse("binary_data_size is not the number of bytes after the JSON.")
    if not 1 <= shape[0] <= maximum:
        refuse(f"Expected 1 to {maximum} pictures.")
    if tensor["datatype"] == "BYTES":
        return [turn.decode(content) for content in _files(tensor, shape, raw, size)]
    with turn.reading():
        return [checked_pixels(pixels) for pixels in _pixels(tensor, shape, raw, size)]


def wanted_outputs(body: dict[str, Any]) -> list[tuple[str, bool]]:
    """Which outputs a client wants, and whether as raw bytes.

    Raises:
        Problem: 422 for an unknown field, output or option.
    """
    check_known("field", body, KNOWN)
    if not isinstance(body.get("id", ""), str):
        refuse("Expected id to be text.")
    default = bool(_parameters(body).get("binary_data_output", False))
    asked = body.get("outputs", [{"name": name} for name in OUTPUTS])
    if not isinstance(asked, list) or not all(isinstance(item, dict) and item.get("name") in OUTPUTS for item in asked):
        refuse(f"Expected outputs to name {' or '.join(OUTPUTS)}.")
    if any(_parameters(item).get("classification") for item in asked):
        refuse("The classification extension is not served. Ask for the output label.")
    names = [item["name"] for item in asked]
    if len(set(names)) < len(names):
        refuse("Expected each output once.")
    return [(item["name"], bool(_parameters(item).get("binary_data", default))) for item in asked]


def outputs_of(found: list[dict[str, float]], wanted: list[tuple[str, bool]]) -> list[tuple[dict, bytes]]:
    """The tensors of an answer: each its JSON and its raw bytes, which are empty if the JSON has the data.

    Args:
        found: Class name to probability, for each picture.
        wanted: As `wanted_outputs`.
    """
    values = np.array([list(item.values()) for item in found], "<f4")
    labels = [max(item, key=item.__getitem__) for item in found]
    tensors = []
    for name, is_raw in wanted:
        if name == "label":
            kind, shape, data = "BYTES", [len(labels)], labels
            raw = join_elements([label.encode() for label in labels])
        else:
            kind, shape, data = "FP32", list(values.shape), values.ravel().tolist()
            raw = values.tobytes()
        facts = {"name": name, "datatype": kind, "shape": shape}
        tensors.append(
            ({**facts, "parameters": {"binary_data_size": len(raw)}}, raw) if is_raw else ({**facts, "data": data}, b"")
        )
    return tensors


def _parameters(content: dict[str, Any]) -> dict[str, Any]:
    parameters = content.get("parameters", {})
    if not isinstance(parameters, dict):
        refuse("Expected parameters to be an object.")
    if any(name.startswith("shared_memory") for name in parameters):
        refuse("Shared memory is not served. Send the tensor itself.")
    return parameters


def _files(tensor: dict, shape: tuple[int, ...], raw: memoryview, size: int | None) -> list[bytes]:
    if shape not in ((shape[0],), (shape[0], 1)):
        refuse("Expected a BYTES tensor of shape [n], one picture file an element.")
    if size is not None:
        return split_elements(raw, shape[0])
    data = tensor["data"]
    data = [item for row in data for item in row] if _is_nested(data) else data
    if not isinstance(data, list) or len(data) != shape[0]:
        refuse("Expected as many elements as the shape says.")
    return [base64_bytes("data", item) for item in data]


def _pixels(tensor: dict, shape: tuple[int, ...], raw: memoryview, size: int | None) -> np.ndarray:
    kind = PIXELS[tensor["datatype"]]
    try:
        return (np.frombuffer(raw, kind) if size is not None else number_array(tensor["data"])).reshape(shape)
    except ValueError:
        refuse(f"Expected {tensor['datatype']} values, as many as the shape says.")


def _is_nested(data: Any) -> bool:
    return isinstance(data, list) and bool(data) and all(isinstance(row, list) for row in data)
