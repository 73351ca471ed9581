"""Events: photos of one camera in quick succession show the same animals, so they count once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa

from core.prediction.predictor import NOT_SUBJECT, NOT_SURE
from core.prediction.scoring.plan import Plan

GAP_MINUTES = 30
_LEAST = 1e-6  # probability; one photo never decides alone


@dataclass(frozen=True)
class Event:
    """One visit, as far as the camera tells.

    Attributes:
        event_id: Folder and number, `camera 1#3`; it is the same as long as the photos are.
        folder: The camera's: where the photos lie, "" at the top.
        start, end: Of its photos, ISO 8601 by the camera's clock; `None` if the camera wrote none.
        paths: Its photos, in the order of time.
        answer: A class, `not sure`, `not the subject`; `None` if no photo could be read.
        label: The most probable class; `None` if no photo shows the subject.
        probabilities: By class, from the mean log-odds of the photos that show the subject.
    """

    event_id: str
    folder: str
    start: str | None
    end: str | None
    paths: tuple[str, ...]
    answer: str | None
    label: str | None
    probabilities: dict[str, float]


def events(plan: Plan, tables: Iterable[pa.Table], gap_minutes: float = GAP_MINUTES) -> Iterator[Event]:
    """Groups the photos of each folder: a new event begins after a longer gap.

    A photo without a time is an event by itself. All paths and times are held in memory, about 0.5 KB a photo.

    Args:
        plan: Whose photos.
        tables: The results.
        gap_minutes: The longest time between two photos of one event.
    """
    columns = [f"probability_{name}" for name in plan.class_names]
    wanted = ["path", "taken_at", "error", "is_subject", *columns]
    rows = [row for table in tables for row in table.select(wanted).to_pylist()]
    for row in rows:
        row["folder"] = row["path"].rpartition("/")[0]
    rows.sort(key=lambda row: (row["folder"], row["taken_at"] or "", row["path"]))
    for folder, own in groupby(rows, key=lambda row: row["folder"]):
        for number, photos in enumerate(_split(list(own), timedelta(minutes=gap_minutes)), start=1):
            yield _event(f"{folder}#{number}", folder, photos, plan)


def _split(rows: list[dict[str, Any]], gap: timedelta) -> Iterator[list[dict[str, Any]]]:
    current: list[dict[str, Any]] = []
    for row in rows:
        before = current[-1]["taken_at"] if current else None
        is_next = before and row["taken_at"] and _time(row["taken_at"]) - _time(before) <= gap
        if current and not is_next:
            yield current
            current = []
        current.append(row)
    if current:
        yield current


def _event(event_id: str, folder: str, rows: list[dict[str, Any]], plan: Plan) -> Event:
    readable = [row for row in rows if row["error"] is None]
    shown = [row for row in readable if row["is_subject"] is not False]
    probabilities, label, answer = dict[str, float](), None, NOT_SUBJECT if readable else None
    if shown:
        values = np.array([[row[f"probability_{name}"] for name in plan.class_names] for row in shown])
        mean = np.log(np.maximum(values, _LEAST)).mean(axis=0)  # differences of them are the mean log-odds
        shares = np.exp(mean - mean.max())
        probabilities = dict(zip(plan.class_names, (shares / shares.sum()).tolist(), strict=True))
        label = max(probabilities, key=lambda name: probabilities[name])
        is_sure = probabilities[label] >= float(plan.settings["uncertain_below"])
        answer = label if is_sure else NOT_SURE
    paths = tuple(row["path"] for row in rows)
    return Event(event_id, folder, rows[0]["taken_at"], rows[-1]["taken_at"], paths, answer, label, probabilities)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
