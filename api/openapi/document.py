"""Puts the description together: what APIFlask found of the routes, and what is said of them here."""

from typing import Any

from apiflask import APIFlask

from api.openapi import dataset_operations, prediction_operations, run_operations
from api.openapi.answers import schemas
from api.openapi.parts import ALWAYS, CHANGES, Operation, problems

VERSION = "1.0.0"
DESCRIPTION = """An image classifier that shows what it learned from, and lets you prove that it got better.

Reading, predicting and explaining are open to whoever reaches the server. Changes need `Authorization: Bearer <key>`
where a key is set, and are allowed from this machine only where none is. Every error under `/api`, `/health` and
`/metrics` is RFC 9457 `application/problem+json`."""
TAGS = {
    "predictions": "What the served run says of pictures.",
    "explanations": "Which pixels spoke for a class.",
    "datasets": "Photos in classes, their suspicious labels, and decisions about them.",
    "runs": "Trainings, what they left behind, and which one is served.",
    "health": "Is it alive, can it predict, and what did it count.",
}
TAG_OF = {"run_files": "runs", "metrics": "health"}  # the other blueprints are called like their tag
# By endpoint: blueprint and view function.
OPERATIONS: dict[str, Operation] = {
    **prediction_operations.OPERATIONS, **dataset_operations.OPERATIONS, **run_operations.OPERATIONS,
}  # fmt: skip
METHODS = ("get", "post", "put", "patch", "delete")


def install(app: APIFlask) -> None:
    """Serves the description at /openapi.json; it is made when somebody asks for it."""
    app.config.update(AUTO_SERVERS=False, AUTO_404_RESPONSE=False, AUTO_OPERATION_ID=True,
                      SECURITY_SCHEMES={"key": {"type": "http", "scheme": "bearer"}})  # fmt: skip
    app.description = DESCRIPTION
    app.license = {"name": "MIT", "identifier": "MIT"}
    app.tags = [{"name": name, "description": words} for name, words in TAGS.items()]
    app.spec_processor(complete)


def complete(spec: dict[str, Any]) -> dict[str, Any]:
    """Adds to each operation what it takes and answers, and to the document the shapes.

    Args:
        spec: As APIFlask made it.

    Raises:
        KeyError: If a route is not described.
    """
    spec["components"]["schemas"] = schemas()
    for path in spec["paths"].values():
        for method in METHODS:
            if method in path:
                _describe(path[method])
    return spec


def _describe(found: dict[str, Any]) -> None:
    endpoint = found["operationId"].partition("_")[2]  # without the method that APIFlask puts before it
    name, operation = next((name, item) for name, item in OPERATIONS.items() if name.replace(".", "_") == endpoint)
    names = (*operation.problems, *ALWAYS)
    if operation.is_change:
        names += CHANGES
    if operation.is_limited:
        names += ("too-many-requests",)
    blueprint, _, found["operationId"] = name.partition(".")
    found["tags"] = [TAG_OF.get(blueprint, blueprint)]
    found["responses"] = {**operation.answers, **dict(sorted(problems(tuple(dict.fromkeys(names))).items()))}
    for parameter in found.get("parameters", []):
        parameter.update(required=True, example=operation.path_examples[parameter["name"]])
    found["parameters"] = [*found.get("parameters", []), *operation.query]
    if operation.body:
        found["requestBody"] = operation.body
    if operation.is_change:
        found["security"] = [{"key": []}]
