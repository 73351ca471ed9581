"""Deciding about many photos at once."""

from typing import Any

import pandas as pd
import streamlit as st

from core.dataset import decisions
from core.dataset.index import Dataset
from core.errors import TuskscopeError
from core.prediction.words import percent
from core.review.issue_kinds import ISSUE_KINDS
from streamlit_app.colors import class_colors
from streamlit_app.components import review_grid as component
from streamlit_app.components.photo_grid import GridPhoto
from streamlit_app.parts.shared import photo_panel
from streamlit_app.parts.shared.photos import page_of, thumbnail
from streamlit_app.parts.shared.sent_entries import not_saved
from streamlit_app.words import counted, plain


def show(data: Dataset, rows: pd.DataFrame, key: str, reviewer: str) -> None:
    """Shows a page of photos to select and decide about, and the way back.

    Args:
        data: The dataset.
        rows: `path`, `sha256`, `given_label`, and `note` or the ranking's columns, in the order to show.
        key: Of the widgets; also names the page in the address bar.
        reviewer: Who decides.
    """
    said = st.session_state.get(f"{key}-said")
    if said or not rows.empty:
        with st.container(horizontal=True, vertical_alignment="center", height=44, border=False):  # nothing jumps
            _tell(data, said, key, reviewer)
    if rows.empty:
        st.info("No photo is left here.", icon=":material/check_circle:")
        return
    place, shown = page_of(rows, key)
    colors = class_colors(data.class_names)
    with place:
        opened = component.review_grid(
            [_photo(data, row, colors) for row in shown],
            colors,
            key,
            on_decided=lambda: take(data, (st.session_state[key] or {}).get("decided"), key, reviewer),
        )
    if opened:
        photo_panel.panel(data, opened, among=rows["path"].tolist())


def take(data: Dataset, decided: dict[str, Any] | None, key: str, reviewer: str) -> None:
    """Saves a decision about several photos, all in one write; what came of it is told on the next run."""
    if not decided:
        return
    paths, action, label = decided["paths"], decided["action"], decided["label"]
    said = {"paths": paths, "what": label or {"keep": "kept"}.get(action, "excluded")}
    try:
        decisions.decide_all(data, paths, action, label, reviewer)
    except (TuskscopeError, OSError) as error:
        said = {"error": not_saved(error)}
    st.session_state[f"{key}-said"] = said


def _tell(data: Dataset, said: dict[str, Any] | None, key: str, reviewer: str) -> None:
    """What came of the last decision."""
    if not said:
        st.caption("Shift-click selects a range.")
    elif "error" in said:
        st.markdown(f":orange[:material/front_hand:] {plain(said['error'])}")
    else:
        photos, what = counted(len(said["paths"]), "photo"), plain(said["what"])
        st.markdown(f":green[:material/check_circle:] Saved: {photos}, **{what}**.")
        if st.button("Undo", key=f"{key}-undo", icon=":material/undo:"):
            decisions.decide_all(data, said["paths"], "undo", "", reviewer)
            del st.session_state[f"{key}-said"]
            st.rerun()


def _photo(data: Dataset, row: dict[str, Any], colors: dict[str, str]) -> GridPhoto:
    given, kind = row["given_label"], ISSUE_KINDS.get(row.get("kind", ""))
    note = row.get("note") or f"{kind.short if kind else ''} {percent(row['model_score'])}".strip()
    is_moved = kind is not None and row["suggested_label"] not in ("", given)
    return GridPhoto(
        id=row["path"],
        source=thumbnail(data, row["path"], row["sha256"]),
        title=f"{given} → {row['suggested_label']}" if is_moved else given,
        note=note,
        color=colors.get(given, ""),
        warn=bool(row.get("warn")),
        alt=f"{row['path']}, labelled {given}, {row.get('reason') or note}",
    )
