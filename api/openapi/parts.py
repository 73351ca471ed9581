"""The building blocks of the description: an operation, its answers, its query, its body."""

from dataclasses import dataclass, field
from typing import Any

REQUEST_ID = "24c6d05d8adf9926"
# Status and sentence of each problem, as in docs/api.md.
PROBLEMS = {
    "bad-request": (400, "The request could not be read. Compare it with the API's documentation."),
    "empty-file": (400, "The file is empty. Choose a picture and retry."),
    "image-field": (400, "Expected exactly one file in the form field `image` and no unknown field."),
    "invalid-json": (400, "The body is not JSON in UTF-8, or it is nested too deeply."),
    "unauthorized": (401, "This change needs the API key. Send `Authorization: Bearer <key>`."),
    "forbidden": (403, "Changes are allowed from this machine only. Set TUSKSCOPE_API_KEY."),
    "foreign-origin": (403, "Another site sent this request. Send it from this server's own page."),
    "run-not-found": (404, "No run has this id. List the runs to see which ones exist."),
    "unknown-dataset": (404, "No dataset has this name. It must be a folder in the data folder."),
    "no-card": (404, "This run has no model card."),
    "run-invalid": (409, "The run is failed; only a succeeded run can be served."),
    "run-finished": (409, "The run is succeeded: there is nothing to cancel, and runs are kept."),
    "not-finished": (409, "The run is queued; it has no model card before it succeeded."),
    "not-ranked": (409, "Nobody ranked this dataset yet. Open the Review page or run `python -m core suspects` once."),
    "too-large": (413, "The request is too large. A picture may have 10 MB, a JSON body 64 KB."),
    "not-an-image": (415, "The file is not a JPEG, PNG or WebP picture. Save it as one of these and retry."),
    "unsupported-media-type": (415, "Expected a body of application/json without encoding."),
    "corrupt-image": (422, "The picture is damaged or incomplete. Save it again and retry."),
    "invalid-field": (422, "Expected limit to be a whole number from 1 to 1000."),
    "invalid-setting": (422, "Expected epochs between 1 and 1000, but got 0."),
    "unknown-photo": (422, "No photo of this dataset has this path. Take one from the suspects."),
    "dataset-unusable": (422, "The dataset cannot be used. Run `python -m core index` on it to see why."),
    "method-unavailable": (422, "Converting to onnx needs TensorFlow, which this server does not load."),
    "unknown-class": (422, "Expected one of African, Asian."),
    "too-many-requests": (429, "Too many requests. Wait a second."),
    "internal-error": (500, "The server made an error; its log has the details under this request id. Try again."),
    "no-model": (503, "No run is served yet. Train one and promote it."),
    "busy": (503, "The server is busy. Try again in a moment."),
    "jobs-unavailable": (503, "The job queue cannot be read."),
}
ALWAYS = ("bad-request", "internal-error")
CHANGES = (
    "unauthorized",
    "forbidden",
    "foreign-origin",
    "unsupported-media-type",
    "too-large",
    "invalid-json",
    "invalid-field",
)
UPLOADS = (
    "empty-file",
    "image-field",
    "foreign-origin",
    "not-an-image",
    "unsupported-media-type",
    "corrupt-image",
    "too-large",
    "invalid-field",
    "no-model",
    "busy",
)


@dataclass(frozen=True)
class Operation:
    """What APIFlask cannot see of a route.

    Attributes:
        answers: OpenAPI responses by status.
        problems: Keys of `PROBLEMS`, beside `ALWAYS`.
        query: OpenAPI parameters.
        body: OpenAPI request body; `None` if it takes none.
        is_change: It needs the key, where one is set.
        is_limited: It may be refused above the rate.
        is_compatible: Its errors are those of the other protocol.
        path_examples: Example by name of a parameter in the path.
    """

    answers: dict[str, dict]
    problems: tuple[str, ...] = ()
    query: tuple[dict, ...] = ()
    body: dict | None = None
    is_change: bool = False
    is_limited: bool = True
    is_compatible: bool = False
    path_examples: dict[str, Any] = field(default_factory=dict)


def answer(name: str, example: Any, status: int = 200, description: str = "Done.", headers: dict | None = None) -> dict:
    """A JSON answer of a named shape."""
    content = {"application/json": {"schema": reference(name), "example": example}}
    return {str(status): {"description": description, "content": content, **({"headers": headers} if headers else {})}}


def file_answer(description: str, examples: dict[str, str], headers: dict | None = None) -> dict:
    """An answer that is no JSON: an example by media type."""
    content: dict[str, dict] = {}
    for kind, example in examples.items():
        content[kind] = {"schema": {"type": "string"}, "example": example} if example else {"schema": {}}
    return {"200": {"description": description, "content": content, **({"headers": headers} if headers else {})}}


def reference(name: str) -> dict:
    """Points at a shape."""
    return {"$ref": f"#/components/schemas/{name}"}


def query(name: str, schema: dict, description: str, example: Any) -> dict:
    """A parameter in the query that may be left out."""
    return {
        "in": "query",
        "name": name,
        "required": False,
        "schema": schema,
        "description": description,
        "example": example,
    }


def header(description: str, example: str) -> dict:
    """A header of an answer."""
    return {"description": description, "schema": {"type": "string"}, "example": example}


def body(contents: dict[str, tuple[dict, Any]], required: bool = True) -> dict:
    """A request body: schema and example by media type; an example of `None` is left out."""
    return {
        "required": required,
        "content": {
            kind: {"schema": schema, **({} if example is None else {"example": example})}
            for kind, (schema, example) in contents.items()
        },
    }


def fields(properties: dict[str, dict], required: tuple[str, ...] = ()) -> dict:
    """The schema of an object with exactly these fields."""
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


def foreign_errors() -> dict[str, dict]:
    """Responses of the compatible routes when something is wrong."""
    sentences = {
        "400": "Expected either instances or inputs, and besides signature_name only.",
        "403": PROBLEMS["foreign-origin"][1],
        "404": "Expected the model tuskscope or the id of the served run, in version 1.",
        "413": PROBLEMS["too-large"][1],
        "500": PROBLEMS["internal-error"][1],
        "503": PROBLEMS["busy"][1],
    }
    return {
        status: {
            "description": "An error in one sentence.",
            "content": {"application/json": {"schema": reference("CompatibleError"), "example": {"error": sentence}}},
        }
        for status, sentence in sentences.items()
    }


def problems(names: tuple[str, ...]) -> dict[str, dict]:
    """Responses for problems: one a status, an example for each problem."""
    found: dict[str, dict] = {}
    for name in names:
        status, detail = PROBLEMS[name]
        response = found.setdefault(
            str(status),
            {
                "description": "",
                "content": {"application/problem+json": {"schema": reference("Problem"), "examples": {}}},
            },
        )
        response["description"] += ("" if not response["description"] else " · ") + f"`{name}`"
        value = {
            "type": f"urn:tuskscope:problem:{name}",
            "title": name.replace("-", " ").capitalize(),
            "status": status,
            "detail": detail,
            "instance": REQUEST_ID,
        }
        response["content"]["application/problem+json"]["examples"][name] = {"value": value}
        if status in (429, 503):
            response["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "string"}}}
    return found
