"""Datasets: what is in them, their suspicious labels, and decisions about them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from apiflask import APIBlueprint
from flask import Response, current_app, jsonify

from api import answers
from api.inputs import LIMIT, Parameter, choice, takes, whole
from api.json_inputs import json_object
from api.openapi.describe import Described, Schema, fields
from api.problems import Problem
from core.dataset import decisions
from core.dataset.index import SPLITS, Dataset, index_dataset
from core.dataset.opened import datasets as datasets_of
from core.dataset.overlay import ACTIONS
from core.dataset.statistics import DatasetStatistics, statistics
from core.review.stored import count_suspicious, stored_ranking

if TYPE_CHECKING:  # 70 MiB that a server which only predicts does not need
    import pandas as pd

datasets = APIBlueprint("datasets", __name__)

CLASS: Schema = {"type": "string", "format": "class"}  # formats of ours, for people and for tools that make examples
TEXT = {"type": "string", "format": "printable", "maxLength": 1000}
OTHER_ACTIONS = {"type": "string", "enum": [name for name in ACTIONS if name != "relabel"]}
DECISION: dict[str, Schema] = {
    "path": {"type": "string", "format": "photo"},
    "action": OTHER_ACTIONS,
    "reviewer": TEXT,
    "note": TEXT,
}
RELABELLING = {**DECISION, "action": {"const": "relabel"}, "label": CLASS}
DECISION_BODY = {
    "anyOf": [fields(RELABELLING, ("path", "action", "label")), fields(DECISION, ("path", "action"))],
}


@datasets.get("/datasets")
def list_datasets() -> answers.Datasets:
    """The names of all datasets: the folders in the data folder, and those opened elsewhere on the pages."""
    return {"datasets": [{"name": name} for name in sorted(_folders())]}


@datasets.get("/datasets/<name>")
def show_dataset(name: str) -> answers.Dataset:
    """What the index knows: classes, splits, counts; the first request reads every photo and takes a while."""
    dataset = dataset_of(name)
    counts = dataset.usable.groupby(["split", "label"]).size()
    return {
        "dataset": dataset.name,
        "class_names": list(dataset.class_names),
        "fingerprint": dataset.fingerprint,
        "num_photos": len(dataset.usable),
        "num_problems": len(dataset.table) - len(dataset.usable),
        "num_decided": len(dataset.decisions()),
        "num_unfit": len(dataset.unfit_decisions()),
        "is_plain": dataset.is_plain,
        "notes": list(dataset.notes),
        "counts": {
            str(split): {str(label): int(n) for label, n in part.droplevel(0).items()}
            for split, part in counts.groupby(level=0)
        },
    }


@datasets.get("/datasets/<name>/statistics")
@Described(answer=DatasetStatistics)
def show_statistics(name: str) -> Response:
    """Sizes, light, copies, problems, and whether a plain number betrays the class."""
    return jsonify(statistics(dataset_of(name)))


@datasets.get("/datasets/<name>/photos")
@takes(
    limit=LIMIT,
    offset=Parameter(whole(0, 999_999_999, 0), "Skip so many.", 0),
    split=Parameter({"enum": list(SPLITS)}, "Only of this split.", "train"),
    label=Parameter(CLASS, "Only of this class.", "Asian"),
)
def list_photos(name: str, limit: int, offset: int, split: str | None, label: str | None) -> answers.Photos:
    """The rows of the index, in its order: at most `limit` after `offset`, of one `split` or `label` if given."""
    dataset = dataset_of(name)
    rows = dataset.table
    for column, wanted in (("split", split), ("label", label)):
        if wanted is not None:
            rows = rows[rows[column] == wanted]
    photos = _records(rows[offset : offset + limit], answers.Photo)
    return {"dataset": dataset.name, "total": len(rows), "photos": photos}


@datasets.get("/datasets/<name>/suspects")
@Described(problems=("not-ranked",))
@takes(limit=LIMIT)
def list_suspects(name: str, limit: int) -> answers.Suspects:
    """The photos of the last ranking that nobody decided about, the most suspicious first."""
    dataset = dataset_of(name)
    ranking = stored_ranking(dataset)
    if ranking is None:
        raise Problem("not-ranked")
    decided = dataset.decisions()
    left = ranking[~ranking["sha256"].isin(decided)]
    return {
        "dataset": dataset.name,
        "suspicious": count_suspicious(ranking, decided),
        "total": len(left),
        "decided": len(ranking) - len(left),
        "suspects": _records(left[:limit], answers.Suspect),
    }


@datasets.get("/datasets/<name>/decisions")
@takes(limit=LIMIT)
def list_decisions(name: str, limit: int) -> answers.Decisions:
    """The decision that counts for each decided photo, the latest first."""
    dataset = dataset_of(name)
    found = sorted(dataset.decisions().values(), key=lambda item: item.at, reverse=True)
    return {"dataset": dataset.name, "total": len(found), "decisions": found[:limit]}


@datasets.post("/datasets/<name>/decisions")
@Described(
    problems=("unknown-photo", "unknown-class"),
    body={"application/json": DECISION_BODY},
    status=201,
    meaning="It is on disk.",
)
def decide(name: str) -> tuple[answers.DecisionMade, int]:
    """Records a decision about one photo, or takes its last one back (`undo`); it is on disk when this answers."""
    body = json_object({**RELABELLING, "action": OTHER_ACTIONS}, required=("path", "action"))
    dataset = dataset_of(name)
    if body["path"] not in set(dataset.table["path"]):  # a lookup: client text never becomes a path
        raise Problem("unknown-photo")
    choice("action", body["action"], ACTIONS)
    return {"decision": decisions.decide(dataset, **body)}, 201


def dataset_folder(name: str, status: int = 422) -> Path:
    """Looks a dataset up by name; what a client sends never becomes a part of a path.

    Raises:
        Problem: With this status if no folder in the data folder has this name.
    """
    known = _folders()
    if name not in known:
        raise Problem("unknown-dataset", status=status)
    return known[name]


def _folders() -> dict[str, Path]:
    return datasets_of(current_app.extensions["paths"])


def _records(rows: "pd.DataFrame", shape: Any) -> list[Any]:
    return rows[list(get_type_hints(shape))].to_dict("records")


def dataset_of(name: str) -> Dataset:
    """Indexes a dataset by its name; raises 404 if there is none."""
    return index_dataset(dataset_folder(name, 404), current_app.extensions["paths"])
