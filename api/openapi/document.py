"""Puts /openapi.json together from the routes: address, words, query, return type, and what `Described` adds."""

import json
import re
from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import Any, Literal, get_args, get_origin, get_type_hints

from apiflask import APIFlask
from flask import Response, current_app

from api.inputs import parameters_of
from api.limits import UNLIMITED
from api.openapi.describe import NO_BODY, Described, Schema
from api.problems import PROBLEMS, problem_body
from api.security import CHANGING

VERSION = "1.0.0"
DESCRIPTION = """An image classifier that shows what it learned from, and lets you prove that it got better.

Reading, predicting and explaining are open to whoever reaches the server. Changes need `Authorization: Bearer <key>`
where a key is set, and are allowed from this machine only where none is. Every error under `/api`, `/health` and
`/metrics` is RFC 9457 `application/problem+json`."""
TAGS = {
    "predictions": "What the served run says of pictures.",
    "explanations": "Which pixels are evidence for a class.",
    "datasets": "Photos in classes, their suspicious labels, and decisions about them.",
    "runs": "Trainings, what they left behind, and which one is served.",
    "compatible": "The same predictions for clients of TensorFlow Serving and of the Open Inference Protocol.",
    "health": "Is it alive, can it predict, and what did it count.",
}
# The other blueprints are called like their tag.
TAG_OF = {"run_files": "runs", "metrics": "health", "tf_serving": "compatible", "open_inference": "compatible"}
# What is in an address: a format, for tools that make examples, an example, and the problems of a name nobody knows.
PATHS = {
    "datasets": ("dataset", "sample", ("unknown-dataset", "dataset-unusable")),
    "runs": ("run", "bundled-elephants-strong", ("run-not-found", "run-invalid")),
    "compatible": ("model", "tuskscope", ()),
}
UPLOADS = (
    *("empty-file", "image-field", "foreign-origin", "not-an-image", "unsupported-media-type", "corrupt-image"),
    *("too-large", "no-model", "busy"),
)
CHANGES = (
    *("unauthorized", "forbidden", "foreign-origin", "unsupported-media-type", "too-large", "invalid-json"),
    "storage-full",
)
COMPATIBLE = ("bad-request", "foreign-origin", "unknown-model", "too-large", "internal-error", "busy")
ATTRIBUTE = re.compile(r"^    (\w+(?:, \w+)*): (.*(?:\n {8}.*)*)", re.MULTILINE)
TEXT = {"type": "string"}
PREFIX = "#/components/schemas/"


def install(app: APIFlask) -> None:
    """Serves the description at /openapi.json; it is made when somebody asks for it."""
    app.config.update(
        AUTO_SERVERS=False,
        AUTO_404_RESPONSE=False,
        AUTO_OPERATION_ID=True,
        SECURITY_SCHEMES={"key": {"type": "http", "scheme": "bearer"}},
    )
    app.description = DESCRIPTION
    app.license = {"name": "MIT", "identifier": "MIT"}
    app.tags = [{"name": name, "description": words} for name, words in TAGS.items()]
    app.spec_processor(complete)  # type: ignore[arg-type]  # it may also return YAML, which is off


def complete(spec: dict[str, Any]) -> dict[str, Any]:
    """Adds to each operation what it takes and answers, and to the document the shapes.

    Args:
        spec: As APIFlask made it.
    """
    views = current_app.view_functions
    shapes, spec["components"]["schemas"] = schemas({name: answer_type(view) for name, view in views.items()})
    examples = json.loads(files("api.openapi").joinpath("examples.json").read_text(encoding="utf-8"))
    endpoints = {name.replace(".", "_"): name for name in views}
    for path, methods in spec["paths"].items():
        for method, found in methods.items():
            endpoint = endpoints[found["operationId"].removeprefix(f"{method}_")]
            name = endpoint.rpartition(".")[2]
            found.update(_operation(endpoint, method, found, examples.get(name, {}), shapes.get(endpoint)))
            found["operationId"] = name + ("_in_version" if "{version}" in path else "")
    return spec


def answer_type(view: Callable[..., Any]) -> Any:
    """The type of a route's JSON answer; `None` if it has none."""
    wanted = description_of(view).answer or get_type_hints(view).get("return")
    first = get_args(wanted)[0] if get_origin(wanted) is tuple else wanted
    return None if first in (Response, str) else first


def description_of(view: Callable[..., Any]) -> Described:
    """What a route says of itself."""
    return getattr(view, "description", Described())


