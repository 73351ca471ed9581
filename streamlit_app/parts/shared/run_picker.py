"""Choosing a run, and the line that stands for it."""

from collections.abc import Sequence

import streamlit as st

from core.runs.folder import Run
from core.runs.presets import PRESETS
from streamlit_app import loop
from streamlit_app.words import percent


def run_picker(runs: Sequence[Run], key: str, label: str = "Run", served: Run | None = None, index: int = 0) -> Run:
    """A list of runs to choose one from; the choice lives in the address bar.

    Args:
        runs: At least one.
        key: Of the widget.
        label: Above the list.
        served: Marked in the list.
        index: Chosen at first.
    """
    by_id = {run.run_id: run for run in runs}
    chosen = st.selectbox(
        label,
        list(by_id),
        index=index,
        key=key,
        bind="query-params",
        format_func=lambda run_id: caption(by_id[run_id], served) if run_id in by_id else run_id,
    )
    return by_id[chosen]


def caption(run: Run, served: Run | None = None) -> str:
    """`2026-11-23-quick-7f3a · Quick · 95.0 % · served`."""
    parts = [run.run_id, preset_title(run)]
    figure = loop.headline(run)
    if figure:
        parts.append(percent(figure[0].value, 1))
    if served is not None and served.run_id == run.run_id:
        parts.append("served")
    return " · ".join(parts)


def preset_title(run: Run) -> str:
    preset = PRESETS.get(run.config.preset)
    return preset.title if preset else run.config.preset


def accuracy_text(run: Run) -> str:
    """The run's figure with interval, n, labels and split; "not evaluated" without one."""
    figure = loop.headline(run)
    return figure[0].text(figure[1], figure[2]) if figure else "not evaluated"
