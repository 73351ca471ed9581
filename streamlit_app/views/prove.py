"""Prove: whether fixing labels helped, as two trainings that differ in nothing but their labels."""

import streamlit as st

from core.workflows.proof import count_changes
from streamlit_app import frame, navigation, resources
from streamlit_app.parts.dataset import managing
from streamlit_app.parts.prove import proof
from streamlit_app.parts.shared.labels import label_toggle
from streamlit_app.parts.shared.layout import head
from streamlit_app.parts.training import live as training_live
from streamlit_app.words import counted, plain

QUESTION = "Did fixing labels help?"

data = frame.dataset()
name = f"**{plain(data.name)}**"
relabelled, excluded = count_changes(data, resources.decisions(data))
if not relabelled + excluded:
    head(QUESTION, f"No training label of {name} has been changed yet.")
    navigation.empty("**Nothing to prove yet.** Review some labels first.", "review", "Review labels")
    st.stop()
if not resources.num_photos(data, "test"):
    head(QUESTION, f"{name} has no test photos to prove it on.")
    st.markdown("A gain is proven on photos that no model was trained on.")
    managing.offer_test_split(data)
    st.stop()

place, below = st.container(), st.container()
changed = f"{counted(relabelled, 'training photo')} got another label, {excluded:,} are left out."
runs = resources.runs_of(data)
pair, result = proof.latest(runs), None
if pair:
    judged_by = label_toggle(data.usable, data, "test", "judged-by", "Choose before you look, and do not switch later.")
    result = proof.measured(pair, data, judged_by)
with place:
    if result:
        head(
            QUESTION,
            proof.answer(result),
            help=f"{result.comparison.test}: how often chance alone would part the runs so far.",
        )
    else:
        head(QUESTION, f"{changed} Train on given and on reviewed labels to see.")
with below:
    training_live.show()
    proof.start(data, runs, changed if result else "", pair is not None and proof.is_outdated(pair[1], data))
if result:
    proof.show(data, result)
