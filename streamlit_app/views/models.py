"""Models: which model is in use, which others there are, and what can be done with them."""

import streamlit as st

from core.runs import registry
from streamlit_app import frame, navigation, resources
from streamlit_app.parts.models import actions, confirmations
from streamlit_app.parts.models import table as run_table
from streamlit_app.parts.shared.layout import head
from streamlit_app.parts.shared.run_picker import standing
from streamlit_app.words import counted, day, duration, listed, plain

QUESTION = "Which model is in use?"
HERE, EVERYWHERE = "this dataset", "all datasets"

data = frame.dataset()
served = resources.active_run()
runs = registry.runs(resources.paths())
if served is None:
    head(QUESTION, "None yet.")
    navigation.no_model()
    if runs:
        run_table.show(runs, key="runs")
    st.stop()

head(QUESTION, f"{standing(served)}.")
with st.container(border=True):
    st.markdown(
        f":material/label: {plain(listed(served.class_names))}  \n"
        f":material/photo_library: {counted(served.dataset.num_photos, 'training photo')} of "
        f"**{plain(served.dataset.name)}**, {served.labels} labels  \n"
        f":material/schedule: {plain(day(served.created_at))}, took {duration(served.seconds)}"
    )
    actions.roll_back()

shown = st.segmented_control(
    "Runs of", [HERE, EVERYWHERE], default=HERE, key="which", required=True, label_visibility="collapsed"
)
if shown == HERE:
    runs = [run for run in runs if not run.dataset.name or resources.is_of(run, data)]  # "": nobody can tell any more
if not runs:
    navigation.empty(f"**No run of {plain(data.name)} yet.**", "training", "Train a model")
    st.stop()
if len({confirmations.measured_on(run) for run in runs if run.evaluation}) > 1:
    st.caption(":orange[:material/front_hand:] These accuracies are of different photos or labels: see the intervals.")
st.caption(f"{counted(len(runs), 'run')}. Choose a row to use that model, to read its card, to export or to delete it.")
chosen = run_table.choose(runs, key="runs")
actions.show(data, chosen or served, served)
