"""Starting a scoring, and how far it is."""

import time
from pathlib import Path

import streamlit as st

from core.errors import TuskscopeError
from core.prediction.scoring import scorings
from core.prediction.scoring.plan import Plan
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.parts.shared.run_picker import run_picker, standing
from streamlit_app.words import counted, duration, plain

CHOSEN = "scoring"
WANTED = "wanted-scoring"


def form(runs: list[Run]) -> None:
    """Asks for a folder and a model, and starts."""
    with st.container(border=True):
        folder = st.text_input("Folder of photos", key="score-folder", placeholder="/photos/season 2026").strip()
        run = run_picker(runs, key="score-run")
        st.caption(standing(run))
        if st.button("Score this folder", type="primary", icon=":material/play_arrow:", disabled=not folder):
            place = st.empty()
            try:
                st.session_state[WANTED] = scorings.start(
                    Path(folder).expanduser(),
                    run,
                    resources.paths(),
                    lambda found: place.caption(f"{counted(found, 'photo')} found…"),
                )
            except TuskscopeError as error:
                place.error(plain(error), icon=":material/error:")
                return
            st.rerun()


def watch(scoring: str, plan: Plan) -> None:
    """Progress while a process is at it; the page is drawn anew when it ends."""
    paths = resources.paths()
    chunks = scorings.chunks_done(scoring, paths)
    done = min(chunks * plan.chunk_size, plan.num_photos)
    words = f"{done:,} of {counted(plan.num_photos, 'photo')}"
    if not scorings.is_working(scoring, paths):
        st.rerun()
    started, before = st.session_state.setdefault(f"pace-{scoring}", (time.monotonic(), done))
    if done > before:
        rate = (done - before) / (time.monotonic() - started)
        words += f", {rate:.0f} a second, {duration((plan.num_photos - done) / rate)} left"
    st.progress(done / plan.num_photos, words)
    st.caption("It goes on when you close this tab, and after the app is stopped.")
    if st.button("Stop", key="stop-scoring", icon=":material/stop:"):
        scorings.stop(scoring, paths)
        st.rerun()


def stopped(scoring: str, plan: Plan) -> None:
    """What to do with a scoring that nobody works on and that is not done."""
    paths = resources.paths()
    st.session_state.pop(f"pace-{scoring}", None)
    if problem := scorings.problem(scoring, paths):
        st.error(plain(problem), icon=":material/error:")
    done = scorings.chunks_done(scoring, paths)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Stopped after {done} of {counted(plan.num_chunks, 'chunk')}. Nothing is lost.")
        if st.button("Go on", key="go-on", type="primary", icon=":material/play_arrow:"):
            scorings.go_on(scoring, paths)
            st.rerun()
