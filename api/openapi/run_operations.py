"""Runs: what their operations take and answer."""

import dataclasses
from typing import get_type_hints

from api.openapi.dataset_operations import DATASET_NAME, LIMIT, SHA256
from api.openapi.parts import Operation, answer, body, fields, file_answer, header, query
from api.run_files import COPIES
from core.networks.catalogue import BACKBONES
from core.runs.config import NETWORKS, TrainingConfig, setting_names
from core.runs.presets import PRESETS

RUN_ID = "bundled-elephants-strong"
NEW_ID = "2026-11-23-quick-7f3a"
ONE = {"run_id": RUN_ID}
ACCURACY = {"value": 0.93, "low": 0.886, "high": 0.961, "n": 179}
SUMMARY = {"n": 179, "labels": "given", "accuracy": ACCURACY}
JOB = {
    "run_id": NEW_ID,
    "state": "queued",
    "stage": "",
    "fraction": 0.0,
    "epoch": 0,
    "epochs": 100,
    "eta_seconds": None,
    "message": "",
    "queue_position": 1,
    "started_at": None,
    "metrics": {},
}
LINE = {
    "run_id": RUN_ID,
    "state": "succeeded",
    "created_at": "2026-11-23T10:36:40.733+00:00",
    "labels": "given",
    "class_names": ["African", "Asian"],
    "seconds": 2.4,
    "message": "",
    "preset": "quick",
    "active": True,
}
ROW = {"epoch": 1, "loss": 0.597, "accuracy": 0.672, "val_loss": 0.69, "val_accuracy": 0.639}
PROMOTION = {"action": "promote", "run_id": RUN_ID, "at": "2026-11-23T12:14:12+00:00"}
CARD = "# bundled-elephants-strong\n\nTells African from Asian elephants. …\n"
CHOICES = {"network": list(NETWORKS), "labels": ["given", "reviewed"], "backbone": ["", *BACKBONES]}
KINDS = {int: "integer", float: "number", bool: "boolean", str: "string"}
NOTHING = body({"application/json": ({"type": "object", "additionalProperties": False}, {})}, required=False)
DOWNLOAD = {
    "Content-Disposition": header("The file's name.", f"attachment; filename={RUN_ID}.tflite"),
    "ETag": header("The file's sha256.", f'"{SHA256}"'),
}


def setting_schemas() -> dict[str, dict]:
    """The schema of each training setting, with the limits that `TrainingConfig` holds."""
    hints, found = get_type_hints(TrainingConfig), {}
    for item in dataclasses.fields(TrainingConfig):
        if item.name in CHOICES:
            found[item.name] = {"enum": CHOICES[item.name]}
        elif item.name == "image_size":
            side = {"type": "integer", "minimum": 32, "maximum": 512}
            found[item.name] = {"type": "array", "items": side, "minItems": 2, "maxItems": 2}
        elif item.name in setting_names():
            low, high = item.metadata.get("range", (None, None))
            limits = {} if low is None else {"minimum": low, "maximum": high}
            found[item.name] = {"type": KINDS[hints[item.name]], **limits}
    return found


def _example_run() -> dict:
    config = PRESETS["quick"].config.as_dict()
    facts = {key: value for key, value in LINE.items() if key not in ("preset", "active")}
    dataset = {"name": "elephants", "fingerprint": SHA256, "num_photos": 840, "decisions": []}
    return {
        "schema_version": 1,
        **facts,
        "dataset": dataset,
        "image_size": config["image_size"],
        "subject": None,
        "uncertain_below": 0.55,
        "versions": {"keras": "3.15.1"},
        "files": {"model.tflite": SHA256},
        "config": config,
        "active": True,
        "evaluation": {"test": SUMMARY},
        "job": None,
    }


OPERATIONS = {
    "runs.list_runs": Operation(
        answer("Runs", {"active": RUN_ID, "total": 1, "runs": [LINE]}), ("invalid-field",), (LIMIT,)
    ),
    "runs.create_run": Operation(
        answer(
            "JobAnswer",
            {"run_id": NEW_ID, "job": JOB},
            202,
            "Queued.",
            {"Location": header("Where to watch it.", f"/api/v1/runs/{NEW_ID}")},
        ),
        ("invalid-setting", "dataset-unusable", "busy", "jobs-unavailable"),
        is_change=True,
        body=body(
            {
                "application/json": (
                    fields(
                        {
                            "dataset": DATASET_NAME,
                            "preset": {"enum": list(PRESETS)},
                            "settings": fields(setting_schemas()),
                        },
                        ("dataset", "preset"),
                    ),
                    {"dataset": "sample", "preset": "quick", "settings": {"epochs": 100, "labels": "given"}},
                )
            }
        ),
    ),
    "runs.show_run": Operation(
        answer("Run", _example_run()),
        ("run-not-found", "run-invalid", "invalid-field", "jobs-unavailable"),
        path_examples=ONE,
    ),
    "runs.cancel_run": Operation(
        answer("JobAnswer", {"run_id": NEW_ID, "job": {**JOB, "state": "cancelled"}}, 202, "Cancelled or about to be."),
        ("run-not-found", "run-finished", "run-invalid", "jobs-unavailable"),
        is_change=True,
        path_examples={"run_id": NEW_ID},
    ),
    "runs.promote_run": Operation(
        answer("Served", {"active": RUN_ID}),
        ("run-not-found", "run-invalid"),
        is_change=True,
        body=NOTHING,
        path_examples=ONE,
    ),
    "runs.roll_back": Operation(answer("Served", {"active": RUN_ID}), ("run-invalid",), is_change=True, body=NOTHING),
    "runs.list_promotions": Operation(
        answer("Promotions", {"active": RUN_ID, "total": 1, "promotions": [PROMOTION]}), ("invalid-field",), (LIMIT,)
    ),
    "run_files.show_evaluation": Operation(
        answer("Evaluation", {"run_id": RUN_ID, "evaluation": {"test": SUMMARY}}),
        ("run-not-found", "run-invalid", "invalid-field"),
        path_examples=ONE,
    ),
    "run_files.show_history": Operation(
        answer("History", {"run_id": RUN_ID, "history": [ROW]}),
        ("run-not-found", "run-invalid", "invalid-field"),
        path_examples=ONE,
    ),
    "run_files.show_card": Operation(
        file_answer("The model card.", {"text/markdown": CARD}),
        ("run-not-found", "no-card", "not-finished", "run-invalid", "invalid-field"),
        path_examples=ONE,
    ),
    "run_files.export_run": Operation(
        file_answer("The model file.", {"application/octet-stream": ""}, DOWNLOAD),
        ("run-not-found", "run-invalid", "method-unavailable", "invalid-field"),
        path_examples=ONE,
        query=(query("format", {"enum": list(COPIES), "default": "litert"}, "Others: command line.", "litert"),),
    ),
}
