"""What a run left behind: its evaluation, its learning curve, its model card and its model, as files or as JSON."""

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from flask import Response, current_app, send_file

from api.errors import Problem
from api.inputs import choice, text_fields
from core.errors import MethodUnavailableError
from core.export.formats import FORMATS
from core.runs import registry
from core.runs.folder import LIVE_STATES, Run

if TYPE_CHECKING:  # 70 MiB that a server which only predicts does not need
    import pandas as pd

run_files = APIBlueprint("run_files", __name__)

CARD = "README.md"
COPIES = {"litert": "model.tflite", "keras": "model.keras"}  # formats the run has already
NEEDS_TENSORFLOW = tuple(name for name in FORMATS if name not in COPIES)


@run_files.get("/runs/<run_id>/evaluation")
def show_evaluation(run_id: str) -> dict:
    """Everything that was measured of the run, by split; empty if it was never evaluated."""
    found = _run(run_id).evaluation
    return {"run_id": run_id, "evaluation": {split: asdict(result) for split, result in found.items()}}


@run_files.get("/runs/<run_id>/history")
def show_history(run_id: str) -> dict:
    """The learning curve, one row an epoch; it grows while the run is trained."""
    return {"run_id": run_id, "history": history_rows(_run(run_id).history)}


@run_files.get("/runs/<run_id>/card")
def show_card(run_id: str) -> Response:
    """The model card of the run, as Markdown."""
    run = _run(run_id)
    card = run.folder / CARD
    if run.state in LIVE_STATES:
        raise Problem(409, "not-finished", f"The run is {run.state}; it has no model card before it succeeded.")
    if not card.is_file():
        raise Problem(404, "no-card", "This run has no model card.")
    return Response(card.read_bytes(), content_type="text/markdown; charset=utf-8")


@run_files.get("/runs/<run_id>/export")
def export_run(run_id: str) -> Response:
    """Downloads the model of a succeeded run in `format`: `litert` or `keras`; its files are verified first."""
    wanted = text_fields(("format",)).get("format", "litert")
    run = registry.load(current_app.extensions["paths"], run_id)
    name = exportable_file(run, wanted)
    return send_file(
        run.folder / name,
        "application/octet-stream",
        as_attachment=True,
        download_name=run.run_id + name.removeprefix("model"),
        etag=run.files.get(name, False),
        conditional=False,
    )


def exportable_file(run: Run, format_name: str) -> str:
    """The name of a run's file in this format, after a check of all its files.

    Raises:
        MethodUnavailableError: If the format needs TensorFlow, which this process never loads.
        Problem: 422 for an unknown format, 409 for a run that did not succeed.
        RunInvalidError: If the run is damaged.
    """
    if format_name in NEEDS_TENSORFLOW:
        raise MethodUnavailableError(
            f"Converting to {format_name} needs TensorFlow, which this server does not load. "
            "Use the command line: python -m core export."
        )
    choice("format", format_name, COPIES)
    if run.state != "succeeded":
        raise Problem(409, "run-invalid", f"The run is {run.state}; only a succeeded run can be exported.")
    run.verify()
    if not (run.folder / COPIES[format_name]).is_file():
        raise Problem(409, "run-invalid", "The run has no model file. Train it again.")
    return COPIES[format_name]


def history_rows(history: "pd.DataFrame") -> list[dict]:
    """The rows with `None` where nothing was measured: JSON knows neither NaN nor infinity.

    Args:
        history: As `Run.history`.
    """
    return [{name: _number(name, value) for name, value in row.items()} for row in history.to_dict("records")]


def _number(name: str, value: float) -> float | int | None:
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if name == "epoch" else float(value)


def _run(run_id: str) -> Run:
    text_fields(())
    return registry.load(current_app.extensions["paths"], run_id)
