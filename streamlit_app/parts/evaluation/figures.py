"""The figures of an evaluation in words, tables and charts."""

import pandas as pd
import streamlit as st

from core.metrics import EvaluationResult
from core.prediction.words import percent
from core.runs.folder import Run
from streamlit_app.charts import evaluation as charts
from streamlit_app.charts.training import curves
from streamlit_app.colors import class_colors
from streamlit_app.parts.shared.layout import chart


def learning(run: Run) -> None:
    """How the training went."""
    epochs = int(run.history["epoch"].max()) if len(run.history) else 0
    chart(curves(run.history, epochs), "curves", alt="Accuracy and loss by epoch")


def thresholds(result: EvaluationResult) -> None:
    """What moving the threshold would do."""
    colors = class_colors(result.class_names)
    roc, pr = st.columns(2)
    with roc:
        st.markdown("**ROC**", help="A lower threshold finds more of a class, at the price of more false positives.")
        chart(charts.roc(result, colors), "roc", alt="ROC curve of each class")
    with pr:
        st.markdown("**Precision and recall**", help="The more of a class is found, the less precise the predictions.")
        chart(charts.precision_recall(result, colors), "pr", alt="Precision–recall curve of each class")


def calibration(result: EvaluationResult) -> None:
    """Whether a probability means what it says."""
    chart(charts.reliability(result), "reliability", alt="Accuracy by confidence")
    low, high = result.ece_interval.low, result.ece_interval.high
    st.caption(
        f"Calibration error {result.ece:.3f} ({low:.3f}–{high:.3f}, n = {result.n}, {result.labels} labels, "
        f"{result.split}); 0 is best. Brier score {result.brier:.3f}, log loss {result.log_loss:.3f}. "
        "Larger points are more photos; lines are 95 % intervals."
    )


def abstaining(result: EvaluationResult) -> None:
    """What leaving the least sure photos to a person buys."""
    left = st.slider("Photos left to a person, the least sure first", 0, 90, 10, 1, format="%d %%", key="left")
    curve = pd.DataFrame(result.risk_coverage)
    point = curve.iloc[(curve["coverage"] - (1 - left / 100)).abs().argmin()]
    answered = round(point["coverage"] * result.n)
    st.markdown(
        f"Leave **{percent(1 - point['coverage'])}** of the photos to a person, and "
        f"**{percent(point['errors'], 1)}** of the other {answered} are wrong. The model answers where its probability "
        f"is at least {percent(point['threshold'], 1)}."
    )
    chart(charts.risk_coverage(result, point["coverage"]), "risk", alt="Errors by share of the photos answered")
