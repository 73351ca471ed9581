"""Deciding about many photos at once."""

import pandas as pd
import streamlit as st

from core.dataset import decisions
from core.dataset.index import Dataset
from core.errors import TuskscopeError
from core.review.issue_kinds import ISSUE_KINDS
from streamlit_app import resources
from streamlit_app.colors import class_colors
from streamlit_app.components import review_grid as component
from streamlit_app.components.photo_grid import GridPhoto
from streamlit_app.parts.shared import photo_panel
from streamlit_app.words import counted, percent, plain

PAGE_SIZE = 24


def show(data: Dataset, rows: pd.DataFrame, key: str, reviewer: str) -> None:
    """Shows a page of photos to select and decide about, and the way back.

    Args:
        data: The data set.
        rows: `path`, `sha256`, `given_label`, and `note` or the ranking's columns, in the order to show.
        key: Of the widgets; also names the page in the address bar.
        reviewer: Who decides.
    """
    if not rows.empty or f"{key}-said" in st.session_state:
        _said(data, key, reviewer)
    if rows.empty:
        st.info("No photo is left here.", icon=":material/check_circle:")
        return
    num_pages = -(-len(rows) // PAGE_SIZE)
    place, page = st.container(), 1
    if num_pages > 1:
        if st.session_state.get(f"{key}-page", 1) > num_pages:
            st.session_state[f"{key}-page"] = 1
        with st.container(horizontal_alignment="center"):
            page = st.pagination(num_pages, key=f"{key}-page", bind="query-params")
    colors = class_colors(data.class_names)
    shown = rows.iloc[(page - 1) * PAGE_SIZE : page * PAGE_SIZE].to_dict("records")
    with place:
        opened = component.review_grid(
            [_photo(data, row, colors) for row in shown],
            colors,
            key,
            on_decided=lambda: take(data, (st.session_state[key] or {}).get("decided"), key, reviewer),
        )
    if opened:
        photo_panel.panel(data, opened)


def take(data: Dataset, decided: dict | None, key: str, reviewer: str) -> None:
    """Saves a decision about several photos, all in one write; what came of it is told on the next run."""
    if not decided:
        return
    paths, action, label = decided["paths"], decided["action"], decided["label"]
    try:
        decisions.decide_all(data, paths, action, label, reviewer)
    except (TuskscopeError, OSError) as error:
        st.session_state[f"{key}-said"] = {"error": str(error) if isinstance(error, TuskscopeError) else "disk"}
        return
    st.session_state[f"{key}-said"] = {"paths": paths, "what": label or {"keep": "kept"}.get(action, "excluded")}


def _said(data: Dataset, key: str, reviewer: str) -> None:
    said = st.session_state.get(f"{key}-said")
    with st.container(horizontal=True, vertical_alignment="center", height=44, border=False):  # nothing jumps
        if not said:
            st.caption("Shift and a click select a range.")
        elif "error" in said:
            reason = "The disk does not take it." if said["error"] == "disk" else plain(said["error"])
            st.markdown(f":orange[:material/front_hand:] Not saved. {reason}")
        else:
            photos, what = counted(len(said["paths"]), "photo"), plain(said["what"])
            st.markdown(f":green[:material/check_circle:] Saved: {photos}, **{what}**.")
            if st.button("Undo", key=f"{key}-undo", icon=":material/undo:"):
                decisions.decide_all(data, said["paths"], "undo", "", reviewer)
                del st.session_state[f"{key}-said"]
                st.rerun()


def _photo(data: Dataset, row: dict, colors: dict[str, str]) -> GridPhoto:
    kind = ISSUE_KINDS.get(row.get("kind", ""))
    note = row.get("note") or f"{kind.short if kind else ''} {percent(row['model_score'])}".strip()
    is_moved = kind is not None and row["suggested_label"] not in ("", row["given_label"])
    return GridPhoto(
        id=row["path"],
        content=resources.small_photo(data, row["path"], row["sha256"]),
        title=f"{row['given_label']} → {row['suggested_label']}" if is_moved else row["given_label"],
        note=note,
        color=colors.get(row["given_label"], ""),
        warn=bool(row.get("warn")),
        alt=f"{row['path']}, labelled {row['given_label']}, {row.get('reason') or note}",
    )
