"""The command about photos: predict."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.output import AS_JSON, CSV_FILE, PATH, SERVED_RUN, print_json, progress, served_run, write_csv
from core.errors import RunInvalidError
from core.escaping import one_line
from core.metrics.conformal import PredictionSets
from core.paths import Paths
from core.prediction.sets import BETWEEN, sets_of
from core.runs import registry
from core.runs.folder import Run

if TYPE_CHECKING:
    from core.prediction.predictor import Predictor

_CSV_COLUMNS = [
    *("path", "answer", "label", "probability", "subject_score", "is_subject", "uncertain", "run_id", "error"),
    "prediction_set",
]


@click.command()
@click.argument("photos", nargs=-1, required=True, type=PATH)
@SERVED_RUN
@AS_JSON
@CSV_FILE
def predict(photos: tuple[Path, ...], run_id: str | None, as_json: bool, csv_file: Path | None) -> None:
    """Predict PHOTOS; folders are walked."""
    from core.dataset.walk import photos_and_notes
    from core.prediction.folder import predict_paths

    files, notes = photos_and_notes(photos)
    for note in notes:
        click.echo(one_line(note), err=True)
    predictor = chosen_predictor(run_id)
    records = list(predict_paths(files, predictor, progress("predicting")))
    sets = _sets(predictor.run) if as_json or csv_file else None
    for record in records:
        probabilities = record["probabilities"]
        record["prediction_set"] = sets.of(probabilities) if sets and probabilities else None
    if csv_file:
        names = list(predictor.run.class_names)
        rows = [
            {
                **record,
                "prediction_set": record["prediction_set"] and BETWEEN.join(record["prediction_set"]),
                **{f"probability_{name}": value for name, value in (record["probabilities"] or {}).items()},
            }
            for record in records
        ]
        write_csv(csv_file, _CSV_COLUMNS + [f"probability_{name}" for name in names], rows)
    if as_json:
        print_json(records)
    elif not csv_file:
        for record in records:
            click.echo(one_line(f"{record['path']}: {record['error'] or _answer(record)}"))


def chosen_predictor(run_id: str | None) -> "Predictor":
    """The predictor of a run, or of the served one."""
    from core.prediction.predictor import Predictor

    paths = Paths.from_env()
    return Predictor(registry.load(paths, run_id) if run_id else served_run(paths))


def _sets(run: Run) -> PredictionSets | None:
    try:
        return sets_of(run)
    except RunInvalidError as error:
        click.echo(one_line(f"note: {error}"), err=True)
        return None


def _answer(record: dict[str, Any]) -> str:
    doubts = [text for key, text in (("uncertain", "not sure"),) if record[key]]
    doubts += ["does not seem to show the subject"] if record["is_subject"] is False else []
    return f"{record['label']} {record['probability']:.1%}" + (f" ({', '.join(doubts)})" if doubts else "")
