"""Reads forms and queries strictly: exactly the fields that are expected, of the right type, once each.

A field is declared once, as a `Parameter`: what a route reads is what /openapi.json says of it.
"""

import io
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, NoReturn, TypeVar

from flask import Request, current_app, request

from api.problems import Problem
from core.escaping import one_line

View = TypeVar("View", bound=Callable[..., Any])
RAW = "application/octet-stream"  # what many clients call any file
MAX_TEXT = 1000
NUMBER = re.compile(r"\d{1,4}(\.\d{1,6})?", re.ASCII)
DIGITS = re.compile(r"\d{1,9}", re.ASCII)  # `int()` alone would take other scripts' digits and thousands of them


class MemoryRequest(Request):
    """Keeps uploads in memory: nothing a client sends is written to disk."""

    def _get_file_stream(self, *args: Any, **kwargs: Any) -> io.BytesIO:
        return io.BytesIO()


@dataclass(frozen=True)
class Parameter:
    """A field of a query or a form that may be left out.

    Attributes:
        schema: JSON Schema: an integer with its range, an `enum`, or text.
        description: What it does.
        example: A value; `None` where a tool that fills it in would ask for what not every run can give.
    """

    schema: dict[str, Any]
    description: str
    example: str | int | None

    def read(self, name: str, text: str | None) -> Any:
        """The value of the field: its default if there is no text, `None` if it has none.

        Raises:
            Problem: 422 if the schema does not allow the text.
        """
        if text is None:
            return self.schema.get("default")
        if self.schema.get("type") == "integer":
            low, high = self.schema["minimum"], self.schema["maximum"]
            if not DIGITS.fullmatch(text) or not low <= int(text) <= high:
                refuse(f"Expected {name} to be a whole number from {low} to {high}.")
            return int(text)
        return choice(name, text, self.schema["enum"]) if "enum" in self.schema else text


def whole(low: int, high: int, default: int | None = None) -> dict[str, Any]:
    """The schema of a whole number."""
    schema = {"type": "integer", "minimum": low, "maximum": high}
    return schema if default is None else {**schema, "default": default}


LIMIT = Parameter(whole(1, 1000, 100), "At most so many.", 2)


def accepts(parameters: Mapping[str, Parameter]) -> Callable[[View], View]:
    """Names what a route reads itself; `check_query` refuses all else, and /openapi.json lists it."""

    def decorate(view: View) -> View:
        view.parameters = parameters  # type: ignore[attr-defined]  # a mark on a function
        return view

    return decorate


def takes(**parameters: Parameter) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """As `accepts`, and hands the query to the route as keyword arguments."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @accepts(parameters)
        @wraps(view)
        def call(**path: str) -> Any:
            found = _printable_once(parameters, request.args.getlist)
            return view(**path, **{name: item.read(name, found.get(name)) for name, item in parameters.items()})

        return call

    return decorate


def parameters_of(endpoint: str | None) -> Mapping[str, Parameter]:
    """What a route takes in its query."""
    return getattr(current_app.view_functions.get(endpoint or ""), "parameters", {})


def check_query() -> None:
    """Refuses a query with a parameter that the route does not know; runs before it is called.

    Raises:
        Problem: 422.
    """
    check_known("query parameter", request.args, parameters_of(request.endpoint))


def text_fields(known: Collection[str]) -> dict[str, str]:
    """Text values by name, from the query and the form; none may come twice.

    Raises:
        Problem: 422 for a repeated name or an unprintable value.
    """
    return _printable_once(known, lambda name: request.args.getlist(name) + request.form.getlist(name))


def image_files(maximum: int = 1, fields: Collection[str] = ()) -> list[bytes]:
    """The pictures of a request: files named `image` in a form, or the body itself.

    Args:
        maximum: How many files are allowed.
        fields: Names of text fields that the form may have besides.

    Raises:
        Problem: 400 for a missing, misnamed or surplus field, 415 for another Content-Type.
    """
    if request.mimetype.startswith("image/") or request.mimetype == RAW:  # the content decides
        return [request.get_data()]
    if request.mimetype != "multipart/form-data":
        wrong_type(
            "multipart/form-data with a file field `image`, or image/jpeg, image/png or image/webp for a picture"
        )
    uploads = [upload for upload in request.files.getlist("image") if upload.filename]  # browsers send an empty field
    unknown = [*(set(request.files) - {"image"}), *(set(request.form) - set(fields))]
    if unknown or not 1 <= len(uploads) <= maximum:
        slip = f"but got {len(uploads)}" if uploads else "but got none"
        if unknown:
            is_text = "image" in unknown
            slip = "but it came as text" if is_text else f"and no other field, but got {shown(unknown[0])}"
        elif not request.files and not request.form and request.content_length:
            slip = "but the form has no field that can be read; does its Content-Type name the boundary?"
        wanted = "exactly one file" if maximum == 1 else f"1 to {maximum} files"
        raise Problem("image-field", f"Expected {wanted} in the form field `image`, {slip}.".replace("?.", "?"))
    return [upload.stream.read() for upload in uploads]


def file_names() -> list[str]:
    """What the client calls the files that `image_files` gives, made printable; none if they are no files of a form.

    Only ever given back to it: never a path, never in a log.
    """
    names = (upload.filename for upload in request.files.getlist("image"))
    return [one_line(name)[:MAX_TEXT] for name in names if name]


def number(name: str, text: str, low: float, high: float) -> float:
    """Reads a plain decimal number such as `0.5`.

    Raises:
        Problem: 422 if it is not one, or out of range.
    """
    if not NUMBER.fullmatch(text) or not low <= float(text) <= high:
        refuse(f"Expected {name} to be a number from {low:g} to {high:g}.")
    return float(text)


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
        refuse(f"Expected {shown(name)} to be printable and at most {MAX_TEXT} characters.")
    return text


def check_known(kind: str, names: Iterable[str], known: Collection[str]) -> None:
    """Refuses names that nobody declared.

    Args:
        kind: What they are names of: `field`, `query parameter`.
        names: What came.
        known: What was declared.

    Raises:
        Problem: 422; it says which one came, and which there are.
    """
    for name in names:
        if name not in known:
            refuse(f"Unknown {kind} {shown(name)}. Known: {', '.join(known) or 'none'}.")


def shown(name: str) -> str:
    """A name that a client chose, if one can show it."""
    return name if name.isprintable() and 1 <= len(name) <= 64 else "with a name that cannot be shown"


def wrong_type(expected: str) -> NoReturn:
    """Raises a 415 about the Content-Type of a request."""
    raise Problem(
        "unsupported-media-type", f"Expected the Content-Type {expected}, but got {shown(request.mimetype or 'none')}."
    )


def check_encoding() -> None:
    """Refuses a compressed body: what it would become in memory is nobody's promise.

    Raises:
        Problem: 415.
    """
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise Problem(
            "unsupported-media-type",
            f"The body is compressed (Content-Encoding: {shown(encoding)}). Send it as it is, without that header.",
        )


def refuse(detail: str) -> NoReturn:
    """Raises a 422 about the content of a request."""
    raise Problem("invalid-field", detail)


def _printable_once(known: Collection[str], values_of: Callable[[str], list[str]]) -> dict[str, str]:
    found = {}
    for name in known:
        values = values_of(name)
        if len(values) > 1:
            refuse(f"Expected {name} once, but it came {len(values)} times.")
        if values:
            found[name] = checked_text(name, values[0])
    return found
