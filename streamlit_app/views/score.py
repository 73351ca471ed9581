"""Score: what is in a folder of very many photos, how right that is, and files for other tools."""

import streamlit as st

from core.prediction.scoring import scorings
from core.runs import registry
from streamlit_app import navigation, resources
from streamlit_app.parts.score import found, work
from streamlit_app.parts.shared.layout import head, tabs
from streamlit_app.words import counted, plain

QUESTION = "What is in this folder?"
paths = resources.paths()
known = scorings.scorings(paths)
runs = [run for run in registry.runs(paths) if run.state == "succeeded"]
if not runs:
    head(QUESTION, "A model looks at each photo of a folder.")
    navigation.no_model()
    st.stop()
if work.WANTED in st.session_state:
    st.session_state[work.CHOSEN] = st.session_state.pop(work.WANTED)
place = st.container()
scoring = st.selectbox("Scorings", list(known), key=work.CHOSEN, bind="query-params") if known else None
with st.expander("Score a folder", expanded=not known, icon=":material/create_new_folder:"):
    work.form(runs)
if scoring is None:
    with place:
        head(QUESTION, "Name a folder: each photo gets an answer, and a few checks tell how right they are.")
    st.stop()

plan, target = known[scoring], scorings.folder_of(scoring, paths)
with place:
    head(QUESTION, f"**{counted(plan.num_photos, 'photo')}** in *{plain(plan.folder)}*, by **{plain(plan.run_id)}**.")
for note in plan.notes:
    st.caption(plain(note))
if scorings.is_working(scoring, paths):
    st.fragment(work.watch, run_every="2s")(scoring, plan)
    st.stop()
if scorings.chunks_done(scoring, paths) < plan.num_chunks:
    work.stopped(scoring, plan)
    st.stop()
table = found.read(target, plan)
tabs(
    {
        "Counts": lambda: found.counts(table),
        "How right?": lambda: found.audit(target, plan),
        "Photos": lambda: found.photos(table, plan),
        "Export": lambda: found.downloads(target, plan),
    },
    key="score-tab",
)
