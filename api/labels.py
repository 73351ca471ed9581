"""Labelling over HTTP: class names, the photos to label next, many labels at once, the map."""

from dataclasses import asdict
from typing import Any, cast, get_args

from flask import current_app

from api import answers
from api.datasets import CLASS, DECISION, OTHER_ACTIONS, dataset_of, datasets
from api.inputs import LIMIT, Parameter, checked_text, choice, refuse, takes
from api.json_inputs import json_object
from api.openapi.describe import Described, fields, json_body
from api.problems import Problem
from core.dataset import decisions
from core.dataset.classes import MAX_CLASSES, add_classes
from core.dataset.labelling import labelled
from core.dataset.overlay import ACTIONS
from core.errors import DatasetError

MAX_AT_ONCE = 500
HOW = ("model", "random")
PATHS = {"type": "array", "items": DECISION["path"], "minItems": 1, "maxItems": MAX_AT_ONCE}
MANY = {**{name: shape for name, shape in DECISION.items() if name != "path"}, "paths": PATHS}
MANY_BODY = {
    "anyOf": [
        fields({**MANY, "action": {"const": "relabel"}, "label": CLASS}, ("paths", "action", "label")),
        fields({**MANY, "action": OTHER_ACTIONS}, ("paths", "action")),
    ]
}
NAMES = {"names": {"type": "array", "items": CLASS, "minItems": 1, "maxItems": MAX_CLASSES}}


@datasets.post("/datasets/<name>/classes")
@Described(body=json_body(NAMES, ("names",)), status=201, meaning="They are on disk.")
def name_classes(name: str) -> tuple[answers.ClassNames, int]:
    """Adds class names that photos may be labelled with; those that are there already stay."""
    names = _texts("names", json_object(NAMES, required=("names",))["names"], MAX_CLASSES)
    dataset = dataset_of(name)
    try:
        add_classes(dataset, names)
    except DatasetError as error:  # what is wrong is a name, and says so
        refuse(str(error))
    return {"dataset": dataset.name, "class_names": list(labelled(dataset).class_names)}, 201


@datasets.get("/datasets/<name>/next")
@Described(problems=("not-looked-at",))
@takes(
    limit=LIMIT,
    choose=Parameter({"enum": list(HOW), "default": "model"}, "Who chooses: the model, or chance.", "model"),
)
def list_next(name: str, limit: int, choose: str) -> answers.NextPhotos:
    """The photos to label next, each with the reason and what the model takes it for, and how good the model is."""
    from core.features.photo_map import is_looked_at
    from core.review.label_model import learn
    from core.review.label_next import How, next_photos
    from core.review.label_progress import label_progress

    dataset = dataset_of(name)
    if not is_looked_at(dataset):
        raise Problem("not-looked-at")
    model = learn(dataset, current_app.extensions["paths"])
    found = label_progress(dataset, model)
    how = next(item for item in get_args(How) if item == choose)
    return {
        "dataset": dataset.name,
        "class_names": list(dataset.class_names),
        "labelled": found.labelled,
        "excluded": found.excluded,
        "left": found.left,
        "test": found.test,
        "accuracy": found.accuracy,
        "verdict": found.verdict,
        "sentence": found.sentence,
        "photos": [cast(answers.NextPhoto, asdict(photo)) for photo in next_photos(model, limit, how)],
    }


@datasets.post("/datasets/<name>/decisions/bulk")
@Described(
    problems=("unknown-photo", "unknown-class"),
    body={"application/json": MANY_BODY},
    status=201,
    meaning="They are on disk, all of them.",
)
def decide_many(name: str) -> tuple[answers.DecisionsMade, int]:
    """Records the same decision about up to 500 photos, all or none, in one write."""
    body = json_object({**MANY, "action": OTHER_ACTIONS, "label": CLASS, "paths": PATHS}, required=("paths", "action"))
    body["paths"] = _texts("paths", body["paths"], MAX_AT_ONCE)
    dataset = dataset_of(name)
    if not set(body["paths"]) <= set(dataset.table["path"]):  # a lookup: client text never becomes a path
        raise Problem("unknown-photo")
    choice("action", body["action"], ACTIONS)
    return {"decisions": decisions.decide_all(dataset, **body)}, 201


@datasets.get("/datasets/<name>/map")
@Described(problems=("not-mapped",))
def show_map(name: str) -> answers.PhotoMap:
    """The photos on a plane: what looks alike to the network lies side by side."""
    from core.features.photo_map import stored_map

    dataset = dataset_of(name)
    found = stored_map(dataset)
    if found is None:
        raise Problem("not-mapped")
    rows = found.merge(dataset.usable[["path", "label", "split"]], on="path")
    return {"dataset": dataset.name, "photos": rows.drop(columns="sha256").to_dict("records")}


def _texts(name: str, values: list[Any], most: int) -> list[str]:
    if not 1 <= len(values) <= most or not all(isinstance(value, str) for value in values):
        refuse(f"Expected {name} to be a list of 1 to {most} texts.")
    return [checked_text(name, value) for value in dict.fromkeys(values)]
