"""What a run left behind: its evaluation, its learning curve, its model card and its model, as files or as JSON."""

import hashlib
import io
import math
import shutil
import tempfile
from dataclasses import asdict
from typing import TYPE_CHECKING, BinaryIO, cast

from apiflask import APIBlueprint
from flask import Response, current_app, send_file

from api.inputs import Parameter, takes
from api.openapi.describe import Described
from api.problems import Problem
from api.run_answers import Evaluation, History, HistoryRow
from core.export.exports import stored_export
from core.export.files import download_bytes, download_name
from core.export.formats import COPIES, FORMATS, FormatName
from core.export.labels import add_zip
from core.runs import registry
from core.runs.folder import LIVE_STATES, Run

if TYPE_CHECKING:  # 70 MiB that a server which only predicts does not need
    import pandas as pd

run_files = APIBlueprint("run_files", __name__)


@run_files.get("/runs/<run_id>/evaluation")
def show_evaluation(run_id: str) -> Evaluation:
    """Everything that was measured of the run, by split; empty if it was never evaluated."""
    found = _run(run_id).evaluation
    return {"run_id": run_id, "evaluation": {split: asdict(result) for split, result in found.items()}}


@run_files.get("/runs/<run_id>/history")
def show_history(run_id: str) -> History:
    """The learning curve, one row an epoch; it grows while the run is trained."""
    return {"run_id": run_id, "history": history_rows(_run(run_id).history)}


@run_files.get("/runs/<run_id>/card")
@Described(problems=("not-finished",), meaning="The model card.", files=("text/markdown",))
def show_card(run_id: str) -> Response:
    """The model card of the run, as Markdown; that of a run from before there were cards is made now."""
    from core.workflows.card import card_of  # pandas and SciPy: not for a server that only predicts

    run = _run(run_id)
    if run.state in LIVE_STATES:
        raise Problem("not-finished", f"The run is {run.state}; it has no model card before it succeeded.")
    return Response(card_of(run, current_app.extensions["paths"]), content_type="text/markdown; charset=utf-8")


@run_files.get("/runs/<run_id>/export")
@Described(
    problems=("not-exported",),
    meaning="The model file.",
    headers={
        "Content-Disposition": ("The file's name.", "attachment; filename=bundled-elephants-strong.tflite"),
        "ETag": ("The file's sha256.", '"9aa8641c363787492d7043d6515db05e0d38ce8a1c8856a8d7392925d87a4a0f"'),
    },
    files=("application/octet-stream",),
)
@takes(
    format=Parameter(
        {"enum": list(FORMATS), "default": "litert"}, "Others than litert and keras must be exported before.", "litert"
    )
)
def export_run(run_id: str, format: FormatName) -> Response:
    """Downloads the model of a succeeded run in `format`, after a check of the files; a folder comes as a zip."""
    run = _run(run_id)
    content = exported(run, format)
    sha256 = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]  # any binary file will do
    content.seek(0)
    return send_file(
        content,
        "application/octet-stream",
        as_attachment=True,
        download_name=download_name(run, format),
        etag=sha256,
        conditional=False,
    )


def exported(run: Run, format_name: FormatName) -> BinaryIO:
    """The file of a run in a format with its class names in it, after a check of all it was made from.

    Raises:
        Problem: 409 for a run that did not succeed, 404 for a conversion that nobody made yet.
        RunInvalidError: If the run is damaged.
    """
    if run.state != "succeeded":
        raise Problem("run-invalid", f"The run is {run.state}; only a succeeded run can be exported.")
    run.verify()
    if format_name in COPIES:
        name = f"model{FORMATS[format_name].suffix}"
        run.verify(name)
        file = tempfile.TemporaryFile()  # on disk: several megabytes for whoever asks
        with (run.folder / name).open("rb") as own:
            shutil.copyfileobj(own, file)
        add_zip(run, file)
        file.seek(0)
        return file
    found = stored_export(run, format_name, current_app.extensions["paths"])
    if found is None:
        raise Problem(
            "not-exported",
            f"Nobody exported this run as {format_name} yet. Run `python -m core export {run.run_id} --format "
            f"{format_name} DIR` once, or use the Models page.",
        )
    return io.BytesIO(download_bytes(found.path)) if found.path.is_dir() else found.path.open("rb")


def history_rows(history: "pd.DataFrame") -> list[HistoryRow]:
    """The rows with `None` where nothing was measured: JSON knows neither NaN nor infinity.

    Args:
        history: As `Run.history`.
    """
    rows = [{name: _number(str(name), value) for name, value in row.items()} for row in history.to_dict("records")]
    return cast(list[HistoryRow], rows)


def _number(name: str, value: float) -> float | int | None:
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if name == "epoch" else float(value)


def _run(run_id: str) -> Run:
    return registry.load(current_app.extensions["paths"], run_id)
