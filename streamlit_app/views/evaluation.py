"""Evaluation: how good a run is, how sure that is, and where it fails."""

import streamlit as st

from streamlit_app import frame, navigation, resources
from streamlit_app.parts.evaluation import compare, failures, figures, groups, heat_maps, robustness
from streamlit_app.parts.shared.labels import label_toggle, measured
from streamlit_app.parts.shared.layout import head, tabs
from streamlit_app.parts.shared.run_picker import run_picker
from streamlit_app.words import plain

QUESTION = "How good is it, and where does it fail?"
data = frame.dataset()
runs = [run for run in resources.runs_of(data) if run.state == "succeeded" and run.evaluation]
if not runs:
    head(QUESTION, f"No run of **{plain(data.name)}** has been evaluated yet.")
    navigation.empty(
        "**Nothing to evaluate yet.** Every training ends with an evaluation.", "training", "Train a model"
    )
    st.stop()

place = st.container()
left, right, by = st.columns([3.2, 1.4, 1.7], vertical_alignment="bottom")
with left:
    run = run_picker(runs, "run")
splits = [split for split in ("test", "validation", "train") if split in run.evaluation]
split = right.segmented_control("Measured on", splits, default=splits[0], key=f"split-{run.run_id}", required=True)
with by:
    advice = "Figures by given and by reviewed labels cannot be compared."
    labels = label_toggle(run.predictions, data, split, f"judged-{split}", advice)
result, predictions = measured(data, run, split, labels)
with place:
    head(QUESTION, plain(result.sentence()))


tabs(
    {
        "Where it fails": lambda: failures.show(data, run, result, predictions),
        "Average heat maps": lambda: heat_maps.show(data, run, split),
        "Compare": lambda: compare.show(data, runs, run, result),
        "By class and group": lambda: groups.show(data, run, result, predictions),
        "Robustness": lambda: robustness.show(data, run, result),
        "Curves": lambda: figures.learning(run),
        "ROC and PR": lambda: figures.thresholds(result),
        "Calibration": lambda: figures.calibration(result),
        "Leaving photos to people": lambda: figures.abstaining(result),
    },
    key="sight",
)
