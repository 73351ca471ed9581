"""Training: choose what to train, start it, watch it, and decide whether it should answer from now on."""

import streamlit as st

from core.jobs import queue as jobs
from streamlit_app import frame, resources
from streamlit_app.parts.models import table as run_table
from streamlit_app.parts.shared.head import head
from streamlit_app.parts.training import form as training_form
from streamlit_app.parts.training import live as training_live
from streamlit_app.words import counted, plain

data = frame.dataset()
runs = resources.runs_of(data.name)
live = jobs.jobs(resources.paths())
finished = [run for run in runs if run.state == "succeeded"]
photos = counted(int((data.usable["split"] != "test").sum()), "photo")
if live:
    line = f"**{counted(len(live), 'training')}** under way or waiting."
elif finished:
    line = f"{counted(len(finished), 'run')} of **{plain(data.name)}** so far; {photos} to learn from."
else:
    line = f"No run of **{plain(data.name)}** yet; {photos} to learn from. **Quick** is a good start."
head("What should I train, and how is it going?", line)

if live:
    training_live.show()
else:
    training_live.show_finished(data)
training_form.show(data, runs)
st.subheader("Runs so far", anchor=False)
if runs:
    run_table.show(runs, resources.active_run(), key="training-runs")
else:
    st.caption("None yet.")
