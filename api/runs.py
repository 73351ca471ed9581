"""Runs: list, read and delete them, start and cancel a training, choose which one is served."""

from dataclasses import asdict, fields
from typing import Any, cast

from apiflask import APIBlueprint
from flask import current_app, request, url_for

from api.datasets import dataset_folder
from api.inputs import LIMIT, shown, takes
from api.json_inputs import json_object, nothing
from api.openapi.describe import NO_BODY, Described, Schema, json_body
from api.openapi.describe import fields as object_of
from api.problems import Problem
from api.run_answers import Job, JobAnswer, Promotion, Promotions, RunLine, Runs, Served
from api.run_answers import Run as RunAnswer
from api.served import served_id
from core.errors import ConfigError
from core.networks.catalogue import BACKBONES
from core.paths import Paths
from core.runs import registry
from core.runs.config import NETWORKS, TrainingConfig, setting_kind, setting_names
from core.runs.folder import LIVE_STATES, Run
from core.runs.presets import PRESETS, preset
from core.runs.promotions import history

runs = APIBlueprint("runs", __name__)

SUMMARY = ("n", "labels", "accuracy", "balanced_accuracy", "majority_baseline", "log_loss", "ece", "brier")
MAX_KEY = 255
KEY = {
    "description": "Of equal requests with one key only the first starts a training.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY},
    "example": "9f2c1e",
}
CHOICES = {"network": list(NETWORKS), "labels": ["given", "reviewed"], "backbone": ["", *BACKBONES]}
KINDS = {int: "integer", float: "number", bool: "boolean", str: "string"}
SIDE: Schema = {"type": "integer", "minimum": 32, "maximum": 512}


def setting_schema(name: str, kind: type, limits: tuple[float, float] | None) -> Schema:
    """The JSON Schema of a training setting, with the limits that `TrainingConfig` holds."""
    if name in CHOICES:
        return {"enum": CHOICES[name]}
    if name == "image_size":
        return {"type": "array", "items": SIDE, "minItems": 2, "maxItems": 2}
    return {"type": KINDS[kind], **(dict(zip(("minimum", "maximum"), limits, strict=True)) if limits else {})}


SETTINGS = {
    item.name: setting_schema(item.name, setting_kind(item.name), item.metadata.get("range"))
    for item in fields(TrainingConfig)
    if item.name in setting_names()
}
TRAINING: dict[str, Schema] = {
    "dataset": {"type": "string", "format": "dataset"},
    "preset": {"type": "string", "enum": list(PRESETS)},
    "settings": object_of(SETTINGS),
}


@runs.get("/runs")
@takes(limit=LIMIT)
def list_runs(limit: int) -> Runs:
    """All runs, newest first, at most `limit` (1 to 1000, default 100)."""
    found, active = registry.runs(_paths()), served_id()
    return {"active": active, "total": len(found), "runs": [_line(run, active) for run in found[:limit]]}


@runs.post("/runs")
@Described(
    problems=("invalid-setting", "dataset-unusable", "busy", "jobs-unavailable"),
    body=json_body(TRAINING, ("dataset", "preset")),
    status=202,
    meaning="Queued.",
    headers={"Location": ("Where to watch it.", "/api/v1/runs/2026-11-23-quick-7f3a")},
    request_headers={"Idempotency-Key": KEY},
)
def create_run() -> tuple[JobAnswer, int, dict[str, str]]:
    """Queues a training; the answer says where to watch it."""
    body = json_object(TRAINING, required=("dataset", "preset"))
    config = training_config(body["preset"], body.get("settings", {}))
    run_id = _jobs().enqueue(_paths(), dataset_folder(body["dataset"]), config, key=_idempotency_key())
    return {"run_id": run_id, "job": _job(run_id)}, 202, {"Location": url_for("runs.show_run", run_id=run_id)}


