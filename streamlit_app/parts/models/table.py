"""Runs as a table."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.metrics import headline
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.parts.shared.run_picker import preset_title
from streamlit_app.words import day, duration

STATES = {"succeeded": "ready"}


def show(runs: Sequence[Run], key: str) -> None:
    """Shows the table."""
    st.dataframe(as_table(runs, resources.active_run()), key=key, **_LOOK)


def choose(runs: Sequence[Run], key: str) -> Run | None:
    """Shows the table; gives the run whose row is chosen."""
    table = as_table(runs, resources.active_run())
    event = st.dataframe(table, key=key, on_select="rerun", selection_mode="single-row", **_LOOK)
    return runs[event.selection.rows[0]] if event.selection.rows else None


def as_table(runs: Sequence[Run], served: Run | None) -> pd.DataFrame:
    """One row a run, in their order: id, state, accuracy with interval and n, curve, and where it comes from."""
    rows = []
    for run in runs:
        accuracy, interval = None, run.message
        if result := headline(run.evaluation):
            measured = result.accuracy
            accuracy = round(100 * measured.value, 1)
            interval = (
                f"{100 * measured.low:.1f}–{100 * measured.high:.1f} %, n = {measured.n}, "
                f"{result.labels} labels, {result.split}"
            )
        is_served = served and run.run_id == served.run_id
        rows.append(
            {
                "run": run.run_id,
                "state": "in use" if is_served else STATES.get(run.state, run.state),
                "accuracy": accuracy,
                "interval": interval,
                "curve": curve(run),
                "labels": run.labels,
                "preset": preset_title(run),
                "time": duration(run.seconds) if run.seconds else "",
                "date": day(run.created_at),
            }
        )
    return pd.DataFrame(rows)


def curve(run: Run) -> list[float]:
    """Validation accuracy by epoch, else training accuracy; at most 60 points."""
    history = run.history
    for column in ("val_accuracy", "accuracy"):
        if column in history and history[column].notna().any():
            values = history[column].dropna().tolist()
            return values[:: max(1, len(values) // 60)]
    return []


_COLUMNS = {
    "run": st.column_config.TextColumn("Run", width=190),
    "state": "State",
    "accuracy": st.column_config.NumberColumn("Accuracy", format="%.1f %%"),
    "interval": "95 % interval",
    "curve": st.column_config.LineChartColumn("Learning", y_min=0, y_max=1, width=64),
    "labels": st.column_config.TextColumn("Labels", help="That it learned from: the given ones, or the reviewed ones"),
    "preset": "Preset",
    "time": "Took",
    "date": "Started",
}

_LOOK: dict[str, Any] = {"hide_index": True, "column_config": _COLUMNS, "placeholder": ""}
