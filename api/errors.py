"""Errors become answers, once: `application/problem+json` (RFC 9457) for programs, a sentence on the page.

A body has `type, title, status, detail, instance` and nothing else: no path, no class name, no traceback.
"""

import json
import logging
import re
import traceback

from flask import Blueprint, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from core.errors import (
    BusyError,
    ConfigError,
    DatasetError,
    ImageError,
    MethodUnavailableError,
    NoActiveRunError,
    RunInvalidError,
    RunNotFoundError,
    StorageError,
    TrainingError,
    TuskscopeError,
    UnknownClassError,
)
from core.files import storage_error

COMPATIBLE = re.compile(r"/v[12](/|$)")  # TensorFlow Serving and Open Inference have errors of their own

errors = Blueprint("errors", __name__)
log = logging.getLogger("tuskscope.api")

IMAGE_STATUS = {
    "empty-file": 400,
    "not-an-image": 415,
    "corrupt-image": 422,
    "too-many-pixels": 413,
    "file-too-large": 413,
}
STATUS = {
    UnknownClassError: (422, "unknown-class"),
    MethodUnavailableError: (422, "method-unavailable"),
    ConfigError: (422, "invalid-setting"),
    DatasetError: (422, "dataset-unusable"),
    RunNotFoundError: (404, "run-not-found"),
    RunInvalidError: (409, "run-invalid"),
    TrainingError: (503, "jobs-unavailable"),  # ids are made here: only the queue can fail
    NoActiveRunError: (503, "no-model"),
    BusyError: (503, "busy"),
    StorageError: (507, "storage-full"),
}
HTTP = {  # werkzeug's own descriptions name parameters and hosts; these say what to do
    400: ("bad-request", "The request could not be read. Compare it with the API's documentation."),
    404: ("not-found", "There is nothing at this address. The API lives under /api/v1."),
    405: (
        "method-not-allowed",
        "This address does not take this method. The Allow header lists those it takes.",
    ),
    408: ("timeout", "The request did not arrive in time. Send it again."),
    413: ("too-large", "The request is too large. A picture may have 10 MB, a JSON body 64 KB."),
    415: ("unsupported-media-type", "The Content-Type of the request is not accepted here."),
}
DATASET_DETAIL = "The dataset cannot be used. Run `python -m core index` on it to see why."  # its message has paths
UNEXPECTED = "The server made an error; its log has the details under this request id. Try again."


class Problem(Exception):
    """An answer that only the API knows, such as a wrong form field.

    Attributes:
        status: HTTP status.
        code: The last part of the problem's `type`.
        detail: One sentence: what was expected, what came, what to do.
        headers: Extra response headers.
    """

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None):
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, headers or {}


def as_problem(error: Exception) -> Problem:
    """Finds status, code and sentence of any error; an unknown one is logged and becomes a bare 500."""
    error = storage_error(error) or error  # wherever it was noticed that the disk takes nothing
    if isinstance(error, Problem):
        return error
    if isinstance(error, ImageError):
        return Problem(IMAGE_STATUS[error.code], error.code, str(error))
    if isinstance(error, TuskscopeError):
        status, code = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), (422, "refused"))
        detail = DATASET_DETAIL if isinstance(error, DatasetError) else str(error)
        return Problem(status, code, detail, {"Retry-After": "1"} if code == "busy" else None)
    if isinstance(error, HTTPException) and error.code in HTTP:
        code, detail = HTTP[error.code]
        allowed = getattr(error, "valid_methods", None)
        return Problem(error.code, code, detail, {"Allow": ", ".join(sorted(allowed))} if allowed else None)
    if isinstance(error, HTTPException) and 400 <= (error.code or 500) < 500:
        return Problem(error.code, "bad-request", HTTP[400][1])
    log.error(json.dumps({"request_id": g.get("request_id"), "traceback": traceback.format_exc()}))
    return Problem(500, "internal-error", UNEXPECTED)


@errors.app_errorhandler(Exception)
def answer_error(error: Exception) -> Response:
    """Answers a browser on a page with a page, everybody else with a problem."""
    problem = as_problem(error)
    if COMPATIBLE.match(request.path):
        status = 400 if problem.status in (415, 422) else problem.status  # they know 400 for all that is wrong
        response = Response(json.dumps({"error": problem.detail}), status, content_type="application/json")
    elif _wants_page():
        response = Response(current_app.extensions["error_page"](problem.detail), problem.status)
    else:
        response = Response(json.dumps(problem_body(problem)), problem.status, content_type="application/problem+json")
    response.headers.update(problem.headers)
    return response


def problem_body(problem: Problem) -> dict:
    """The RFC 9457 object of a problem."""
    return {
        "type": f"urn:tuskscope:problem:{problem.code}",
        "title": problem.code.replace("-", " ").capitalize(),
        "status": problem.status,
        "detail": problem.detail,
        "instance": g.get("request_id", ""),
    }


def _wants_page() -> bool:
    if request.path.startswith(("/api", "/health")):
        return False
    return request.path == "/" or request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"
