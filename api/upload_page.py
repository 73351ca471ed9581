"""The page for people at `/`: choose a photo, get the answer and its heat map; one request, no script."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from flask import Blueprint, current_app, render_template
from markupsafe import Markup

from api.errors import Problem
from api.explanations import explained
from api.inputs import image_files
from api.limits import Turn, admitted
from api.pictures import heat_address, photo_address
from api.predictions import served_predictor
from core.errors import NoActiveRunError
from core.evaluation.intervals import Measured
from core.prediction.predictor import Prediction, Predictor
from core.runs.folder import Run

upload_page = Blueprint("upload_page", __name__)

NUM_COLOURS = 6  # class colours in the style sheet; further classes share the last one
TINY = 32  # pixels: a smaller side tells the model nothing
FLAT = 2.0  # standard deviation of a picture without content


@dataclass(frozen=True)
class Answer:
    """What the page shows of one photo.

    Attributes:
        kind: `sure`, `unsure` or `foreign` (does not show the subject).
        sentence: The answer.
        hint: What to keep in mind; "" if there is nothing.
        bars: `(class name, percent, colour number)`, in the order of the classes.
        photo: Address of the picture.
        layers: `(class name, address)` of the heat maps, the predicted class first.
        method: How the heat maps were made.
    """

    kind: str
    sentence: str
    hint: str
    bars: list[tuple[str, float, int]]
    photo: str
    layers: list[tuple[str, str]]
    method: str


@upload_page.get("/")
def show() -> str:
    """The empty page; without a served run it says what to do."""
    try:
        return page(served_predictor().run)
    except (NoActiveRunError, Problem) as error:
        return page(error=str(error))


@upload_page.post("/")
def answer_photo() -> str:
    """The page with an answer; errors come as one sentence with the right status."""
    with admitted(current_app.extensions["settings"].explain_seconds) as turn:
        predictor = served_predictor()
        answer = answered(turn, predictor, turn.decode(image_files(1)[0]))
    return page(predictor.run, answer=answer)


def page(run: Run | None = None, answer: Answer | None = None, error: str = "") -> str:
    """Renders the page: empty, with an answer, or with an error."""
    return render_template("upload_page.html", style=Markup(style()), answer=answer, error=error,
                           run_id=run.run_id if run else "", class_names=run.class_names if run else (),
                           accuracy=accuracy_of(run) if run else "")  # fmt: skip


def answered(turn: Turn, predictor: Predictor, image: np.ndarray) -> Answer:
    """Explains a picture for its predicted class and, where one pass gives all classes, for the others."""
    found = [explained(turn, predictor, image)]
    prediction = found[0].prediction
    ranked = sorted(prediction.probabilities, key=prediction.probabilities.get, reverse=True)[:NUM_COLOURS]
    if found[0].method == "class_map":
        found += [explained(turn, predictor, image, name, prediction=prediction) for name in ranked[1:]]
    colours = {name: min(number, NUM_COLOURS - 1) for number, name in enumerate(prediction.probabilities)}
    return Answer(
        kind="foreign" if prediction.is_subject is False else "unsure" if prediction.uncertain else "sure",
        sentence=sentence(prediction),
        hint=hint(image, found[0].heatmap),
        bars=[(name, 100 * prediction.probabilities[name], colours[name]) for name in ranked],
        photo=photo_address(image),
        layers=[(item.class_name, heat_address(item.heatmap)) for item in found],
        method=found[0].method.replace("_", " "),
    )


def sentence(prediction: Prediction) -> str:
    """The answer in words; no class is ever written into the code."""
    if prediction.is_subject is False:
        return (
            f"This photo does not seem to show what the model knows ({', '.join(prediction.probabilities)})."
        )
    share = "> 99 %" if prediction.probability > 0.995 else f"{100 * prediction.probability:.0f} %"
    return (
        f"Not sure: {prediction.label} {share}" if prediction.uncertain else f"{prediction.label} · {share}"
    )


def hint(image: np.ndarray, heatmap: np.ndarray) -> str:
    """Warns of pictures and heat maps that carry nothing."""
    if min(image.shape[:2]) < TINY or image.std() < FLAT:
        return "Tiny or blank picture: the result is unreliable."
    return "" if heatmap.any() else "No region stood out."


def accuracy_of(run: Run) -> str:
    """How often the run is right, with n, interval, labels and split; "" if it was never evaluated."""
    for split in ("test", "validation"):
        result = run.evaluation.get(split)
        if result:
            return Measured(**result["accuracy"]).text(result["labels"], split)
    return ""


@cache
def style() -> str:
    """The page's style sheet; its hash is in the content security policy."""
    return (Path(__file__).parent / "templates" / "upload_page.css").read_text(encoding="utf-8")
