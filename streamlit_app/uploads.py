"""Uploaded photos become pixels, and records of them become CSV."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.dataset.images import decode
from core.errors import ImageError
from core.escaping import guard
from streamlit_app.words import plain

PHOTO_TYPES = ("jpg", "jpeg", "png", "webp")


def as_csv(records: Sequence[dict[str, Any]]) -> bytes:
    """The records as CSV; cells that a spreadsheet would run as a formula get an apostrophe in front."""
    table = pd.DataFrame(records)
    spread = pd.json_normalize([record["probabilities"] or {} for record in records]).add_prefix("probability_")
    table = pd.concat([table.drop(columns="probabilities"), spread], axis=1)
    table = table.rename(columns=guard).map(guard)
    return table.to_csv(index=False).encode("utf-8")


def decoded(content: bytes) -> np.ndarray | None:
    """The pixels of an uploaded photo; `None`, with its sentence on the page, if it cannot be read."""
    try:
        return decode(content)
    except ImageError as error:
        st.error(plain(error), icon=":material/broken_image:")
        return None
