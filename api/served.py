"""The predictor of the served run, as every route asks for it."""

from flask import current_app

from api.problems import Problem
from core.errors import RunInvalidError
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
        raise Problem("no-model", "The served run cannot be loaded. Promote another run or train one.") from error
