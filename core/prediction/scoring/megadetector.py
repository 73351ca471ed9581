"""Results as the JSON of MegaDetector (format 1.6), which Timelapse, AddaxAI and others read; written as a stream."""

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from core.files import open_atomic
from core.prediction.scoring.detections import LEAST_CONFIDENCE
from core.prediction.scoring.plan import Plan

LARGE = 100_000  # photos in one file; tools read it as a whole
ANIMAL = "1"


def to_megadetector(file: Path, plan: Plan, tables: Iterable[pa.Table], large: int = LARGE) -> list[Path]:
    """Writes the classes of each photo as classifications of its animal.

    With a detector's file in the plan, the animal is the box that was scored, and photos without one have no
    detection. Without, the whole photo is the box and its confidence is the evidence that it shows the subject at all.

    Args:
        file: Where to; of a larger plan each top folder gets a file of its own, with the folder's name before `.json`.
        plan: Whose photos.
        tables: The results.
        large: Photos in one file, at most, as long as there are top folders.

    Returns:
        The files written.
    """
    with contextlib.ExitStack() as stack:
        writers: dict[str, _Writer] = {}
        for table in tables:
            for row in table.to_pylist():
                top = row["path"].split("/")[0] if plan.num_photos > large and "/" in row["path"] else ""
                if top not in writers:
                    target = file.with_name(f"{file.stem}-{top}{file.suffix}") if top else file
                    writers[top] = _Writer(stack.enter_context(open_atomic(target)), target, plan)
                writers[top].add(_image(row, plan))
        for writer in writers.values():
            writer.end()
    return [writer.target for writer in writers.values()]


class _Writer:
    def __init__(self, file: BinaryIO, target: Path, plan: Plan):
        self._file, self.target, self._is_first = file, target, True
        head = {
            "info": {
                "format_version": "1.6",
                "classifier": plan.run_id,
                "classification_completion_time": plan.created_at.replace("T", " ")[:19],
                "detector_metadata": {"typical_detection_threshold": _threshold(plan)},
            },
            "detection_categories": {ANIMAL: "animal"},
            "classification_categories": {str(index): name for index, name in enumerate(plan.class_names)},
        }
        file.write(json.dumps(head, ensure_ascii=False, indent=1)[:-2].encode() + b',\n "images": [')

    def add(self, image: dict[str, Any]) -> None:
        separator = "\n  " if self._is_first else ",\n  "
        self._file.write((separator + json.dumps(image, ensure_ascii=False, allow_nan=False)).encode())
        self._is_first = False

    def end(self) -> None:
        self._file.write(b"\n ]\n}\n")


def _image(row: dict[str, Any], plan: Plan) -> dict[str, Any]:
    if row["error"]:
        return {"file": row["path"], "failure": row["error"], "detections": None}
    if row["detection"] is not None and row["box"] is None:
        return {"file": row["path"], "detections": []}
    ranked = sorted(((row[f"probability_{name}"], -index) for index, name in enumerate(plan.class_names)), reverse=True)
    evidence = row["detection"] if row["box"] else row["subject_score"]
    detection = {
        "category": ANIMAL,
        "conf": round(row["probability"] if evidence is None else evidence, 5),
        "bbox": [round(share, 5) for share in row["box"] or (0.0, 0.0, 1.0, 1.0)],
        "classifications": [[str(-index), round(probability, 5)] for probability, index in ranked],
    }
    return {"file": row["path"], "detections": [detection]}


def _threshold(plan: Plan) -> float:
    """What counts as a detection: the run's own threshold, since most plans have no detector's."""
    threshold = plan.settings.get("subject_threshold", "None")
    return LEAST_CONFIDENCE if threshold == "None" else float(threshold)
