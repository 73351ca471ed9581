"""Puts the description together: what APIFlask found of the routes, and what is said of them here."""

from typing import Any

from apiflask import APIFlask

from api.openapi.parts import ALWAYS, CHANGES, Operation, foreign_errors, problems

VERSION = "1.0.0"
FORMAT_OF = {"datasets": "dataset", "runs": "run", "run_files": "run", "tf_serving": "model", "open_inference": "model"}
DESCRIPTION = """An image classifier that shows what it learned from, and lets you prove that it got better.

Reading, predicting and explaining are open to whoever reaches the server. Changes need `Authorization: Bearer <key>`
where a key is set, and are allowed from this machine only where none is. Every error under `/api`, `/health` and
`/metrics` is RFC 9457 `application/problem+json`."""
TAGS = {
    "predictions": "What the served run says of pictures.",
    "explanations": "Which pixels spoke for a class.",
    "datasets": "Photos in classes, their suspicious labels, and decisions about them.",
    "runs": "Trainings, what they left behind, and which one is served.",
    "compatible": "The same predictions for clients of TensorFlow Serving and of the Open Inference Protocol.",
    "health": "Is it alive, can it predict, and what did it count.",
}
# The other blueprints are called like their tag.
TAG_OF = {"run_files": "runs", "metrics": "health", "tf_serving": "compatible", "open_inference": "compatible"}


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
    app.spec_processor(complete)


def complete(spec: dict[str, Any]) -> dict[str, Any]:
    """Adds to each operation what it takes and answers, and to the document the shapes.

    Args:
        spec: As APIFlask made it.

    Raises:
        KeyError: If a route is not described.
    """
    from api.openapi.answers import schemas  # only when somebody asks: 0.3 s and 10 MiB

    spec["components"]["schemas"] = schemas()
    known = operations()
    for path, methods in spec["paths"].items():
        for found in methods.values():
            endpoint = found["operationId"].partition("_")[2]  # without the method that APIFlask puts before it
            name = next(name for name in known if name.replace(".", "_") == endpoint)
            _describe(found, path, name, known[name])
    return spec


def operations() -> dict[str, Operation]:
    """What stands here of each route, by endpoint: blueprint and view function."""
    from api.compatible import operations as compatible_operations
    from api.openapi import dataset_operations, prediction_operations, run_operations

    modules = (prediction_operations, dataset_operations, run_operations, compatible_operations)
    return {name: item for module in modules for name, item in module.OPERATIONS.items()}


def _describe(found: dict[str, Any], path: str, name: str, operation: Operation) -> None:
    names = (*operation.problems, *ALWAYS)
    if operation.is_change:
        names += CHANGES
    if operation.is_limited:
        names += ("too-many-requests",)
    blueprint, _, operation_id = name.partition(".")
    found["operationId"] = operation_id + ("_in_version" if "{version}" in path else "")
    found["tags"] = [TAG_OF.get(blueprint, blueprint)]
    refused = foreign_errors() if operation.is_compatible else problems(tuple(dict.fromkeys(names)))
    found["responses"] = {**operation.answers, **dict(sorted(refused.items()))}
    for parameter in found.get("parameters", []):
        kind = {"type": "string", "format": FORMAT_OF[blueprint]}
        parameter.update(required=True, schema=kind, example=operation.path_examples[parameter["name"]])
    found["parameters"] = [*found.get("parameters", []), *operation.query]
    if operation.body:
        found["requestBody"] = operation.body
    if operation.is_change:
        found["security"] = [{"key": []}]
