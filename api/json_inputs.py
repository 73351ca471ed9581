"""Reads JSON bodies strictly: known fields of the right type, once each, finite numbers, printable texts."""

import base64
import contextlib
import json
import math
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from flask import current_app, request

from api.inputs import check_known, checked_text, image_files, refuse, wrong_type
from api.problems import Problem

ANY_NUMBER_IS_BELOW = 10**20  # larger integers are out of every setting's range: no need to parse 5,000 digits
TYPES = {"string": (str, "text"), "object": (dict, "an object"), "array": (list, "a list")}
SLIPS = {
    "http:": "Addresses are not fetched: send the picture itself.",
    "https:": "Addresses are not fetched: send the picture itself.",
    "file:": "Addresses are not fetched: send the picture itself.",
    "b'": "This is how Python shows bytes: call .decode() on them first.",
}
IMAGES: dict[str, dict[str, Any]] = {
    "images": {"type": "array", "items": {"type": "string", "format": "byte"}, "minItems": 1, "maxItems": 16}
}


def json_object(
    fields: Mapping[str, Mapping[str, Any]], required: Collection[str] = (), max_bytes: int | None = None
) -> dict[str, Any]:
    """Reads a JSON object with known fields.

    Args:
        fields: JSON Schema of each field; its `type` is checked here, the rest by whoever takes the value.
        required: Fields that must be there.
        max_bytes: Of the body; `Settings.max_json` if not given.

    Raises:
        Problem: 400 if it is not JSON, 413 if too large, 415 for another Content-Type, 422 for other JSON.
    """
    if request.mimetype != "application/json":
        wrong_type("application/json")
    request.max_content_length = max_bytes or current_app.extensions["settings"].max_json
    content = parse(request.get_data(), object_pairs_hook=_object, parse_int=_integer, parse_float=_float)
    check_known("field", content, fields)
    for name, value in content.items():
        kind, words = TYPES[fields[name]["type"]]
        if not isinstance(value, kind):
            refuse(f"Expected {name} to be {words}.")
        for key, text in value.items() if isinstance(value, dict) else [(name, value)]:
            checked_text("a field name", key)
            if isinstance(text, str):
                checked_text(key, text)
    for name in required:
        if name not in content:
            refuse(f"The field {name} is missing.")
    return content


def parse(body: bytes, **hooks: Any) -> dict[str, Any]:
    """Parses a JSON object.

    Args:
        body: Of a request.
        hooks: Of `json.loads`.

    Raises:
        Problem: 400 if it is no JSON in UTF-8, 422 for another value or a number that is not finite.
    """
    try:
        content = json.loads(body.decode("utf-8"), parse_constant=_not_finite, **hooks)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise Problem("invalid-json") from error
    if not isinstance(content, dict):
        refuse("Expected a JSON object.")
    return content


def pictures(maximum: int) -> list[bytes]:
    """The pictures of a request: as `image_files`, or `{"images": ["<base64>", …]}` as JSON.

    Raises:
        Problem: As `image_files` and `json_object`; 422 for a list of another length or what is no base64.
    """
    if request.mimetype != "application/json":
        return image_files(maximum)
    max_bytes = current_app.extensions["settings"].max_body
    texts = json_object(IMAGES, required=IMAGES, max_bytes=max_bytes)["images"]
    if not 1 <= len(texts) <= maximum:
        refuse(f"Expected 1 to {maximum} pictures in images, but got {len(texts)}.")
    return [base64_bytes("images", text) for text in texts]


def base64_bytes(name: str, text: Any) -> bytes:
    """Decodes base64 as TensorFlow Serving does: white space is passed over, padding may be left out.

    Args:
        name: Of the field.
        text: Base64; `data:image/…;base64,` may stand before it.

    Raises:
        Problem: 422 if it is not base64 text; it names the slip.
    """
    if not isinstance(text, str):
        refuse(f"Expected {name} to hold base64 text of picture files.")
    if slip := next((words for start, words in SLIPS.items() if text.startswith(start)), ""):
        refuse(f"Expected {name} to hold base64 text of picture files. {slip}")
    if text.startswith("data:"):
        head, comma, text = text.partition(",")
        if not comma or not head.endswith(";base64"):
            refuse(f"Expected the data: address in {name} to end with ;base64, before the picture.")
    text = "".join(text.split())
    with contextlib.suppress(ValueError):  # binascii.Error is one, and so is text beyond ASCII
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    if not set("-_").isdisjoint(text):
        refuse(f"{name} holds web-safe base64. Expected the standard one, with + and / instead of - and _.")
    refuse(
        f"Expected {name} to hold base64 text of picture files. Its characters or its length are not those of base64."
    )


def nothing() -> None:
    """For changes that take no input: no body or an empty JSON object (a foreign form fails here)."""
    request.max_content_length = current_app.extensions["settings"].max_json
    if request.mimetype not in ("", "application/json") or request.get_data():
        json_object({})


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        refuse("A field of the JSON object comes twice.")
    return content


def _integer(digits: str) -> int:
    if len(digits) > 20:
        return -ANY_NUMBER_IS_BELOW if digits.startswith("-") else ANY_NUMBER_IS_BELOW
    return int(digits)


def _float(text: str) -> float:
    return float(text) if math.isfinite(float(text)) else _not_finite(text)


def _not_finite(text: str) -> NoReturn:
    refuse("A number of the body is not finite. JSON has no NaN and no Infinity.")
