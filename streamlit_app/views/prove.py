"""Prove: what the review brought, as two trainings that differ in nothing but their labels."""

import streamlit as st

from core.jobs import queue as jobs
from core.workflows.proof import count_changes
from streamlit_app import frame, navigation, resources
from streamlit_app.parts.prove import proof
from streamlit_app.parts.shared.head import head
from streamlit_app.parts.training import live as training_live
from streamlit_app.words import counted, plain

QUESTION = "What did the review bring?"

data = frame.dataset()
made = resources.decisions(data)
relabelled, excluded = count_changes(data, made)
if not relabelled + excluded:
    head(QUESTION, f"No label of **{plain(data.name)}** to learn from has been changed yet.")
    navigation.empty("**Nothing to prove yet.** Review some labels first.", "review", "Review labels")
    st.stop()
if not (data.usable["split"] == "test").any():
    head(QUESTION, f"**{plain(data.name)}** has no test photos to prove it on.")
    navigation.empty("**A gain is proven on photos no run has seen.** Add a `test` folder.", "dataset", "Add photos")
    st.stop()

changed = f"{counted(relabelled, 'photo')} to learn from got another label, {excluded:,} are left out"
pair = proof.latest(resources.runs_of(data.name))
result, problem = proof.measured(pair, data)
if result is None:
    head(QUESTION, f"{changed}. Two trainings on given and on reviewed labels show what that brought.")
else:
    head(QUESTION, proof.answer(result))
live = jobs.jobs(resources.paths())
if live:
    training_live.show()
proof.start(data, changed, is_shown=result is not None, outdated=proof.is_outdated(pair, data))
if problem:
    st.caption(plain(problem))
if result is not None:
    proof.show(data, result)
