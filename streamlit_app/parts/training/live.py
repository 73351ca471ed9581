"""The trainings that run or wait, live; and what to do when one has finished."""

from functools import partial

import streamlit as st

from core.dataset.index import Dataset
from core.errors import DatasetError, TuskscopeError
from core.evaluation.measure import judged_by
from core.jobs import queue as jobs
from core.jobs.queue import JobStatus
from core.metrics import compare
from core.runs import registry
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.charts.training import curves
from streamlit_app.parts.models import confirmations
from streamlit_app.parts.shared.layout import chart
from streamlit_app.parts.shared.progress import offer
from streamlit_app.parts.shared.run_picker import accuracy_of, preset_title
from streamlit_app.words import duration, plain

SECONDS_PER_PHOTO = 0.03  # of a network on two cores, the photo read


@st.fragment(run_every="2s")
def _watch(brief: bool) -> None:
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
        _job(job, registry.load(paths, job.run_id), brief)


def show(brief: bool = False) -> int:
    """Shows the live trainings, without curves and log if `brief`, and watches them; gives how many there are."""
    number = len(jobs.jobs(resources.paths()))
    if number:
        _watch(brief)
    return number


def _job(job: JobStatus, run: Run, brief: bool) -> None:
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
        if brief:
            return
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
        against(data, served, run)
        confirmations.button(run, key="promote-finished")


def against(data: Dataset, served: Run, run: Run) -> None:
    """A run compared with the one in use on the same test photos, the offer to ask that one about them, or why not."""
    number, name = resources.num_photos(data, "test"), plain(served.run_id)
    before, after = (resources.asked(data, one) for one in (served, run))
    if before is None and after is not None and number and set(served.class_names) == set(run.class_names):
        st.markdown(f"**{name}**, which is in use, has not been asked about these test photos yet.")
        seconds, start = SECONDS_PER_PHOTO * number, partial(resources.ask, data, served)
        offer("Compare on the test photos", ":material/balance:", f"ask-{run.run_id}", number, seconds, "", start)
        return
    try:
        if before is None or after is None:
            raise DatasetError("their classes or test photos differ, so they cannot be compared.")
        found = compare(judged_by(before, data, "given", {}), judged_by(after, data, "given", {}))
        words, help = found.sentence(with_test=False), found.test
    except (TuskscopeError, KeyError) as error:
        words, help = str(error), None
    st.markdown(f"Compared with **{name}**, which is in use: {plain(words)}", help=help)
