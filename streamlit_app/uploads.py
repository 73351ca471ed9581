"""Uploaded photos become records, and records become CSV."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from core.dataset.images import decode
from core.errors import ImageError
from core.escaping import guard
from core.prediction.predictor import Predictor, failed_record

PHOTO_TYPES = ("jpg", "jpeg", "png", "webp")


def as_csv(records: Sequence[dict[str, Any]]) -> bytes:
    """The records as CSV; cells that a spreadsheet would run as a formula get an apostrophe in front."""
    table = pd.DataFrame(records)
    spread = pd.json_normalize([record["probabilities"] or {} for record in records]).add_prefix("probability_")
    table = pd.concat([table.drop(columns="probabilities"), spread], axis=1)
    table = table.rename(columns=guard).map(guard)
    return table.to_csv(index=False).encode("utf-8")


def record_of(content: bytes, name: str, predictor: Predictor) -> dict[str, Any]:
    """The record of one uploaded photo; a bad photo has its sentence in `error`."""
    try:
        return predictor.predict([decode(content)])[0].as_record(name)
    except ImageError as error:
        return failed_record(name, predictor.run.run_id, str(error))
