"""Predictions of many photos: a sortable table, a CSV file, and the answer about the row chosen."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.dataset.images import decode
from core.dataset.index import Dataset
from core.dataset.thumbnails import encode_thumbnail
from core.errors import ImageError
from core.prediction.words import none_of
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.components import data_url
from streamlit_app.parts.predict import answer
from streamlit_app.parts.shared import photo_panel
from streamlit_app.uploads import as_csv
from streamlit_app.words import counted


def show(uploads: Sequence[UploadedFile], run: Run, data: Dataset) -> None:
    """Predicts the uploaded photos, shows the table, and below it the answer about the row chosen."""
    place, records = st.empty(), []
    for number, upload in enumerate(uploads, start=1):
        if len(uploads) > 12:
            place.progress(number / len(uploads), text=f"Photo {number} of {len(uploads)}")
        records.append(resources.upload_record(upload.getvalue(), upload.name, run))
    place.empty()
    failed = sum(record["error"] is not None for record in records)
    unsure = sum(record["uncertain"] is True for record in records)
    line = [f"**{counted(len(records), 'photo')}**"]
    if unsure:
        line.append(f":orange[:material/front_hand: {unsure} to check]")
    if failed:
        line.append(f"{counted(failed, 'file')} could not be read")
    st.markdown(", ".join(line) + (": every answer is clear." if len(line) == 1 else "."))
    event = st.dataframe(
        as_table(records, [upload.getvalue() for upload in uploads]),
        hide_index=True,
        placeholder="",
        row_height=64,
        key="table",
        on_select="rerun",
        selection_mode="single-row",
        column_config=_COLUMNS,
    )
    st.download_button("Save as CSV", as_csv(records), "predictions.csv", "text/csv", icon=":material/download:")
    for position in event.selection.rows:
        if records[position]["error"] is None:
            image = decode(uploads[position].getvalue())
            answer.show(image, run, f"row-{position}", data, open_photo=photo_panel.opener(data, run))


def as_table(records: Sequence[dict[str, Any]], contents: Sequence[bytes]) -> pd.DataFrame:
    """The records with a small picture each, as the page shows them."""
    return pd.DataFrame(
        {
            "photo": _small(content),
            "path": record["path"],
            "label": record["label"] or "",
            "probability": _in_percent(record["probability"]),
            "subject": _in_percent(record["subject_score"]),
            "note": _note(record),
        }
        for record, content in zip(records, contents, strict=True)
    )


def _in_percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _note(record: dict[str, Any]) -> str:
    if record["error"]:
        return record["error"]
    if record["is_subject"] is False:
        return none_of(list(record["probabilities"]))
    return "Not sure: have a person look" if record["uncertain"] else ""


def _small(content: bytes) -> str | None:
    try:
        return data_url(encode_thumbnail(content))
    except ImageError:
        return None


_COLUMNS: dict[str, Any] = {
    "photo": st.column_config.ImageColumn("Photo", width="small"),
    "path": "File",
    "label": "Answer",
    "probability": st.column_config.ProgressColumn("Probability", format="%.1f %%", min_value=0, max_value=100),
    "subject": st.column_config.NumberColumn(
        "Subject", format="%.0f %%", help="How much the photo looks like what the model knows at all"
    ),
    "note": "Note",
}