@runs.get("/runs/<run_id>")
@Described(problems=("jobs-unavailable",), answer=RunAnswer)
def show_run(run_id: str) -> dict[str, Any]:
    """A run's facts, its evaluation in short, and its job while it is live."""
    run = registry.load(_paths(), run_id)
    return {
        **run.as_dict(),
        "dataset": {key: value for key, value in asdict(run.dataset).items() if key != "folder"},
        "active": run.run_id == served_id(),
        "evaluation": {
            split: {key: getattr(result, key) for key in SUMMARY} for split, result in run.evaluation.items()
        },
        "job": _job(run_id) if run.state in LIVE_STATES else None,
    }


@runs.post("/runs/<run_id>/cancel")
@Described(
    problems=("run-finished", "jobs-unavailable"),
    body=NO_BODY,
    status=202,
    meaning="Cancelled or about to be.",
)
def cancel_run(run_id: str) -> tuple[JobAnswer, int]:
    """Cancels a queued or running training; twice is the same as once."""
    nothing()
    run = registry.load(_paths(), run_id)
    if run.state in LIVE_STATES:
        _jobs().cancel(_paths(), run_id)
    elif run.state != "cancelled":
        raise Problem("run-finished", f"The run is {run.state}: there is nothing to cancel.")
    return {"run_id": run_id, "job": _job(run_id)}, 202


@runs.delete("/runs/<run_id>")
@Described(status=204, meaning="It is gone for good.")
def delete_run(run_id: str) -> tuple[str, int]:
    """Deletes a finished run for good; refused for the one in use, and for one that is queued or running."""
    nothing()
    registry.delete(_paths(), run_id)
    return "", 204


@runs.post("/runs/<run_id>/promote")
@Described(body=NO_BODY)
def promote_run(run_id: str) -> Served:
    """Serves this run from now on; twice is the same as once."""
    nothing()
    return {"active": registry.promote(_paths(), run_id).run_id}


@runs.post("/rollback")
@Described(problems=("run-invalid",), body=NO_BODY)
def roll_back() -> Served:
    """Serves the run that was served before."""
    nothing()
    return {"active": registry.rollback(_paths()).run_id}


@runs.get("/promotions")
@takes(limit=LIMIT)
def list_promotions(limit: int) -> Promotions:
    """Every promotion and roll-back so far, the latest first, at most `limit` (1 to 1000, default 100)."""
    found = history(_paths())
    latest = [asdict(item) for item in found[::-1][:limit]]
    return {"active": served_id(), "total": len(found), "promotions": cast(list[Promotion], latest)}


def training_config(name: str, settings: dict[str, Any]) -> TrainingConfig:
    """A preset with settings of JSON types; text is not read as a number here, unlike on the command line.

    Raises:
        ConfigError: If a name or a value is not known.
    """
    for key, value in settings.items():
        if key not in SETTINGS:
            raise ConfigError(f"Unknown training setting {shown(key)}. Known: {', '.join(SETTINGS)}.")
        is_text = setting_kind(key) is str
        if isinstance(value, str) != is_text:
            raise ConfigError(f"Expected {key} to be {'text' if is_text else 'no text'}, but got {value!r:.80}.")
    return preset(name, **settings)


def _idempotency_key() -> str | None:
    """The header by which a client that sends a request again starts one training only."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= MAX_KEY:
        raise Problem("bad-request", f"Expected an Idempotency-Key of 1 to {MAX_KEY} characters, but got {len(key)}.")
    return key


def _line(run: Run, active: str | None) -> RunLine:
    return {
        "run_id": run.run_id,
        "state": run.state,
        "created_at": run.created_at,
        "labels": run.labels,
        "class_names": list(run.class_names),
        "seconds": run.seconds,
        "message": run.message,
        "preset": run.config.preset,
        "active": run.run_id == active,
    }


def _job(run_id: str) -> Job:
    found = asdict(_jobs().status(_paths(), run_id))
    return cast(Job, {key: value for key, value in found.items() if key != "pid"})


def _paths() -> Paths:
    return current_app.extensions["paths"]


def _jobs() -> Any:
    return current_app.extensions["jobs"]
