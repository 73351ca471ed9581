"""Predictions of many photos: a sortable table, a CSV file, and the answer about the row chosen."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from streamlit_app.parts.predict import adding, answer
from streamlit_app.parts.shared import photo_panel
from streamlit_app.parts.shared.layout import side_by_side
from streamlit_app.uploads import as_csv
from streamlit_app.words import counted, plain

KEPT = "kept-uploads"
MAX_KEPT_BYTES = 300_000_000  # of a visit's uploads, so that they survive a look at another page
MAX_IN_TABLE = 500  # photos: a table of more is slow in the browser


@dataclass(frozen=True)
class ManyPhoto:
    """One photo of many: its name, what tells it from others (kept answers go by it), and how to read it."""

    name: str
    id: str
    read: Callable[[], bytes]


def uploaded(uploads: Sequence[UploadedFile]) -> list[ManyPhoto]:
    """What was just uploaded, or, where nothing was, what this visit uploaded before it went to another page."""
    if uploads:
        found = [ManyPhoto(upload.name, upload.file_id, upload.getvalue) for upload in uploads]
        if sum(upload.size for upload in uploads) <= MAX_KEPT_BYTES:
            st.session_state[KEPT] = found
        return found
    found = st.session_state.get(KEPT, [])
    if found:
        with side_by_side():
            st.caption(f"{counted(len(found), 'photo')} from before.")
            st.button("Other photos", key="drop-kept", icon=":material/close:", on_click=forget)
    return found


def forget() -> None:
    """Lets go of the photos of this visit."""
    st.session_state.pop(KEPT, None)


def in_folder(data: Dataset) -> list[ManyPhoto]:
    """The first photos of an unlabelled dataset."""
    rows = data.usable
    if len(rows) > MAX_IN_TABLE:
        st.caption(
            f"The first {MAX_IN_TABLE:,} of {len(rows):,}. All of them: `python -m core predict FOLDER --csv FILE`"
        )
    return [
        ManyPhoto(row.path, f"{row.path} {row.bytes} {row.mtime_ns}", (data.folder / row.path).read_bytes)
        for row in rows.head(MAX_IN_TABLE).itertuples()
    ]


def show(photos: Sequence[ManyPhoto], run: Run, data: Dataset, can_be_added: bool) -> None:
    """Predicts the photos, shows the table, and below it the answer about the row chosen."""
    place, records = st.empty(), []
    for number, photo in enumerate(photos, start=1):
        if len(photos) > 12:
            place.progress(number / len(photos), text=f"Photo {number} of {len(photos)}")
        records.append(resources.upload_record(photo.id, photo.name, run, photo.read))
    place.empty()
    failed = sum(record["error"] is not None for record in records)
    unsure = sum(record["uncertain"] is True for record in records)
    line = [f"**{counted(len(records), 'photo')}**"]
    if unsure:
        line.append(f":orange[:material/front_hand: {unsure} to check]")
    if failed:
        line.append(f"{counted(failed, 'file')} could not be read")
    st.markdown(", ".join(line) + (": every answer is clear." if len(line) == 1 else "."))
    answers = Counter(record["answer"] or "unreadable" for record in records)
    wanted = st.pills(
        "Show", list(answers), key="answers", format_func=lambda name: f"{plain(name)} {answers[name]:,}", default=None
    )
    shown = [place for place, record in enumerate(records) if wanted in (None, record["answer"] or "unreadable")]
    event = st.dataframe(
        as_table(
            [records[place] for place in shown], [_small(photos[place].id, photos[place].read) for place in shown]
        ),
        hide_index=True,
        placeholder="",
        row_height=64,
        key="table",
        on_select="rerun",
        selection_mode="single-row",
        column_config=_COLUMNS,
    )
    with st.container(horizontal=True):
        st.download_button(
            "Save as CSV", as_csv(records), "predictions.csv", "text/csv", icon=":material/download:", on_click="ignore"
        )
        if can_be_added:
            adding.offer([photos[place] for place in shown], [records[place] for place in shown], data)
    for row in event.selection.rows:
        position = shown[row]
        if records[position]["error"] is None:
            image = decode(photos[position].read())
            answer.show(image, run, f"row-{position}", data, open_photo=photo_panel.opener(data, run))


def as_table(records: Sequence[dict[str, Any]], pictures: Sequence[str | None]) -> pd.DataFrame:
    """The records with the address of a small picture each, as the page shows them."""
    return pd.DataFrame(
        {
            "photo": picture,
            "path": record["path"],
            "answer": record["answer"] or "",
            "label": record["label"] or "",
            "probability": _in_percent(record["probability"]),
            "subject": _in_percent(record["subject_score"]),
            "note": _note(record),
        }
        for record, picture in zip(records, pictures, strict=True)
    )


def _in_percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _note(record: dict[str, Any]) -> str:
    if record["error"]:
        return record["error"]
    if record["is_subject"] is False:
        return none_of(list(record["probabilities"]))
    return "Not sure: have a person look" if record["uncertain"] else ""


@st.cache_data(max_entries=2000, show_spinner=False)
def _small(id: str, _read: Callable[[], bytes]) -> str | None:
    try:
        return data_url(encode_thumbnail(_read()))
    except (ImageError, OSError):
        return None


_COLUMNS: dict[str, Any] = {
    "photo": st.column_config.ImageColumn("Photo", width="small"),
    "path": "File",
    "answer": st.column_config.TextColumn("Answer", help="What to count the photo as"),
    "label": st.column_config.TextColumn("Class", help="The most probable class, however doubtful"),
    "probability": st.column_config.ProgressColumn("Probability", format="%.1f %%", min_value=0, max_value=100),
    "subject": st.column_config.NumberColumn(
        "Subject", format="%.0f %%", help="How much the photo looks like what the model knows at all"
    ),
    "note": "Note",
}
