"""The trainings that run or wait, live; and what to do when one has finished."""

import streamlit as st

from core.dataset.index import Dataset
from core.errors import TuskscopeError
from core.jobs import queue as jobs
from core.jobs.queue import JobStatus
from core.metrics import compare
from core.runs import registry
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.charts.training import curves
from streamlit_app.parts.models import confirmations
from streamlit_app.parts.shared.layout import chart
from streamlit_app.parts.shared.run_picker import accuracy_of, preset_title
from streamlit_app.words import duration, plain


@st.fragment(run_every="2s")
def _watch() -> None:
    """All live trainings; asks again every two seconds, and redraws the whole page when one has ended."""
    paths = resources.paths()
    live = jobs.jobs(paths)
    ids = [job.run_id for job in live]
    before = st.session_state.get("watched", ids)
    st.session_state["watched"] = ids
    if ended := [run_id for run_id in before if run_id not in ids]:
        st.session_state["just_finished"] = ended[-1]
        st.rerun(scope="app")
    if live and not jobs.worker_alive(paths):
        st.warning(
            "Nothing is running the trainings. Start it with `make app`, or `python -m core worker`.",
            icon=":material/power_off:",
        )
    for job in live:
        _job(job, registry.load(paths, job.run_id))


def show() -> int:
    """Shows the live trainings and keeps watching them; gives how many there are."""
    number = len(jobs.jobs(resources.paths()))
    if number:
        _watch()
    return number


def _job(job: JobStatus, run: Run) -> None:
    with st.container(border=True):
        text, button = st.columns([5, 1], vertical_alignment="center")
        text.markdown(f"**{preset_title(run)}** on **{plain(run.dataset.name)}** · {plain(run.run_id)}")
        if button.button("Cancel", key=f"cancel-{job.run_id}", icon=":material/close:", width="stretch"):
            jobs.cancel(resources.paths(), job.run_id)
            st.rerun()
        if job.message:
            st.caption(plain(job.message))
        if job.state == "queued":
            st.caption(f"Queued (position {job.queue_position or 1}).")
            return
        st.progress(job.fraction, text=plain(progress_words(job)))
        # Drawn empty from the start, so that nothing jumps when the first epoch is over.
        chart(curves(run.history, run.config.epochs), f"curves-{job.run_id}", alt="Accuracy and loss by epoch")
        with st.expander("Log"):
            st.code(run.log_tail(4000) or "Nothing yet.", language=None, height=180)


def progress_words(job: JobStatus) -> str:
    """`Train the network, epoch 4 of 15, 12 s left`."""
    stage = (job.stage or "start").replace("start", "starting").replace("_", " ")
    parts = [stage[0].upper() + stage[1:]]  # not `capitalize`, which would write Tensorflow
    if job.epochs and job.epoch:
        parts.append(f"epoch {job.epoch} of {job.epochs}")
    if job.eta_seconds is not None and job.eta_seconds >= 1:
        parts.append(f"{duration(job.eta_seconds)} left")
    return ", ".join(parts)


def show_finished(data: Dataset) -> None:
    """What has become of the training watched last, and the offer to use it."""
    run_id = st.session_state.get("just_finished")
    run = next((run for run in resources.runs_of(data) if run.run_id == run_id), None)
    if run is None:
        return
    served, name = resources.active_run(), f"**{plain(run.run_id)}**"
    with st.container(border=True):
        if run.state != "succeeded":
            st.markdown(f":material/info: {name} {run.state}. {plain(run.message)}")
            return
        st.markdown(f":green[:material/check_circle:] {name} is ready: {plain(accuracy_of(run))}.")
        if served is None or served.run_id == run.run_id:
            st.caption("It is in use: try it on the Predict page.")
            return
        st.markdown(against(served, run))
        confirmations.button(run, key="promote-finished")


def against(served: Run, run: Run) -> str:
    """A run compared with the one in use in a sentence, or why they cannot be compared (Markdown)."""
    try:
        words = compare(served.predictions, run.predictions).sentence()
    except (TuskscopeError, KeyError):
        words = "they were not measured on the same test photos, so they cannot be compared."
    return f"Compared with **{plain(served.run_id)}**, which is in use: {plain(words)}"
