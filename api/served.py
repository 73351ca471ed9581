"""The predictor of the served run, as every route asks for it."""

from flask import current_app

from api.problems import Problem
from core.errors import NoActiveRunError, RunInvalidError
from core.prediction.predictor import Predictor


def served_predictor() -> Predictor:
    """The predictor of the served run; a request asks once and keeps it.

    Raises:
        NoActiveRunError: If nothing is served.
        Problem: 503 if the served run is damaged.
    """
    try:
        return current_app.extensions["predictor"].get()
    except RunInvalidError as error:
        raise Problem("no-model", f"The served run cannot be loaded: {error}") from error


def served_id() -> str | None:
    """The id of the run that answers; `None` if there is none."""
    try:
        return served_predictor().run.run_id
    except (NoActiveRunError, Problem):
        return None
