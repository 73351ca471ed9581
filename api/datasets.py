"""Datasets: their suspicious labels, and decisions about them."""

from dataclasses import asdict

from flask import Blueprint, current_app

from api import security
from api.errors import Problem
from api.inputs import json_object, text_fields, whole_number
from api.runs import dataset_folder
from core.dataset.index import Dataset, index_dataset
from core.review import decisions
from core.review.stored import stored_ranking

datasets = Blueprint("datasets", __name__)

COLUMNS = ["path", "given_label", "suggested_label", "score", "reason", "split"]


@datasets.get("/datasets/<name>/suspects")
def list_suspects(name: str) -> dict:
    """The photos of the last ranking that nobody decided about, the most suspicious first."""
    limit = whole_number("limit", text_fields(("limit",)).get("limit", "100"), 1, 1000)
    dataset = _dataset(name)
    ranking = stored_ranking(dataset)
    if ranking is None:
        raise Problem(409, "not-ranked", "Nobody ranked this dataset yet. Open the Review page or run "
                      "`python -m core suspects` once.")  # fmt: skip
    decided = decisions.current(decisions.log(dataset))
    left = ranking[~ranking["sha256"].isin(decided)]
    return {"dataset": dataset.name, "total": len(left), "decided": len(ranking) - len(left),
            "suspects": left[COLUMNS].head(limit).to_dict("records")}  # fmt: skip


@datasets.post("/datasets/<name>/decisions")
def decide(name: str) -> tuple[dict, int]:
    """Records a decision about one photo; it is on disk when this answers."""
    security.check_key()
    fields = ("path", "action", "label", "reviewer", "note")
    body = json_object(dict.fromkeys(fields, str), required=("path", "action"))
    dataset = _dataset(name)
    if body["path"] not in set(dataset.table["path"]):  # a lookup: client text never becomes a path
        raise Problem(422, "unknown-photo", "No photo of this dataset has this path. Take one from the suspects.")
    if body["action"] not in decisions.ACTIONS:
        raise Problem(422, "invalid-field", f"Expected action to be one of {', '.join(decisions.ACTIONS)}.")
    return {"decision": asdict(decisions.decide(dataset, **body))}, 201


def _dataset(name: str) -> Dataset:
    paths = current_app.extensions["paths"]
    return index_dataset(dataset_folder(name), paths)
