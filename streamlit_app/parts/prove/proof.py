"""The proof of a review: the button that trains twice, and the two runs on the same test photos."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from core.dataset.index import Dataset
from core.errors import TuskscopeError
from core.jobs import queue as jobs
from core.runs.config import TrainingConfig
from core.runs.folder import LIVE_STATES, Run
from core.runs.presets import PRESETS, preset
from core.workflows.proof import Proof, prove_with
from streamlit_app import resources
from streamlit_app.charts.proof import accuracies
from streamlit_app.parts.dataset import filters
from streamlit_app.parts.shared import photos
from streamlit_app.parts.training.form import estimate
from streamlit_app.words import counted, duration, plain

LABELS = ("given", "reviewed")


def start(data: Dataset, changed: str, is_shown: bool, outdated: bool) -> None:
    """The button; it enqueues one training for each kind of labels, however often it is clicked.

    Args:
        data: The data set.
        changed: What the review changed, in words.
        is_shown: There is a proof already.
        outdated: More was decided since.
    """
    runs = resources.runs_of(data.name)
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Train", list(PRESETS), key="proof-preset", format_func=lambda key: PRESETS[key].title, width=180
        )
        config = _config(name)
        waiting = [run for run in runs if run.state in LIVE_STATES and _same(run.config, config)]
        clicked = st.button(
            "Train on given and on reviewed labels",
            key="prove",
            icon=":material/balance:",
            disabled=bool(waiting),
            type="secondary" if is_shown and not outdated else "primary",
        )
        st.caption(
            f"Same settings, same seed; only the labels differ. About {duration(2 * estimate(name, data, runs))}. "
            + (f"{changed}." if is_shown else "")
            + (" :orange[:material/front_hand: More was decided since the proof below.]" if outdated else "")
        )
    if clicked and not waiting:
        for labels in LABELS:
            jobs.enqueue(resources.paths(), data.folder, replace(config, labels=labels))
        st.rerun()


def latest(runs: Sequence[Run]) -> tuple[Run, Run] | None:
    """The newest finished run on reviewed labels with the newest one on given labels that is its equal."""
    done = [run for run in runs if run.state == "succeeded" and not run.predictions.empty]
    for reviewed in (run for run in done if run.dataset.decisions):
        for given in done:
            same_photos = given.dataset.fingerprint == reviewed.dataset.fingerprint
            if not given.dataset.decisions and same_photos and _same(given.config, reviewed.config):
                return given, reviewed
    return None


def measured(pair: tuple[Run, Run] | None, data: Dataset) -> tuple[Proof | None, str]:
    """The proof, or why there is none; judged by reviewed labels if somebody reviewed test photos and wants it."""
    if pair is None:
        return None, ""
    judged_by = st.session_state.get("judged-by", "given") if decided_in_test(data) else "given"
    try:
        return prove_with(*pair, data, judged_by), ""
    except TuskscopeError as error:
        return None, str(error)


def is_outdated(pair: tuple[Run, Run] | None, data: Dataset) -> bool:
    """Whether somebody has decided more since the run on reviewed labels was trained."""
    if pair is None:
        return False
    used = {item.image: (item.action, item.label) for item in pair[1].dataset.decisions}
    return used != {image: (item.action, item.label) for image, item in resources.decisions(data).items()}


def decided_in_test(data: Dataset) -> int:
    """How many test photos somebody decided about."""
    rows = data.usable[data.usable["split"] == "test"]
    return int(rows["sha256"].isin(list(resources.decisions(data))).sum())


def answer(result: Proof) -> str:
    """The gain in one line (Markdown; our own words)."""
    comparison = result.comparison
    points = 100 * comparison.difference.value
    interval = f"{100 * comparison.difference.low:+.1f} to {100 * comparison.difference.high:+.1f}"
    sure = "hardly chance" if comparison.p_value < 0.05 else "it may be chance"
    p_value = "p < 0.001" if comparison.p_value < 0.001 else f"p = {comparison.p_value:.3f}"
    return (
        f"**{points:+.1f} points** on the same {counted(comparison.n, 'test photo')} "
        f"(95 % interval {interval}; McNemar's {p_value}, {sure}), judged by {result.comparison.labels} labels."
    ).replace("-", "−")


def show(data: Dataset, result: Proof) -> None:
    """Both accuracies, then the photos that changed."""
    comparison = result.comparison
    if number := decided_in_test(data):
        st.segmented_control(
            "Judged by",
            LABELS,
            default="given",
            key="judged-by",
            required=True,
            format_func=lambda labels: f"{labels.capitalize()} test labels",
            help=f"{counted(number, 'test photo')} reviewed. Choose before you look, and stay with it.",
        )
    st.plotly_chart(
        accuracies(comparison), config={"displayModeBar": False}, key="accuracies", alt="Accuracy of both runs"
    )
    st.caption(
        f"{plain(result.given_run_id)} learned from given labels, {plain(result.reviewed_run_id)} from reviewed ones "
        f"({counted(result.relabelled, 'label')} changed, {result.excluded:,} left out). Lines are 95 % intervals. "
        f"Both right on {comparison.both_right:,}, both wrong on {comparison.both_wrong:,}."
    )
    left, right = st.columns(2, gap="medium")
    for column, title, rows, key in (
        (left, "Wrong before, right now", comparison.fixed, "fixed"),
        (right, "Right before, wrong now", comparison.broken, "broken"),
    ):
        with column:
            st.subheader(f"{title}: {len(rows):,}", anchor=False)
            shown = as_gallery(data, rows)
            if shown.empty:
                st.caption("None.")
            else:
                photos.gallery(data, shown, key=key, page_size=12, columns=3)


def as_gallery(data: Dataset, rows: pd.DataFrame) -> pd.DataFrame:
    """The photos with what the run on reviewed labels says of them."""
    said = rows.rename(columns={"predicted_label_b": "predicted_label", "probability_b": "probability"})
    table = filters.with_predictions(data.table, None).drop(columns=["predicted_label", "probability"])
    return said[["path", "predicted_label", "probability"]].merge(table, on="path", how="inner")


def _config(name: str) -> TrainingConfig:
    """The served run's own settings if it is of this preset, else the preset's."""
    served = resources.active_run()
    return served.config if served is not None and served.config.preset == name else preset(name)


def _same(first: TrainingConfig, second: TrainingConfig) -> bool:
    return replace(first, labels="given") == replace(second, labels="given")
