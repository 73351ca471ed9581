"""Runs: list and read them, start and cancel a training, choose which one is served."""

from dataclasses import asdict
from typing import Any, get_type_hints

from apiflask import APIBlueprint
from flask import Response, current_app, jsonify, request, url_for

from api import security
from api.datasets import dataset_folder
from api.errors import Problem
from api.inputs import text_fields, whole_number
from api.json_inputs import json_object, nothing
from core.errors import ConfigError, NoActiveRunError
from core.runs import registry
from core.runs.config import TrainingConfig, setting_names
from core.runs.folder import LIVE_STATES, Run
from core.runs.presets import preset

runs = APIBlueprint("runs", __name__)

SUMMARY = ("n", "labels", "accuracy", "balanced_accuracy", "majority_baseline", "log_loss", "ece", "brier")
MAX_KEY = 255
LISTED = ("run_id", "state", "created_at", "labels", "class_names", "seconds", "message")


@runs.before_request
def check_changes() -> None:
    """Every change of runs needs the key (or this machine); reading needs nothing."""
    if request.method not in security.SAFE_METHODS:
        security.check_key()


@runs.get("/runs")
def list_runs() -> dict:
    """All runs, newest first, at most `limit` (1 to 1000, default 100)."""
    limit = whole_number("limit", text_fields(("limit",)).get("limit", "100"), 1, 1000)
    found, active = registry.runs(_paths()), _active_id()
    return {"active": active, "total": len(found), "runs": [_line(run, active) for run in found[:limit]]}


@runs.post("/runs")
def create_run() -> tuple[Response, int, dict]:
    """Queues a training; the answer says where to watch it."""
    text_fields(())
    body = json_object({"dataset": str, "preset": str, "settings": dict}, required=("dataset", "preset"))
    config = training_config(body["preset"], body.get("settings", {}))
    run_id = _jobs().enqueue(_paths(), dataset_folder(body["dataset"]), config, key=_idempotency_key())
    answer = jsonify({"run_id": run_id, "job": _job(run_id)})
    return answer, 202, {"Location": url_for("runs.show_run", run_id=run_id)}


@runs.get("/runs/<run_id>")
def show_run(run_id: str) -> dict:
    """A run's facts, its evaluation in short, and its job while it is live."""
    text_fields(())
    run = registry.load(_paths(), run_id)
    facts = {
        **run.as_dict(),
        "dataset": {key: value for key, value in asdict(run.dataset).items() if key != "folder"},
    }
    evaluation = {split: {key: asdict(result)[key] for key in SUMMARY} for split, result in run.evaluation.items()}
    return {
        **facts,
        "active": run.run_id == _active_id(),
        "evaluation": evaluation,
        "job": _job(run_id) if run.state in LIVE_STATES else None,
    }


@runs.delete("/runs/<run_id>")
def cancel_run(run_id: str) -> tuple[dict, int]:
    """Cancels a queued or running training; a finished run is never deleted this way."""
    nothing()
    run = registry.load(_paths(), run_id)
    if run.state not in LIVE_STATES:
        raise Problem(409, "run-finished", f"The run is {run.state}: there is nothing to cancel, and runs are kept.")
    _jobs().cancel(_paths(), run_id)
    return {"run_id": run_id, "job": _job(run_id)}, 202


@runs.post("/runs/<run_id>/promote")
def promote_run(run_id: str) -> dict:
    """Serves this run from now on; twice is the same as once."""
    nothing()
    return {"active": registry.promote(_paths(), run_id).run_id}


@runs.post("/rollback")
def roll_back() -> dict:
    """Serves the run that was served before."""
    nothing()
    return {"active": registry.rollback(_paths()).run_id}


@runs.get("/promotions")
def list_promotions() -> dict:
    """Every promotion and roll-back so far, the latest first, at most `limit` (1 to 1000, default 100)."""
    limit = whole_number("limit", text_fields(("limit",)).get("limit", "100"), 1, 1000)
    found = registry.history(_paths())
    return {"active": _active_id(), "total": len(found), "promotions": found[::-1][:limit]}


def training_config(name: str, settings: dict[str, Any]) -> TrainingConfig:
    """A preset with settings of JSON types; text is not read as a number here, unlike on the command line.

    Raises:
        ConfigError: If a name or a value is not known.
    """
    kinds = get_type_hints(TrainingConfig)
    for key, value in settings.items():
        if key not in setting_names():
            raise ConfigError(f"Unknown training setting. Known: {', '.join(setting_names())}.")
        if isinstance(value, str) != (kinds[key] is str):
            raise ConfigError(f"Expected {key} to be {'text' if kinds[key] is str else 'no text'}, but got {value!r}.")
    return preset(name, **settings)


def _idempotency_key() -> str | None:
    """The header by which a client that sends a request again starts one training only."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= MAX_KEY:
        raise Problem(400, "invalid-field", f"Expected an Idempotency-Key of 1 to {MAX_KEY} characters. Shorten it.")
    return key


def _line(run: Run, active: str | None) -> dict:
    return {
        **{key: getattr(run, key) for key in LISTED},
        "preset": run.config.preset,
        "active": run.run_id == active,
    }


def _job(run_id: str) -> dict:
    return {key: value for key, value in asdict(_jobs().status(_paths(), run_id)).items() if key != "pid"}


def _active_id() -> str | None:
    """The served run, as in `/health/ready`; `None` if there is none."""
    try:
        return registry.active(_paths()).run_id
    except NoActiveRunError:
        return None


def _paths():
    return current_app.extensions["paths"]


def _jobs():
    return current_app.extensions["jobs"]
