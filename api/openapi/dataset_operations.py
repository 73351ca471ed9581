"""Datasets and decisions: what they take and answer."""

from api.openapi.parts import Operation, answer, body, fields, query
from core.dataset.index import SPLITS
from core.dataset.overlay import ACTIONS

NAME = {"name": "sample"}
DATASET_NAME = {"type": "string", "format": "dataset"}  # formats of ours, for people and for tools that make examples
TEXT = {"type": "string", "format": "printable", "maxLength": 1000}
LIMIT = query("limit", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}, "At most so many.", 2)
OFFSET = query("offset", {"type": "integer", "minimum": 0, "maximum": 999_999_999, "default": 0}, "Skip so many.", 0)
COUNTS = {"train": {"African": 60, "Asian": 60}, "test": {"African": 12, "Asian": 12}}
PHOTO = "train/Asian/photo_0012.jpg"
SHA256 = "9aa8641c363787492d7043d6515db05e0d38ce8a1c8856a8d7392925d87a4a0f"
CLASS = {"type": "string", "format": "class"}
PHOTO_FIELDS = {"path": {"type": "string", "format": "photo"}, "reviewer": TEXT, "note": TEXT}
DECISION = {
    "image": SHA256,
    "path": PHOTO,
    "action": "relabel",
    "label": "African",
    "reviewer": "Ada",
    "at": "2026-11-23T10:36:40.733+00:00",
    "note": "",
}
DATASET = {
    "dataset": "sample",
    "class_names": ["African", "Asian"],
    "fingerprint": SHA256,
    "num_photos": 144,
    "num_problems": 1,
    "num_decided": 0,
    "is_plain": False,
    "counts": COUNTS,
}
RANGE = {"min": 320.0, "median": 480.0, "max": 640.0}
STATISTICS = {
    "name": "sample",
    "counts": COUNTS,
    "total": 144,
    "width": RANGE,
    "height": RANGE,
    "aspect_ratio": {"0.05": 1.0, "0.25": 1.2, "0.5": 1.33, "0.75": 1.33, "0.95": 1.5},
    "megapixels": {"min": 0.1, "median": 0.15, "max": 0.3},
    "bytes_total": 5242880,
    "brightness": {"African": {"mean": 118.2, "lower_quartile": 101.0, "median": 117.5, "upper_quartile": 133.9}},
    "duplicates": {"exact_pairs": 2, "near_pairs": 3, "across_classes": 1, "across_splits": 1, "leaked_test_photos": 1},
    "shortcuts": [
        {
            "feature": "brightness",
            "balanced_accuracy": 0.55,
            "chance": 0.5,
            "verdict": "fine",
            "sentence": "Brightness alone finds the class in 55 % of the photos: fine.",
        }
    ],
    "problems": [{"path": "train/Asian/broken.jpg", "problem": "corrupt-image"}],
}
ROW = {
    "path": PHOTO,
    "label": "Asian",
    "split": "train",
    "width": 640,
    "height": 480,
    "bytes": 48213,
    "sha256": SHA256,
    "brightness": 121.4,
    "sharpness": 310.2,
    "problem": "",
}
SUSPECT = {
    "path": PHOTO,
    "given_label": "Asian",
    "suggested_label": "African",
    "score": 0.97,
    "reason": "looks like African, labelled Asian",
    "split": "train",
}
FOUND = ("unknown-dataset", "dataset-unusable", "invalid-field")

OPERATIONS = {
    "datasets.list_datasets": Operation(answer("Datasets", {"datasets": [{"name": "sample"}]}), ("invalid-field",)),
    "datasets.show_dataset": Operation(answer("Dataset", DATASET), FOUND, path_examples=NAME),
    "datasets.show_statistics": Operation(answer("DatasetStatistics", STATISTICS), FOUND, path_examples=NAME),
    "datasets.list_photos": Operation(
        answer("Photos", {"dataset": "sample", "total": 144, "photos": [ROW]}),
        FOUND,
        path_examples=NAME,
        query=(
            LIMIT,
            OFFSET,
            query("split", {"enum": list(SPLITS)}, "Only of this split.", "train"),
            query("label", CLASS, "Only of this class.", "Asian"),
        ),
    ),
    "datasets.list_suspects": Operation(
        answer("Suspects", {"dataset": "sample", "total": 144, "decided": 0, "suspects": [SUSPECT]}),
        (*FOUND, "not-ranked"),
        (LIMIT,),
        path_examples=NAME,
    ),
    "datasets.list_decisions": Operation(
        answer("Decisions", {"dataset": "sample", "total": 1, "decisions": [DECISION]}),
        FOUND,
        (LIMIT,),
        path_examples=NAME,
    ),
    "datasets.decide": Operation(
        answer("DecisionMade", {"decision": DECISION}, 201, "It is on disk."),
        (*FOUND, "unknown-photo", "unknown-class"),
        is_change=True,
        path_examples=NAME,
        body=body(
            {
                "application/json": (
                    {
                        "anyOf": [
                            fields(
                                {**PHOTO_FIELDS, "action": {"const": "relabel"}, "label": CLASS},
                                ("path", "action", "label"),
                            ),
                            fields(
                                {**PHOTO_FIELDS, "action": {"enum": [name for name in ACTIONS if name != "relabel"]}},
                                ("path", "action"),
                            ),
                        ]
                    },
                    {"path": PHOTO, "action": "relabel", "label": "African", "reviewer": "Ada"},
                )
            }
        ),
    ),
}
