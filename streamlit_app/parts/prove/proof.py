"""The proof of a review: the button that trains twice, and the two runs on the same test photos."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.dataset.index import Dataset
from core.errors import TuskscopeError
from core.jobs import queue as jobs
from core.metrics import Labels
from core.runs import registry
from core.runs.config import TrainingConfig
from core.runs.folder import LIVE_STATES, Run
from core.runs.presets import PRESETS, preset
from core.workflows.proof import Proof, prove_with
from streamlit_app import navigation, resources
from streamlit_app.charts.standing import Dot, dots
from streamlit_app.parts.models import confirmations
from streamlit_app.parts.shared import photos
from streamlit_app.parts.shared.layout import chart
from streamlit_app.parts.training.form import estimate
from streamlit_app.words import counted, duration, plain


def start(data: Dataset, runs: Sequence[Run], changed: str, outdated: bool) -> None:
    """The button; it enqueues one training for each kind of labels, however often it is clicked.

    Args:
        data: The dataset.
        runs: Of it.
        changed: What the review changed, in words, if nothing else on the page says it.
        outdated: There is a proof, and more was decided since.
    """
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Train", list(PRESETS), key="proof-preset", format_func=lambda key: PRESETS[key].title, width=180
        )
        served = resources.active_run()  # its own settings if it is of this preset
        config = served.config if served is not None and served.config.preset == name else preset(name)
        is_running = any(run.state in LIVE_STATES and _same(run.config, config) for run in runs)
        clicked = st.button(
            "Train on given and on reviewed labels",
            key="prove",
            icon=":material/balance:",
            disabled=is_running,
            type="secondary" if changed and not outdated else "primary",
        )
        st.caption(
            f"Same settings, same seed; only the labels differ. About {duration(2 * estimate(name, data, runs))}. "
            + changed
            + (" :orange[:material/front_hand: There are newer decisions than the proof below.]" if outdated else "")
        )
    if clicked and not is_running:
        for labels in ("given", "reviewed"):
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


def measured(pair: tuple[Run, Run], data: Dataset, judged_by: Labels) -> Proof | None:
    """The proof; where there is none it says why."""
    try:
        return prove_with(*pair, data, judged_by)
    except TuskscopeError as error:
        st.caption(plain(error))
        return None


def is_outdated(reviewed: Run, data: Dataset) -> bool:
    """Whether somebody has decided more since the run on reviewed labels was trained."""
    used = {item.image: (item.action, item.label) for item in reviewed.dataset.decisions}
    return used != {image: (item.action, item.label) for image, item in resources.decisions(data).items()}


def answer(result: Proof) -> str:
    """The gain in one line (Markdown; our own words)."""
    comparison = result.comparison
    points, _, interval = comparison.difference.points("95 % interval ").partition(" (")
    return (
        f"**{points}** on the same {counted(comparison.n, 'test photo')} ({interval}: "
        f"{comparison.verdict}, judged by {comparison.labels} labels."
    )


def show(data: Dataset, result: Proof) -> None:
    """What to do with it, both accuracies, then the photos that changed."""
    comparison, served = result.comparison, resources.active_run()
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        if result.advice:
            st.markdown(f":orange[:material/front_hand:] {plain(result.advice)}")
            navigation.link("review", "Review labels", key="review-more", primary=False)
        elif served and served.run_id == result.reviewed_run_id:
            st.markdown(f":green[:material/check_circle:] The better run, **{plain(served.run_id)}**, is in use.")
            navigation.link("predict", "Predict photos", key="proof-predict")
        else:
            better = registry.load(resources.paths(), result.reviewed_run_id)
            st.markdown(f":green[:material/check_circle:] **{plain(better.run_id)}** is the better run.")
            confirmations.button(better, key="promote-proven")
    rows = [
        Dot("Given labels", comparison.accuracy_a),
        Dot("Reviewed labels", comparison.accuracy_b, is_strong=True),
    ]
    chart(dots(rows), "accuracies", alt="Accuracy of both runs")
    st.caption(
        f"{plain(result.given_run_id)} was trained on given labels, {plain(result.reviewed_run_id)} on reviewed ones "
        f"({counted(result.relabelled, 'label')} changed, {result.excluded:,} left out). Lines are 95 % intervals. "
        f"Both classify {comparison.both_right:,} correctly and {comparison.both_wrong:,} wrongly."
    )
    for column, title, changed, key in zip(
        st.columns(2, gap="medium"),
        ("Wrong before, right now", "Right before, wrong now"),
        (comparison.fixed, comparison.broken),
        ("fixed", "broken"),
        strict=True,
    ):
        with column:
            st.subheader(f"{title}: {len(changed):,}", anchor=False)
            shown = photos.with_predictions(data, changed, "_b")
            if shown.empty:
                st.caption("None.")
            else:
                photos.gallery(data, shown, key=key, page_size=12, columns=3)


def _same(first: TrainingConfig, second: TrainingConfig) -> bool:
    return replace(first, labels="given") == replace(second, labels="given")
