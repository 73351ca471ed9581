"""Evaluation: how good a run is, how sure that is, and where it fails."""

import streamlit as st

from streamlit_app import frame, navigation, resources
from streamlit_app.charts import evaluation as charts
from streamlit_app.charts.training import curves
from streamlit_app.colors import class_colors
from streamlit_app.parts import (
    evaluation_averages,
    evaluation_failures,
    evaluation_figures,
    evaluation_groups,
    evaluation_others,
    evaluation_robustness,
    judged,
)
from streamlit_app.parts.head import head
from streamlit_app.parts.run_picker import run_picker
from streamlit_app.words import plain

QUESTION = "How good is it, and where does it fail?"
PLAIN = {"displayModeBar": False}
data = frame.dataset()
served = resources.active_run()
runs = [run for run in resources.runs_of(data.name) if run.state == "succeeded" and run.evaluation]
if not runs:
    head(QUESTION, f"No run of **{plain(data.name)}** has been measured yet.")
    navigation.empty("**Nothing to prove yet.** Every training ends with a measurement.", "training", "Train a run")
    st.stop()

place = st.container()
left, right, by = st.columns([3, 1.6, 1.4], vertical_alignment="bottom")
with left:
    first = next((i for i, run in enumerate(runs) if served and run.run_id == served.run_id), 0)
    run = run_picker(runs, key="run", served=served, index=first)
splits = [split for split in ("test", "validation", "train") if split in run.evaluation]
split = right.segmented_control("Measured on", splits, default=splits[0], key=f"split-{run.run_id}", required=True)
with by:
    labels = judged.label_toggle(data, run, split)
result, predictions = judged.measured(data, run, split, labels)
with place:
    head(
        QUESTION,
        f"**{plain(result.accuracy.text(result.labels, split))}**. {plain(evaluation_figures.baseline(result))}",
    )

colors = class_colors(result.class_names)
names = ["Where it fails", "Where it looks", "Against others", "Groups", "Robustness", "Curves", "ROC and PR",
         "Calibration", "Refusing"]  # fmt: skip
failing, looking, others, groups, robust, learning, thresholds, sure, refusing = st.tabs(names)
with failing:
    evaluation_failures.show(data, run, result, predictions)
with looking:
    evaluation_averages.show(data, run, split)
with others:
    evaluation_others.show(data, runs, run, result)
with groups:
    evaluation_figures.per_class(result)
    evaluation_groups.show(data, run, result, predictions)
with robust:
    evaluation_robustness.show(data, run, result)
with learning:
    epochs = int(run.history["epoch"].max()) if len(run.history) else 0
    st.plotly_chart(curves(run.history, epochs), config=PLAIN, key="curves", alt="Accuracy and loss by epoch")
with thresholds:
    roc, pr = st.columns(2)
    roc.markdown("**ROC**", help="Lowering the bar finds more of a class, at the price of false alarms.")
    roc.plotly_chart(charts.roc(result, colors), config=PLAIN, key="roc", alt="ROC curve of each class")
    pr.markdown("**Precision and recall**", help="The more of a class it finds, the less often it is right.")
    pr.plotly_chart(charts.precision_recall(result, colors), config=PLAIN, key="pr", alt="Precision–recall curves")
with sure:
    evaluation_figures.calibration(result)
with refusing:
    evaluation_figures.refusing(result)
