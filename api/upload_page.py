"""The page for people at `/`: choose a photo, get the answer and its heat map; one request, and no need for scripts."""

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
from flask import Blueprint, current_app, render_template
from markupsafe import Markup

from api.explanations import explained
from api.inputs import image_files
from api.limits import Turn, admitted
from api.pictures import heat_address, photo_address, photo_bytes
from api.problems import Problem
from api.served import served_predictor
from api.settings import FORM_BYTES
from core.errors import ImageError, NoActiveRunError
from core.metrics import headline
from core.prediction.predictor import Predictor
from core.prediction.words import answer
from core.runs.folder import Run

upload_page = Blueprint("upload_page", __name__)

NUM_COLOURS = 6  # class colours in the style sheet; further classes share the last one
MOST = 6  # photos at once: more would be stamps, in a page of 40 KB
TINY = 32  # pixels: a smaller side tells the model nothing
FLAT = 2.0  # standard deviation of a picture without content


@dataclass(frozen=True)
class Answer:
    """What the page shows of one photo.

    Attributes:
        kind: `sure`, `unsure`, `foreign` (does not show the subject) or `failed` (could not be read).
        sentence: The answer, or what is wrong with the file.
        hint: What to keep in mind; "" if there is nothing.
        bars: `(class name, percent, colour number)`, the most probable first.
        layers: `(class name, address)` of the heat maps, the predicted class first.
        method: How the heat maps were made.
        image: `uint8`, shape `(height, width, 3)`; `None` if it could not be read.
        photo: Address of the picture; made last, of what room the others leave.
    """

    kind: str
    sentence: str
    hint: str = ""
    bars: list[tuple[str, float, int]] = field(default_factory=list)
    layers: list[tuple[str, str]] = field(default_factory=list)
    method: str = ""
    image: np.ndarray | None = field(default=None, repr=False)
    photo: str = ""

    def with_photo(self, max_bytes: int) -> "Answer":
        """The answer with its picture in at most `max_bytes`."""
        return self if self.image is None else replace(self, photo=photo_address(self.image, max_bytes))


@upload_page.get("/")
def show() -> str:
    """The empty page; without a served run it says what to do."""
    try:
        return page(served_predictor().run)
    except (NoActiveRunError, Problem) as error:
        return page(error=str(error))


@upload_page.post("/")
def answer_photos() -> str:
    """The page with an answer for each photo; errors come as one sentence with the right status."""
    with admitted(current_app.extensions["settings"].explain_seconds) as turn:
        predictor = served_predictor()
        files = image_files(MOST)
        answers = [_answer_or_failure(turn, predictor, file, len(files)) for file in files]
    room = photo_bytes(len(answers), sum(len(address) for answer in answers for _, address in answer.layers))
    return page(predictor.run, tuple(answer.with_photo(room) for answer in answers))


def page(run: Run | None = None, answers: tuple[Answer, ...] = (), error: str = "") -> str:
    """Renders the page: empty, with answers, or with an error."""
    measured = headline(run.evaluation) if run else None
    return render_template(
        "upload_page.html",
        style=Markup(inlined("css")),
        script=Markup(inlined("js")),
        answers=answers,
        error=error,
        most=MOST,
        limit=current_app.extensions["settings"].max_body - FORM_BYTES,
        run=run,
        accuracy=measured.accuracy_text if measured else "",
    )


def _answer_or_failure(turn: Turn, predictor: Predictor, content: bytes, number: int) -> Answer:
    """A single bad photo is an error; among several it only spoils its own card."""
    try:
        return answered(turn, predictor, turn.decode(content), is_alone=number == 1)
    except ImageError as error:
        if number == 1:
            raise
        return Answer("failed", str(error))


def answered(turn: Turn, predictor: Predictor, image: np.ndarray, is_alone: bool = True) -> Answer:
    """Explains a picture for its predicted class and, alone and where one pass gives all classes, for the others."""
    found = [explained(turn, predictor, image)]
    prediction = found[0].prediction
    ranked = sorted(prediction.probabilities, key=prediction.probabilities.__getitem__, reverse=True)[:NUM_COLOURS]
    if is_alone and found[0].method == "class_map":
        found += [explained(turn, predictor, image, name, prediction=prediction) for name in ranked[1:]]
    if not is_alone:
        ranked = ranked[:3]
    colours = {name: min(number, NUM_COLOURS - 1) for number, name in enumerate(prediction.probabilities)}
    return Answer(
        kind="foreign" if prediction.is_subject is False else "unsure" if prediction.uncertain else "sure",
        sentence=answer(prediction),
        hint=hint(image, found[0].heatmap),
        bars=[(name, 100 * prediction.probabilities[name], colours[name]) for name in ranked],
        layers=[(item.class_name, heat_address(item.heatmap, 96 if is_alone else 48)) for item in found],
        method=found[0].method.replace("_", " "),
        image=image,
    )


def hint(image: np.ndarray, heatmap: np.ndarray) -> str:
    """Warns of pictures and heat maps that carry nothing."""
    if min(image.shape[:2]) < TINY or image.std() < FLAT:
        return "Tiny or blank picture: the result is unreliable."
    return "" if heatmap.any() else "No region stood out."


@cache
def inlined(kind: str) -> str:
    """The page's style sheet (`css`), or its script (`js`): paste, drop anywhere, camera.

    The content security policy knows both by their hashes.
    """
    return (Path(__file__).parent / "templates" / f"upload_page.{kind}").read_text(encoding="utf-8")
