"""Predictions of many photos: a sortable table, a CSV file, and the answer about the row chosen."""

import base64

import pandas as pd
import streamlit as st

from core.dataset.images import decode
from core.dataset.index import Dataset
from core.dataset.thumbnails import encode_thumbnail
from core.errors import ImageError
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.parts.predict import answer
from streamlit_app.parts.shared import photo_panel
from streamlit_app.uploads import as_csv
from streamlit_app.words import counted


def show(uploads: list, run: Run, data: Dataset) -> None:
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
        line.append(f":orange[:material/front_hand: {unsure} need a person]")
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


def as_table(records: list[dict], contents: list[bytes]) -> pd.DataFrame:
    """The records with a small picture each, as the page shows them."""
    return pd.DataFrame(
        {
            "photo": [_small(content) for content in contents],
            "path": [record["path"] for record in records],
            "label": [record["label"] or "" for record in records],
            "probability": [None if record["error"] else 100 * record["probability"] for record in records],
            "subject": [
                None if record["subject_score"] is None else 100 * record["subject_score"] for record in records
            ],
            "remark": [_remark(record) for record in records],
        }
    )


def _remark(record: dict) -> str:
    if record["error"]:
        return record["error"]
    if record["is_subject"] is False:
        return "Not what this model knows"
    return "Not sure: a person should look" if record["uncertain"] else ""


def _small(content: bytes) -> str | None:
    try:
        return "data:image/webp;base64," + base64.b64encode(encode_thumbnail(content)).decode("ascii")
    except ImageError:
        return None


_COLUMNS = {
    "photo": st.column_config.ImageColumn("Photo", width="small"),
    "path": "File",
    "label": "Answer",
    "probability": st.column_config.ProgressColumn("Probability", format="%.1f %%", min_value=0, max_value=100),
    "subject": st.column_config.NumberColumn(
        "Subject", format="%.0f %%", help="How much the photo looks like what the model knows at all"
    ),
    "remark": "Remark",
}
