"""Reads forms and queries strictly: exactly the fields that are expected, of the right type, once each."""

import io
import re
from collections.abc import Collection
from typing import Any, NoReturn

from flask import Request, request

from api.errors import Problem

IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")
MAX_TEXT = 1000
NUMBER = re.compile(r"\d{1,4}(\.\d{1,6})?", re.ASCII)
DIGITS = re.compile(r"\d{1,9}", re.ASCII)


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
            415,
            "unsupported-media-type",
            "Expected multipart/form-data with a file field `image`, or a body of image/jpeg, image/png or image/webp.",
        )
    uploads = request.files.getlist("image")
    if set(request.files) - {"image"} or set(request.form) - set(fields) or not 1 <= len(uploads) <= maximum:
        wanted = "exactly one file" if maximum == 1 else f"1 to {maximum} files"
        raise Problem(400, "image-field", f"Expected {wanted} in the form field `image` and no unknown field.")
    return [upload.stream.read() for upload in uploads]


def text_fields(known: Collection[str]) -> dict[str, str]:
    """Text values by name, from the query and the form; none may come twice.

    Raises:
        Problem: 422 for an unknown query parameter, a repeated name or an unprintable value.
    """
    if set(request.args) - set(known):
        refuse(f"Unknown query parameter. Known: {', '.join(known) or 'none'}.")
    found = {}
    for name in known:
        values = request.args.getlist(name) + request.form.getlist(name)
        if len(values) > 1:
            refuse(f"Expected {name} once, but it came {len(values)} times.")
        if values:
            found[name] = checked_text(name, values[0])
    return found


def number(name: str, text: str, low: float, high: float) -> float:
    """Reads a plain decimal number such as `0.5`.

    Raises:
        Problem: 422 if it is not one, or out of range.
    """
    if not NUMBER.fullmatch(text) or not low <= float(text) <= high:
        refuse(f"Expected {name} to be a number from {low:g} to {high:g}.")
    return float(text)


def whole_number(name: str, text: str, low: int, high: int) -> int:
    """Reads ASCII digits; `int()` alone would take other scripts' digits and thousands of them.

    Raises:
        Problem: 422 if it is not one, or out of range.
    """
    if not DIGITS.fullmatch(text) or not low <= int(text) <= high:
        refuse(f"Expected {name} to be a whole number from {low} to {high}.")
    return int(text)


def choice(name: str, text: str, known: Collection[str]) -> str:
    """Takes one of the known words.

    Raises:
        Problem: 422 for any other.
    """
    if text not in known:
        refuse(f"Expected {name} to be one of {', '.join(known)}.")
    return text


def checked_text(name: str, text: str) -> str:
    """Refuses control characters, lone surrogates and writing-direction overrides."""
    if len(text) > MAX_TEXT or not text.isprintable():
        shown = name if name.isprintable() and len(name) <= 64 else "text"
        refuse(f"Expected {shown} to be printable and at most {MAX_TEXT} characters.")
    return text


def refuse(detail: str) -> NoReturn:
    """Raises a 422 about the content of a request."""
    raise Problem(422, "invalid-field", detail)
