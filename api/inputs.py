"""Reads what clients send, strictly: exactly the fields that are expected, of the right type, once each."""

import base64
import contextlib
import io
import json
import math
import re
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from flask import Request, current_app, request

from api.errors import Problem

IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")
ANY_NUMBER_IS_BELOW = (
    10**20
)  # larger integers are out of every setting's range: no need to parse 5,000 digits
MAX_TEXT = 1000
NUMBER = re.compile(r"\d{1,4}(\.\d{1,6})?", re.ASCII)
DIGITS = re.compile(r"\d{1,9}", re.ASCII)
TYPE_NAMES = {str: "text", dict: "an object", list: "a list"}


class MemoryRequest(Request):
    """Keeps uploads in memory: nothing a client sends is written to disk."""

    def _get_file_stream(self, *args: Any, **kwargs: Any) -> io.BytesIO:
        return io.BytesIO()


def image_files(maximum: int = 1, fields: Collection[str] = ()) -> list[bytes]:
    """The pictures of a request: files named `image` in a form, or the body itself.

    Args:
        maximum: How many files are allowed.
        fields: Names of text fields that the form may have besides.

    Raises:
        Problem: 400 for a missing, misnamed or surplus field, 415 for another Content-Type.
    """
    if request.mimetype in IMAGE_TYPES:
        return [request.get_data()]
    if request.mimetype != "multipart/form-data":
        raise Problem(
            415, "unsupported-media-type", "Expected multipart/form-data with a file field `image`, "
            "or a body of image/jpeg, image/png or image/webp.",
        )  # fmt: skip
    uploads = request.files.getlist("image")
    if set(request.files) - {"image"} or set(request.form) - set(fields) or not 1 <= len(uploads) <= maximum:
        wanted = "exactly one file" if maximum == 1 else f"1 to {maximum} files"
        raise Problem(
            400, "image-field", f"Expected {wanted} in the form field `image` and no unknown field."
        )
    return [upload.stream.read() for upload in uploads]


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
        _refuse(f"Expected 1 to {maximum} pictures in images, but got {len(texts)}.")
    return [base64_bytes("images", text) for text in texts]


def base64_bytes(name: str, text: Any) -> bytes:
    """Decodes base64 strictly.

    Raises:
        Problem: 422 if it is not base64 text.
    """
    if isinstance(text, str):
        with contextlib.suppress(ValueError):  # binascii.Error is one, and so is text beyond ASCII
            return base64.b64decode(text, validate=True)
    _refuse(f"Expected {name} to hold base64 text of picture files.")


def text_fields(known: Collection[str]) -> dict[str, str]:
    """Text values by name, from the query and the form; none may come twice.

    Raises:
        Problem: 422 for an unknown query parameter, a repeated name or an unprintable value.
    """
    if set(request.args) - set(known):
        _refuse(f"Unknown query parameter. Known: {', '.join(known) or 'none'}.")
    found = {}
    for name in known:
        values = request.args.getlist(name) + request.form.getlist(name)
        if len(values) > 1:
            _refuse(f"Expected {name} once, but it came {len(values)} times.")
        if values:
            found[name] = _checked_text(name, values[0])
    return found


def number(name: str, text: str, low: float, high: float) -> float:
    """Reads a plain decimal number such as `0.5`.

    Raises:
        Problem: 422 if it is not one, or out of range.
    """
    if not NUMBER.fullmatch(text) or not low <= float(text) <= high:
        _refuse(f"Expected {name} to be a number from {low:g} to {high:g}.")
    return float(text)


def whole_number(name: str, text: str, low: int, high: int) -> int:
    """Reads ASCII digits; `int()` alone would take other scripts' digits and thousands of them.

    Raises:
        Problem: 422 if it is not one, or out of range.
    """
    if not DIGITS.fullmatch(text) or not low <= int(text) <= high:
        _refuse(f"Expected {name} to be a whole number from {low} to {high}.")
    return int(text)


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
        _refuse("Expected a JSON object.")
    for name in content:
        if name not in fields:
            _refuse(f"Unknown field. Known: {', '.join(fields) or 'none'}.")
        if not isinstance(content[name], fields[name]):
            _refuse(f"Expected {name} to be {TYPE_NAMES[fields[name]]}.")
    for name in required:
        if name not in content:
            _refuse(f"The field {name} is missing.")
    return content


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
            body.decode("utf-8"), object_pairs_hook=_object, parse_int=_integer, parse_float=_float,
            parse_constant=_constant,
        )  # fmt: skip
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise Problem(
            400, "invalid-json", "The body is not JSON in UTF-8, or it is nested too deeply."
        ) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        _refuse("A field of the JSON object comes twice.")
    for name, value in pairs:
        _checked_text("a field name", name)
        if isinstance(value, str):
            _checked_text(name, value)
    return content


def _integer(digits: str) -> int:
    if len(digits) > 20:
        return -ANY_NUMBER_IS_BELOW if digits.startswith("-") else ANY_NUMBER_IS_BELOW
    return int(digits)


def _float(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _constant(text)


def _constant(text: str) -> NoReturn:
    _refuse("A number of the body is not finite. JSON has no NaN and no Infinity.")


def _checked_text(name: str, text: str) -> str:
    """Refuses control characters, lone surrogates and writing-direction overrides."""
    if len(text) > MAX_TEXT or not text.isprintable():
        shown = name if name.isprintable() and len(name) <= 64 else "text"
        _refuse(f"Expected {shown} to be printable and at most {MAX_TEXT} characters.")
    return text


def _refuse(detail: str) -> NoReturn:
    raise Problem(422, "invalid-field", detail)
