"""Evaluation: how good a run is, how sure that is, and where it fails."""

import streamlit as st

from streamlit_app import frame, navigation, resources
from streamlit_app.parts.evaluation import averages as evaluation_averages
from streamlit_app.parts.evaluation import failures as evaluation_failures
from streamlit_app.parts.evaluation import figures as evaluation_figures
from streamlit_app.parts.evaluation import groups as evaluation_groups
from streamlit_app.parts.evaluation import judged
from streamlit_app.parts.evaluation import others as evaluation_others
from streamlit_app.parts.evaluation import robustness as evaluation_robustness
from streamlit_app.parts.shared.head import head
from streamlit_app.parts.shared.run_picker import run_picker
from streamlit_app.words import plain

QUESTION = "How good is it, and where does it fail?"
data = frame.dataset()
served = resources.active_run()
runs = [run for run in resources.runs_of(data.name) if run.state == "succeeded" and run.evaluation]
if not runs:
    head(QUESTION, f"No run of **{plain(data.name)}** has been measured yet.")
    navigation.empty("**Nothing to prove yet.** Every training ends with a measurement.", "training", "Train a run")
    st.stop()

place = st.container()
left, right, by = st.columns([2.4, 1.5, 1.9], vertical_alignment="bottom")
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


def groups() -> None:
    evaluation_figures.per_class(result)
    evaluation_groups.show(data, run, result, predictions)


sights = {
    "Where it fails": lambda: evaluation_failures.show(data, run, result, predictions),
    "Where it looks": lambda: evaluation_averages.show(data, run, split),
    "Against others": lambda: evaluation_others.show(data, runs, run, result),
    "Groups": groups,
    "Robustness": lambda: evaluation_robustness.show(data, run, result),
    "Curves": lambda: evaluation_figures.learning(run),
    "ROC and PR": lambda: evaluation_figures.thresholds(result),
    "Calibration": lambda: evaluation_figures.calibration(result),
    "Refusing": lambda: evaluation_figures.refusing(result),
}
tabs = st.tabs(list(sights), key="sight", on_change="rerun", bind="query-params")
for tab, show in zip(tabs, sights.values(), strict=True):
    if tab.open:  # the others cost time that nobody sees
        with tab:
            show()
