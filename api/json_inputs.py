"""Reads JSON bodies strictly: known fields of the right type, once each, finite numbers, printable texts."""

import base64
import contextlib
import json
import math
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from flask import current_app, request

from api.errors import Problem
from api.inputs import checked_text, image_files, refuse, text_fields

ANY_NUMBER_IS_BELOW = 10**20  # larger integers are out of every setting's range: no need to parse 5,000 digits
TYPE_NAMES = {str: "text", dict: "an object", list: "a list"}


def json_object(
    fields: Mapping[str, type], required: Collection[str] = (), max_bytes: int | None = None
) -> dict[str, Any]:
    """Reads a JSON object with known fields.

    Args:
        fields: Type of each field: `str`, `dict` or `list`.
        required: Fields that must be there.
        max_bytes: Of the body; `Settings.max_json` if not given.

    Raises:
        Problem: 400 if it is not JSON, 413 if too large, 415 for another Content-Type, 422 for other JSON.
    """
    if request.mimetype != "application/json" or request.headers.get("Content-Encoding"):
        raise Problem(415, "unsupported-media-type", "Expected a body of application/json without encoding.")
    request.max_content_length = max_bytes or current_app.extensions["settings"].max_json
    content = _parse(request.get_data())
    if not isinstance(content, dict):
        refuse("Expected a JSON object.")
    for name in content:
        if name not in fields:
            refuse(f"Unknown field. Known: {', '.join(fields) or 'none'}.")
        if not isinstance(content[name], fields[name]):
            refuse(f"Expected {name} to be {TYPE_NAMES[fields[name]]}.")
    for name in required:
        if name not in content:
            refuse(f"The field {name} is missing.")
    return content


def pictures(maximum: int) -> list[bytes]:
    """The pictures of a request: as `image_files`, or `{"images": ["<base64>", …]}` as JSON.

    Raises:
        Problem: As `image_files` and `json_object`; 422 for a list of another length or what is no base64.
    """
    if request.mimetype != "application/json":
        return image_files(maximum)
    max_bytes = current_app.extensions["settings"].max_body
    texts = json_object({"images": list}, required=("images",), max_bytes=max_bytes)["images"]
    if not 1 <= len(texts) <= maximum:
        refuse(f"Expected 1 to {maximum} pictures in images, but got {len(texts)}.")
    return [base64_bytes("images", text) for text in texts]


def base64_bytes(name: str, text: Any) -> bytes:
    """Decodes base64 strictly.

    Raises:
        Problem: 422 if it is not base64 text.
    """
    if isinstance(text, str):
        with contextlib.suppress(ValueError):  # binascii.Error is one, and so is text beyond ASCII
            return base64.b64decode(text, validate=True)
    refuse(f"Expected {name} to hold base64 text of picture files.")


def foreign_json(content: bytes) -> dict[str, Any]:
    """Parses the body of another protocol: a JSON object whose fields its reader checks.

    Raises:
        Problem: 400 if it is no JSON object in UTF-8, 422 for a number that is not finite.
    """
    try:
        found = json.loads(content.decode("utf-8"), parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "invalid-json", "The body is not JSON in UTF-8, or it is nested too deeply.") from error
    if not isinstance(found, dict):
        raise Problem(400, "invalid-json", "Expected a JSON object.")
    return found


def nothing() -> None:
    """For changes that take no input: no query, no body or an empty JSON object (a foreign form fails here)."""
    text_fields(())
    request.max_content_length = current_app.extensions["settings"].max_json
    if request.mimetype not in ("", "application/json") or request.get_data():
        json_object({})


def _parse(body: bytes) -> Any:
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise Problem(400, "invalid-json", "The body is not JSON in UTF-8, or it is nested too deeply.") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        refuse("A field of the JSON object comes twice.")
    for name, value in pairs:
        checked_text("a field name", name)
        if isinstance(value, str):
            checked_text(name, value)
    return content


def _integer(digits: str) -> int:
    if len(digits) > 20:
        return -ANY_NUMBER_IS_BELOW if digits.startswith("-") else ANY_NUMBER_IS_BELOW
    return int(digits)


def _float(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _constant(text)


def _constant(text: str) -> NoReturn:
    refuse("A number of the body is not finite. JSON has no NaN and no Infinity.")
