"""Who may ask what, and what every answer carries: origin and key checks, request id, headers, log line."""

import base64
import hashlib
import hmac
import ipaddress
import json
import logging
import secrets
import time
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request

from api.inputs import check_encoding, check_query
from api.problems import Problem

log = logging.getLogger("tuskscope.api")

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
CHANGING = ("runs", "run_files", "datasets")  # blueprints whose changes need the key
STRICT = (*CHANGING, "predictions", "explanations", "tf_serving", "open_inference")  # they refuse unknown parameters
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
# The page may show its data: pictures, use its one style sheet and its one script, and post to this server.
PAGE_POLICY = (
    "default-src 'none'; img-src data:; style-src 'sha256-{style}'; script-src 'sha256-{script}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def install(app: Flask) -> None:
    """Adds the checks before and the headers after every request."""
    app.before_request(_begin)
    app.before_request(_refuse_foreign_changes)
    app.after_request(_finish)


def hash_of(text: str) -> str:
    """The hash by which a content security policy knows a style sheet or a script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def check_call() -> None:
    """Refuses a change by who may make none, then what nobody declared; runs before every request."""
    if request.blueprint in CHANGING and request.method not in SAFE_METHODS:
        check_key()
    if request.blueprint in STRICT:
        check_query()
    check_encoding()


def check_key() -> None:
    """Refuses a change without the API key; without a key only this machine may change anything.

    Raises:
        Problem: 401 for a missing or wrong key, 403 for a caller from elsewhere when no key is set.
    """
    expected = current_app.extensions["settings"].key
    if not expected:
        if _is_loopback(request.remote_addr):
            return
        raise Problem("forbidden")
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), expected.encode()):
        raise Problem("unauthorized", headers={"WWW-Authenticate": "Bearer"})


def _begin() -> None:
    g.started = time.monotonic()
    g.request_id = secrets.token_hex(8)  # ours, never the client's: it goes into logs and headers


def _refuse_foreign_changes() -> None:
    """A page of another site may not use the visitor's browser to post here (CSRF)."""
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise Problem("foreign-origin")


def _finish(response: Response) -> Response:
    is_page = response.mimetype == "text/html"
    hashes = {name: current_app.extensions[f"{name}_hash"] for name in ("style", "script")}
    response.headers["Content-Security-Policy"] = PAGE_POLICY.format(**hashes) if is_page else API_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"  # no-referrer would make the form's own Origin "null"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["X-Request-ID"] = g.get("request_id", "")
    log.info(
        json.dumps(
            {  # one line, ASCII only: nothing a client sends can break out of it
                "request_id": g.get("request_id", ""),
                "method": request.method,
                "path": request.path[:200],
                "status": response.status_code,
                "address": request.remote_addr,
                "seconds": round(time.monotonic() - g.get("started", time.monotonic()), 4),
                "user_agent": request.headers.get("User-Agent", "")[:200],
            }
        )
    )
    return response


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False
