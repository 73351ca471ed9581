"""Models: which run answers now, which others there are, and how to change it."""

import streamlit as st

from core.runs import registry
from streamlit_app import frame, navigation, resources
from streamlit_app.parts.models import actions as model_actions
from streamlit_app.parts.models import table as run_table
from streamlit_app.parts.shared.head import head
from streamlit_app.parts.shared.run_picker import accuracy_text
from streamlit_app.words import counted, day, duration, listed, plain

data = frame.dataset()
served = resources.active_run()
runs = registry.runs(resources.paths())
if served is None:
    head("What is served, and what else do I have?", "No run answers yet.")
    navigation.empty("**No run yet.** Train one, and it answers here.", "training", "Train a run")
    st.stop()

head(
    "What is served, and what else do I have?",
    f"**{plain(served.run_id)}** answers; {counted(len(runs), 'run')} in all.",
)
with st.container(border=True):
    figures, facts = st.columns([2, 3])
    with figures:
        st.caption("Served run")
        st.markdown(f"#### {plain(served.run_id)}")
        st.markdown(f"Right on {plain(accuracy_text(served))}.")
    with facts:
        st.markdown(
            f":material/label: {plain(listed(served.class_names))}  \n"
            f":material/photo_library: learned from **{plain(served.dataset.name)}** "
            f"({served.dataset.num_photos:,} photos, {served.labels} labels)  \n"
            f":material/schedule: {plain(day(served.created_at))}, took {duration(served.seconds)}"
        )
        model_actions.roll_back(served)

shown = st.segmented_control(
    "Runs of",
    ["this data set", "all data sets"],
    default="this data set",
    key="which",
    required=True,
    label_visibility="collapsed",
)
if shown == "this data set":
    runs = [run for run in runs if run.dataset.name == data.name]
if not runs:
    navigation.empty(f"**No run of {plain(data.name)} yet.**", "training", "Train a run")
    st.stop()
st.caption("Choose a row to let that run answer, to read its card, to use it elsewhere, or to delete it.")
chosen = run_table.choose(runs, served, key="runs")
model_actions.show(chosen or served, served)
