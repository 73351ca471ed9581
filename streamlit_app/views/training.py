"""Training: choose what to train, start it, watch it, and decide whether to use the result."""

import streamlit as st

from core.jobs import queue as jobs
from streamlit_app import frame, resources
from streamlit_app.parts.models import table as run_table
from streamlit_app.parts.shared.layout import head
from streamlit_app.parts.training import advice, form, live
from streamlit_app.words import counted, plain

data = frame.dataset()
runs = resources.runs_of(data)
under_way = len(jobs.jobs(resources.paths()))
finished = [run for run in runs if run.state == "succeeded"]
photos = counted(resources.num_photos(data, "train", "validation"), "training photo")
if under_way:
    line = f"**{counted(under_way, 'training')}** running or queued."
elif finished:
    line = f"{counted(len(finished), 'run')} of **{plain(data.name)}** so far; {photos}."
else:
    line = f"No run of **{plain(data.name)}** yet; {photos}. **Quick** is a good start."
head("What should I train, and how is it going?", line)

if not live.show():
    live.show_finished(data)
advice.show(data)
form.show(data, runs)
st.subheader("Runs so far", anchor=False)
if runs:
    run_table.show(runs, key="training-runs")
else:
    st.caption("None yet.")
