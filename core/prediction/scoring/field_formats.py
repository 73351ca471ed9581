"""Results as tables that field tools read: events, Camtrap DP (https://camtrap-dp.tdwg.org, 1.0), Timelapse."""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from core.errors import DatasetError
from core.escaping import guard
from core.files import open_atomic
from core.prediction.predictor import NOT_SUBJECT
from core.prediction.scoring.events import Event
from core.prediction.scoring.plan import Plan

OFFSET = re.compile(r"Z|[+-](0\d|1[0-4]):[0-5]\d")
_MEDIA = ["mediaID", "deploymentID", "timestamp", "filePath", "filePublic", "fileName", "fileMediatype"]
_OBSERVATIONS = [
    "observationID",
    "deploymentID",
    "mediaID",
    "eventID",
    "eventStart",
    "eventEnd",
    "observationLevel",
    "observationType",
    "scientificName",
    "bboxX",
    "bboxY",
    "bboxWidth",
    "bboxHeight",
    "classificationMethod",
    "classifiedBy",
    "classificationTimestamp",
    "classificationProbability",
    "observationTags",
]
_TYPES = {".png": "image/png", ".webp": "image/webp"}
_NOT_A_PATH = re.compile(r"^[./~]|\.\.")  # what Camtrap DP does not take for a relative path


@dataclass(frozen=True)
class Written:
    """What went into a Camtrap DP: photos, and those that had to stay out, by reason."""

    photos: int
    without_time: int
    odd_path: int

    def sentence(self) -> str:
        left = [
            f"{count:,} left out: {why}."
            for count, why in (
                (self.without_time, "the camera wrote no date, which Camtrap DP asks for"),
                (self.odd_path, "Camtrap DP takes no path that begins with a dot or ~, or holds two dots"),
            )
            if count
        ]
        return " ".join([f"{self.photos:,} photos written.", *left])


def to_events(file: Path, plan: Plan, found: Iterable[Event]) -> int:
    """Writes a CSV file with a row an event; returns how many there are."""
    columns = ["event_id", "folder", "start", "end", "photos", "answer", "label", "first_photo"]
    columns += [f"probability_{name}" for name in plan.class_names]
    count = 0
    with _csv(file, columns) as writer:
        for event in found:
            count += 1
            numbers = {f"probability_{name}": value for name, value in event.probabilities.items()}
            own = {name: getattr(event, name) for name in ("event_id", "folder", "start", "end", "answer", "label")}
            writer.add({**own, "photos": len(event.paths), "first_photo": event.paths[0], **numbers})
    return count


def to_timelapse(file: Path, tables: Iterable[pa.Table]) -> None:
    """Writes a CSV file for Timelapse's import: `File`, `RelativePath` and `DateTime` name the photo, the rest fills
    fields of these names in the template."""
    columns = [
        "RootFolder",
        "File",
        "RelativePath",
        "DateTime",
        "Answer",
        "Label",
        "Probability",
        "Doubtful",
        "Problem",
    ]
    with _csv(file, columns) as writer:
        for table in tables:
            for row in table.to_pylist():
                folder, _, name = row["path"].rpartition("/")
                writer.add(
                    {
                        "File": name,
                        "RelativePath": folder.replace("/", "\\"),  # Timelapse runs on Windows
                        "DateTime": (row["taken_at"] or "").replace("T", " "),
                        "Answer": row["answer"],
                        "Label": row["label"],
                        "Probability": None if row["probability"] is None else f"{row['probability']:.4f}",
                        "Doubtful": str(bool(row["uncertain"])).lower(),
                        "Problem": row["error"],
                    }
                )


def to_camtrap(
    folder: Path,
    plan: Plan,
    tables: Iterable[pa.Table],
    found: Iterable[Event],
    utc_offset: str,
    names: Mapping[str, str] | None = None,
) -> Written:
    """Writes `media.csv` and `observations.csv`; `deployments.csv` and `datapackage.json` are the project's own.

    The folder of a photo is its deployment. A photo is a machine's observation on the level of media.

    Args:
        folder: Where to.
        plan: Whose photos.
        tables: The results.
        found: Their events.
        utc_offset: Of the cameras' clocks: `Z`, `+03:00`.
        names: Scientific name by class; a class without one stands in `observationTags` only.

    Raises:
        DatasetError: If the offset or a class is none.
    """
    if not OFFSET.fullmatch(utc_offset):
        raise DatasetError(f"Expected the offset of the cameras' clocks as Z or +03:00, but got {utc_offset!r}.")
    if unknown := sorted(set(names or {}) - set(plan.class_names)):
        raise DatasetError(f"Expected names for {', '.join(plan.class_names)}, but got one for {', '.join(unknown)}.")
    event_of = {path: event for event in found for path in event.paths}
    photos = without_time = odd_path = 0
    with _csv(folder / "media.csv", _MEDIA) as media, _csv(folder / "observations.csv", _OBSERVATIONS) as observations:
        for table in tables:
            for row in table.to_pylist():
                if _NOT_A_PATH.search(row["path"]):
                    odd_path += 1
                elif row["taken_at"] is None:
                    without_time += 1
                else:
                    photos += 1
                    at = row["taken_at"] + utc_offset
                    deployment, _, name = row["path"].rpartition("/")
                    shared = {"mediaID": _id(row["path"]), "deploymentID": deployment or "root"}
                    suffix = Path(name).suffix.lower()
                    kind = _TYPES.get(suffix, "image/jpeg")
                    facts = {"timestamp": at, "filePath": row["path"], "filePublic": "false"}
                    media.add({**shared, **facts, "fileName": name, "fileMediatype": kind})
                    seen = _observation(row, plan, names or {})
                    event = event_of[row["path"]]
                    times = {"eventID": event.event_id, "eventStart": at, "eventEnd": at, "observationLevel": "media"}
                    observations.add({**shared, "observationID": f"{shared['mediaID']}-1", **times, **seen})
    return Written(photos, without_time, odd_path)


def _observation(row: dict[str, Any], plan: Plan, names: Mapping[str, str]) -> dict[str, Any]:
    if row["error"]:
        return {"observationType": "unclassified"}
    machine = {
        "classificationMethod": "machine",
        "classifiedBy": f"Tuskscope {plan.run_id}",
        "classificationTimestamp": plan.created_at.replace("+00:00", "Z"),
        "observationTags": f"answer:{row['answer']}|class:{row['label']}",
    }
    if row["answer"] == NOT_SUBJECT:
        return {"observationType": "unknown", **machine}
    box = dict(zip(("bboxX", "bboxY", "bboxWidth", "bboxHeight"), row["box"] or (), strict=False))
    is_class = row["answer"] == row["label"]
    return {
        "observationType": "animal",
        "scientificName": names.get(row["label"], "") if is_class else "",
        "classificationProbability": row["probability"],
        **machine,
        **box,
    }


def _id(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()[:20]


class _csv:
    """A CSV file that appears when it is whole; cells that a spreadsheet would run are guarded."""

    def __init__(self, file: Path, columns: list[str]):
        self._opened, self._columns = open_atomic(file), columns

    def __enter__(self) -> "_csv":
        self._text = io.TextIOWrapper(self._opened.__enter__(), "utf-8", newline="")
        self._writer = csv.DictWriter(self._text, self._columns, lineterminator="\n", restval="")
        self._writer.writeheader()
        return self

    def add(self, row: Mapping[str, Any]) -> None:
        self._writer.writerow({key: guard(value) for key, value in row.items()})

    def __exit__(self, *error: Any) -> bool | None:
        self._text.detach()
        return self._opened.__exit__(*error)