def schemas(types: dict[str, Any]) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """JSON Schemas of types by their keys, and of all that they are made of by name."""
    from pydantic import ConfigDict, TypeAdapter  # only when somebody asks: 0.3 s and 10 MiB

    from api import answers, run_answers

    for shape in (*vars(answers).values(), *vars(run_answers).values()):
        if hasattr(shape, "__total__"):  # a TypedDict
            shape.__pydantic_config__ = ConfigDict(use_attribute_docstrings=True)
    wanted = {**types, "problem": answers.Problem, "plain error": answers.CompatibleError}
    mode: Literal["serialization"] = "serialization"
    adapters = [(key, mode, TypeAdapter(kind)) for key, kind in wanted.items() if kind is not None]
    found, definitions = TypeAdapter.json_schemas(adapters, ref_template=PREFIX + "{model}")
    for shape in definitions["$defs"].values():
        _divide_words(shape)
    return {key: schema for (key, _), schema in found.items()}, definitions["$defs"]


def _divide_words(shape: Schema) -> None:
    """Gives each property what the docstring of a dataclass of core says of it under `Attributes`."""
    shape["description"], _, attributes = shape["description"].partition("\n\nAttributes:\n")
    for names, words in ATTRIBUTE.findall(attributes):
        for name in names.split(", "):
            if name in shape["properties"]:
                shape["properties"][name]["description"] = " ".join(words.split())


def _operation(
    endpoint: str, method: str, found: dict[str, Any], examples: dict[str, Any], shape: Schema | None
) -> dict[str, Any]:
    described, blueprint = description_of(current_app.view_functions[endpoint]), endpoint.partition(".")[0]
    tag = TAG_OF.get(blueprint, blueprint)
    is_change = blueprint in CHANGING and method != "get"
    kind, value, unknown = PATHS.get(tag, ("", "", ()))
    in_path = found.get("parameters", [])
    for parameter in in_path:
        example = "1" if parameter["name"] == "version" else value
        parameter.update(required=True, schema={"type": "string", "format": kind}, example=example)
    given = [
        {"in": "query", "name": name, "required": False}
        | {key: value for key, value in vars(item).items() if value is not None}
        for name, item in parameters_of(endpoint).items()
    ]
    given += [{"in": "header", "name": name, **item} for name, item in described.request_headers.items()]
    names = {"bad-request", "internal-error", *described.problems}
    names.update(unknown if in_path else ())
    names.update(CHANGES if is_change else ())
    names.update(UPLOADS if tag in ("predictions", "explanations") else ())
    names.update(() if tag == "health" else ("invalid-field",))
    names.update(() if blueprint in UNLIMITED else ("too-many-requests",))
    refused = plain_errors() if tag == "compatible" else problems(name for name in PROBLEMS if name in names)
    good = {str(described.status): _answer(described, shape, examples.get("answer"), tag == "compatible")}
    operation: dict[str, Any] = {
        "tags": [tag],
        "parameters": in_path + given,
        "responses": {**good, **refused},
    }
    if described.body:
        operation["requestBody"] = {
            "required": described.body is not NO_BODY,
            "content": _body(described, examples.get("body", {})),
        }
    if is_change:
        operation["security"] = [{"key": []}]
    return operation


def _answer(described: Described, shape: Schema | None, example: Any, is_compatible: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": described.meaning}
    if is_compatible and shape == {"additionalProperties": True, "type": "object"}:
        shape = {"type": "object", "required": list(example)}  # their own documents say the rest
    content: dict[str, Any] = dict.fromkeys(described.files, {"schema": {}})
    for kind, schema in {"application/json": shape, "text/plain": TEXT, "text/markdown": TEXT}.items():
        if schema is not None and (kind in content or kind == "application/json"):
            content[kind] = {"schema": schema, "example": example}
    if content:
        answer["content"] = content
    if described.headers:
        answer["headers"] = {
            name: {"description": words, "schema": TEXT, "example": value}
            for name, (words, value) in described.headers.items()
        }
    return answer


def _body(described: Described, example: Any) -> dict[str, Any]:
    content: dict[str, Any] = {kind: {"schema": schema} for kind, schema in described.body.items()}
    if "application/json" in content:
        content["application/json"]["example"] = example
    return content


def plain_errors() -> dict[str, dict[str, Any]]:
    """Responses of the compatible routes when something is wrong."""
    found = {}
    for name in COMPATIBLE:
        status, sentence = PROBLEMS[name]
        content = {"schema": {"$ref": PREFIX + "CompatibleError"}, "example": {"error": sentence}}
        found[str(status)] = {
            "description": "An error in one sentence.",
            "content": {"application/json": content},
        }
    return found


def problems(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Responses for problems: one a status, an example for each problem."""
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        status, sentence = PROBLEMS[name]
        content = {"schema": {"$ref": PREFIX + "Problem"}, "examples": {}}
        response = found.setdefault(str(status), {"description": "", "content": {"application/problem+json": content}})
        response["description"] += f"{' · ' if response['description'] else ''}`{name}`"
        examples = response["content"]["application/problem+json"]["examples"]
        examples[name] = {"value": problem_body(name, status, sentence, "24c6d05d8adf9926")}
        if status in (429, 503):
            response["headers"] = {"Retry-After": {"description": "Seconds.", "schema": TEXT}}
    return found
