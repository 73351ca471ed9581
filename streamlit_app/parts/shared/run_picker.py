"""Choosing a run, and the words that stand for it."""

from collections.abc import Sequence

import streamlit as st

from core.metrics import headline
from core.prediction.words import percent
from core.runs.folder import Run
from core.runs.presets import PRESETS
from streamlit_app import loop, resources
from streamlit_app.words import plain


def run_picker(runs: Sequence[Run], key: str) -> Run:
    """A list of runs to choose one from, the best first; the choice lives in the address bar.

    Args:
        runs: At least one.
        key: Of the widget.
    """
    by_id, served = {run.run_id: run for run in loop.best_first(runs)}, resources.active_run()
    chosen = st.selectbox(
        "Run",
        list(by_id),
        key=key,
        bind="query-params",
        format_func=lambda run_id: caption(by_id[run_id], served) if run_id in by_id else run_id,
    )
    return by_id[chosen]


def caption(run: Run, served: Run | None = None) -> str:
    """`2026-11-23-quick-given-7f3a · Quick, given labels · 95.0 % · in use`."""
    parts = [run.run_id, f"{preset_title(run)}, {run.labels} labels"]
    if result := headline(run.evaluation):
        judged = "" if result.labels == "given" else f" by {result.labels} labels"
        parts.append(percent(result.accuracy.value, 1) + judged)
    if served and served.run_id == run.run_id:
        parts.append("in use")
    return " · ".join(parts)


def preset_title(run: Run) -> str:
    """The title of the run's preset; the preset's name if this version does not know it."""
    preset = PRESETS.get(run.config.preset)
    return preset.title if preset else run.config.preset


def accuracy_of(run: Run) -> str:
    """The run's figure with interval, n, labels and split; "not evaluated" without one."""
    result = headline(run.evaluation)
    return result.accuracy_text if result else "not evaluated"


def standing(run: Run) -> str:
    """Which run it is, what it learned from and how good it is (Markdown)."""
    return f"**{plain(run.run_id)}**, trained on *{plain(run.dataset.name)}*: {plain(accuracy_of(run))}"
