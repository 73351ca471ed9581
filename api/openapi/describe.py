"""What a route says of itself for /openapi.json, where its code does not say it already."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from api.inputs import RAW

Schema = dict[str, Any]
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Described:
    """A decorator that says what neither address, query, words nor return type of a route tell.

    Attributes:
        problems: Keys of `PROBLEMS`, beside those that all routes of its kind share.
        body: Schema of the request body, by media type; empty if it takes none.
        status: Of a good answer.
        meaning: Of a good answer, in words.
        request_headers: Headers that it reads: description, example and schema by name.
        headers: Of a good answer: description and example by name.
        answer: The shape of a JSON answer; the return type of the route if not given.
        files: Media types of answers that are no JSON.
    """

    problems: tuple[str, ...] = ()
    body: Mapping[str, Schema] = field(default_factory=dict)
    status: int = 200
    meaning: str = "Done."
    headers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    request_headers: Mapping[str, Schema] = field(default_factory=dict)
    answer: Any = None
    files: tuple[str, ...] = ()

    def __call__(self, view: View) -> View:
        """Attaches it to a route."""
        view.description = self  # type: ignore[attr-defined]  # read when somebody opens /openapi.json
        return view


def fields(properties: Mapping[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """The schema of an object with exactly these fields."""
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


def json_body(properties: Mapping[str, Schema], required: tuple[str, ...] = ()) -> dict[str, Schema]:
    """The body of a route that takes a JSON object."""
    return {"application/json": fields(properties, required)}


NO_BODY = json_body({})  # of a change that takes no input: it may be left out, or be `{}`


def picture_bodies(maximum: int = 1) -> dict[str, Schema]:
    """The bodies of a route that takes pictures: a form with files named `image`, or one picture as it is."""
    picture = {"type": "string", "format": "binary"}
    image = picture if maximum == 1 else {"type": "array", "items": picture, "minItems": 1, "maxItems": maximum}
    form = {"multipart/form-data": fields({"image": image}, ("image",))}
    return {**form, **dict.fromkeys(("image/jpeg", "image/png", "image/webp", RAW), picture)}
