"""Errors become answers, once: `application/problem+json` (RFC 9457) for programs, a sentence on the page.

A body has `type, title, status, detail, instance` and nothing else: no path, no class name, no traceback.
"""

import json
import logging
import traceback

from flask import Blueprint, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from api.compatible.errors import is_compatible, plain_error
from api.problems import Problem, problem_body
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

errors = Blueprint("errors", __name__)
log = logging.getLogger("tuskscope.api")

CODES = {
    UnknownClassError: "unknown-class",
    MethodUnavailableError: "method-unavailable",
    ConfigError: "invalid-setting",
    DatasetError: "dataset-unusable",
    RunNotFoundError: "run-not-found",
    RunInvalidError: "run-invalid",
    TrainingError: "jobs-unavailable",  # ids are made here: only the queue can fail
    NoActiveRunError: "no-model",
    BusyError: "busy",
    StorageError: "storage-full",
}
# werkzeug's own descriptions name parameters and hosts; ours say what to do.
HTTP = {404: "not-found", 405: "method-not-allowed", 408: "timeout", 413: "too-large", 415: "unsupported-media-type"}


def as_problem(error: Exception) -> Problem:
    """Finds code and sentence of any error; an unknown one is logged and becomes a bare 500."""
    error = storage_error(error) or error  # wherever it was noticed that the disk takes nothing
    if isinstance(error, Problem):
        return error
    if isinstance(error, ImageError):
        return Problem(error.code, str(error))
    if isinstance(error, TuskscopeError):
        code = next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), "invalid-field")
        detail = "" if isinstance(error, DatasetError) else str(error)  # the message of a DatasetError has paths
        return Problem(code, detail, {"Retry-After": "1"} if code == "busy" else None)
    if isinstance(error, HTTPException) and error.code and 400 <= error.code < 500:
        allowed = getattr(error, "valid_methods", None)
        headers = {"Allow": ", ".join(sorted(allowed))} if allowed else None
        return Problem(HTTP.get(error.code, "bad-request"), headers=headers, status=error.code)
    log.error(json.dumps({"request_id": g.get("request_id"), "traceback": traceback.format_exc()}))
    return Problem("internal-error")


@errors.app_errorhandler(Exception)
def answer_error(error: Exception) -> Response:
    """Answers a browser on a page with a page, everybody else with a problem."""
    problem = as_problem(error)
    if is_compatible(request.path):
        response = plain_error(problem)
    elif _wants_page():
        response = Response(current_app.extensions["error_page"](problem.detail), problem.status)
    else:
        body = problem_body(problem.code, problem.status, problem.detail, g.get("request_id", ""))
        response = Response(json.dumps(body), problem.status, content_type="application/problem+json")
    response.headers.update(problem.headers)
    return response


def _wants_page() -> bool:
    if request.path.startswith(("/api", "/health")):
        return False
    return request.path == "/" or request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"
