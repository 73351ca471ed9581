"""What a scoring found: counts, the audit, the table of photos, and files to take away."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from core.escaping import guard
from core.prediction.scoring import field_formats, join, megadetector
from core.prediction.scoring.events import events
from core.prediction.scoring.plan import Plan
from core.prediction.scoring.results import tables
from core.workflows.audit_scoring import audit_scoring, check_photo
from streamlit_app import resources
from streamlit_app.words import counted, plain

_SHOWN = ["photo", "answer", "probability", "prediction_set", "taken_at", "error"]
FAILED = "not readable"


def counts(table: pd.DataFrame) -> None:
    """Photos by answer; what is true of the folder, the audit says."""
    number = table["answer"].fillna(FAILED).value_counts()
    rows = pd.DataFrame({"Answer": number.index, "Photos": number.to_numpy(), "Share": number.to_numpy() / len(table)})
    share = st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
    st.dataframe(rows, hide_index=True, column_config={"Share": share}, key="answers")


def audit(target: Path, plan: Plan) -> None:
    """The sentence about the folder, and the next photo to check."""
    state = audit_scoring(target, plan, num_next=1)
    st.markdown(f"**{plain(state.sentence())}**")
    if not state.next:
        return
    photo = state.next[0]
    picture = resources.large_photo(Path(plan.folder) / photo.path, photo.sha256)
    left, right = st.columns([2, 1], vertical_alignment="center")
    if picture:
        left.image(picture)
    with right:
        st.markdown("What does this photo show?")
        answers: list[str | None] = [*plan.class_names, None]
        for number, name in enumerate(answers):
            label = plain(name) if name else "None of them"
            st.button(
                label,
                key=f"check-{number}",
                shortcut=str(number + 1) if number < 9 else None,
                width="stretch",
                on_click=check_photo,
                args=(target, plan, photo.path, name),
            )
        st.caption(f"{plain(photo.path)}. The model's answer is hidden until you have said yours.")


def photos(table: pd.DataFrame, plan: Plan) -> None:
    """The photos of an answer; a click on a row shows one."""
    answers = sorted(table["answer"].fillna(FAILED).unique())
    chosen = st.segmented_control("Answer", answers, key="answer", selection_mode="multi", format_func=plain)
    rows = table[table["answer"].fillna(FAILED).isin(chosen)] if chosen else table
    rows = rows.sort_values("probability", na_position="first", ignore_index=True)
    st.caption(f"{counted(len(rows), 'photo')}, the least sure first.")
    picked = st.dataframe(rows[_SHOWN], hide_index=True, key="rows", on_select="rerun", selection_mode="single-row")
    for number in picked["selection"]["rows"][:1]:
        row = rows.iloc[number]
        if isinstance(row["sha256"], str) and (
            picture := resources.large_photo(Path(plan.folder) / row["path"], row["sha256"])
        ):
            st.image(picture, caption=plain(row["path"]))


def downloads(target: Path, plan: Plan) -> None:
    """The results in the formats of other tools; each is made when it is asked for."""
    kinds: dict[str, Callable[[Path], object]] = {
        "results.csv": lambda file: join.to_csv(file, plan, tables(target, plan)),
        "results.parquet": lambda file: join.to_parquet(file, plan, tables(target, plan)),
        "megadetector.json": lambda file: megadetector.to_megadetector(
            file, plan, tables(target, plan), large=plan.num_photos
        ),
        "events.csv": lambda file: field_formats.to_events(file, plan, events(plan, tables(target, plan))),
        "timelapse.csv": lambda file: field_formats.to_timelapse(file, tables(target, plan)),
    }

    def content(name: str) -> bytes:
        with tempfile.TemporaryDirectory(prefix="tuskscope-") as folder:
            kinds[name](Path(folder) / name)
            return (Path(folder) / name).read_bytes()

    with st.container(horizontal=True):
        for name in kinds:
            st.download_button(name, partial(content, name), name, key=f"download-{name}")
    st.caption("Camtrap DP, and sorting into folders, are on the command line: `python -m core score join`.")


def read(target: Path, plan: Plan) -> pd.DataFrame:
    """All rows, as a table; `photo` is a path that a spreadsheet does not run."""
    table = pd.concat([part.to_pandas() for part in tables(target, plan)], ignore_index=True)
    return table.assign(photo=table["path"].map(guard))
