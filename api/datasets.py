"""Datasets: what is in them, their suspicious labels, and decisions about them."""

from dataclasses import asdict
from pathlib import Path

from apiflask import APIBlueprint
from flask import current_app

from api import security
from api.errors import Problem
from api.inputs import choice, text_fields, whole_number
from api.json_inputs import json_object
from core.dataset import decisions
from core.dataset.index import SPLITS, Dataset, index_dataset
from core.review.stored import stored_ranking

datasets = APIBlueprint("datasets", __name__)

SUSPECT_COLUMNS = ["path", "given_label", "suggested_label", "score", "reason", "split"]
PHOTO_COLUMNS = ["path", "label", "split", "width", "height", "bytes", "sha256", "brightness", "sharpness", "problem"]


@datasets.get("/datasets")
def list_datasets() -> dict:
    """The names of all datasets: the folders in the data folder."""
    text_fields(())
    return {"datasets": [{"name": name} for name in sorted(_folders())]}


@datasets.get("/datasets/<name>")
def show_dataset(name: str) -> dict:
    """What the index knows: classes, splits, counts; the first request reads every photo and takes a while."""
    text_fields(())
    dataset = _dataset(name)
    counts = dataset.usable.groupby(["split", "label"]).size()
    return {
        "dataset": dataset.name,
        "class_names": list(dataset.class_names),
        "fingerprint": dataset.fingerprint,
        "num_photos": len(dataset.usable),
        "num_problems": len(dataset.table) - len(dataset.usable),
        "num_decided": len(dataset.decisions()),
        "is_plain": dataset.is_plain,
        "counts": {
            split: {label: int(n) for label, n in part.droplevel(0).items()} for split, part in counts.groupby(level=0)
        },
    }


@datasets.get("/datasets/<name>/statistics")
def show_statistics(name: str) -> dict:
    """Sizes, light, copies, problems, and whether a plain number betrays the class."""
    from core.dataset.statistics import statistics  # pandas and scikit-learn: not for a server that only predicts

    text_fields(())
    return asdict(statistics(_dataset(name)))


@datasets.get("/datasets/<name>/photos")
def list_photos(name: str) -> dict:
    """The rows of the index, in its order: at most `limit` after `offset`, of one `split` or `label` if given."""
    fields = text_fields(("limit", "offset", "split", "label"))
    limit = whole_number("limit", fields.get("limit", "100"), 1, 1000)
    offset = whole_number("offset", fields.get("offset", "0"), 0, 999_999_999)
    choice("split", fields.get("split", SPLITS[0]), SPLITS)
    dataset = _dataset(name)
    rows = dataset.table
    for column in {"split", "label"} & set(fields):
        rows = rows[rows[column] == fields[column]]
    return {
        "dataset": dataset.name,
        "total": len(rows),
        "photos": rows[PHOTO_COLUMNS].iloc[offset : offset + limit].to_dict("records"),
    }


@datasets.get("/datasets/<name>/suspects")
def list_suspects(name: str) -> dict:
    """The photos of the last ranking that nobody decided about, the most suspicious first."""
    limit = whole_number("limit", text_fields(("limit",)).get("limit", "100"), 1, 1000)
    dataset = _dataset(name)
    ranking = stored_ranking(dataset)
    if ranking is None:
        raise Problem(
            409,
            "not-ranked",
            "Nobody ranked this dataset yet. Open the Review page or run `python -m core suspects` once.",
        )
    decided = dataset.decisions()
    left = ranking[~ranking["sha256"].isin(decided)]
    return {
        "dataset": dataset.name,
        "total": len(left),
        "decided": len(ranking) - len(left),
        "suspects": left[SUSPECT_COLUMNS].head(limit).to_dict("records"),
    }


@datasets.get("/datasets/<name>/decisions")
def list_decisions(name: str) -> dict:
    """The decision that counts for each decided photo, the latest first."""
    limit = whole_number("limit", text_fields(("limit",)).get("limit", "100"), 1, 1000)
    dataset = _dataset(name)
    found = sorted(dataset.decisions().values(), key=lambda item: item.at, reverse=True)
    return {"dataset": dataset.name, "total": len(found), "decisions": [asdict(item) for item in found[:limit]]}


@datasets.post("/datasets/<name>/decisions")
def decide(name: str) -> tuple[dict, int]:
    """Records a decision about one photo; it is on disk when this answers."""
    security.check_key()
    text_fields(())
    fields = ("path", "action", "label", "reviewer", "note")
    body = json_object(dict.fromkeys(fields, str), required=("path", "action"))
    dataset = _dataset(name)
    if body["path"] not in set(dataset.table["path"]):  # a lookup: client text never becomes a path
        raise Problem(422, "unknown-photo", "No photo of this dataset has this path. Take one from the suspects.")
    choice("action", body["action"], decisions.ACTIONS)
    return {"decision": asdict(decisions.decide(dataset, **body))}, 201


def dataset_folder(name: str, status: int = 422) -> Path:
    """Looks a dataset up by name; what a client sends never becomes a part of a path.

    Raises:
        Problem: With this status if no folder in the data folder has this name.
    """
    known = _folders()
    if name not in known:
        raise Problem(status, "unknown-dataset", "No dataset has this name. It must be a folder in the data folder.")
    return known[name]


def _folders() -> dict[str, Path]:
    data_dir = current_app.extensions["paths"].data_dir
    children = data_dir.iterdir() if data_dir.is_dir() else ()
    return {child.name: child for child in children if child.is_dir() and not child.name.startswith(".")}


def _dataset(name: str) -> Dataset:
    return index_dataset(dataset_folder(name, 404), current_app.extensions["paths"])
