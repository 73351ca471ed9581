"""The figures of an evaluation in words, tables and charts."""

import pandas as pd
import streamlit as st

from core.metrics import EvaluationResult
from core.runs.folder import Run
from streamlit_app.charts import evaluation as charts
from streamlit_app.charts.training import curves
from streamlit_app.colors import class_colors
from streamlit_app.words import percent

PLAIN = {"displayModeBar": False}


def baseline(result: EvaluationResult) -> str:
    """What any figure has to beat (not escaped)."""
    majority = max(result.per_class, key=lambda row: row["support"])["class_name"]
    return f"Always answering {majority} would be right on {percent(result.majority_baseline, 1)}."


def per_class(result: EvaluationResult) -> None:
    """How much of each class is found, and how often the answer is right."""
    st.dataframe(per_class_table(result), hide_index=True)
    measured = result.balanced_accuracy
    st.caption(f"Balanced accuracy, where every class counts the same: {measured.text(result.labels, result.split)}.")


def per_class_table(result: EvaluationResult) -> pd.DataFrame:
    """One row a class; every share with its 95 % interval and n."""
    predicted = [sum(row[place] for row in result.confusion_matrix) for place in range(len(result.class_names))]
    return pd.DataFrame(
        {
            "Class": [row["class_name"] for row in result.per_class],
            "Photos": [row["support"] for row in result.per_class],
            "Found (recall)": [_share(row, "recall", row["support"]) for row in result.per_class],
            "Right when it says so (precision)": [
                _share(row, "precision", n) for row, n in zip(result.per_class, predicted, strict=True)
            ],
            "F1": ["–" if row["f1"] is None else f"{row['f1']:.3f}" for row in result.per_class],
        }
    )


def learning(run: Run) -> None:
    """How the training went."""
    epochs = int(run.history["epoch"].max()) if len(run.history) else 0
    st.plotly_chart(curves(run.history, epochs), config=PLAIN, key="curves", alt="Accuracy and loss by epoch")


def thresholds(result: EvaluationResult) -> None:
    """What moving the bar would do."""
    colors = class_colors(result.class_names)
    roc, pr = st.columns(2)
    roc.markdown("**ROC**", help="Lowering the bar finds more of a class, at the price of false alarms.")
    roc.plotly_chart(charts.roc(result, colors), config=PLAIN, key="roc", alt="ROC curve of each class")
    pr.markdown("**Precision and recall**", help="The more of a class it finds, the less often it is right.")
    pr.plotly_chart(charts.precision_recall(result, colors), config=PLAIN, key="pr", alt="Precision–recall curves")


def calibration(result: EvaluationResult) -> None:
    """Whether a probability means what it says."""
    st.plotly_chart(charts.reliability(result), config=PLAIN, key="reliability", alt="Confidence against accuracy")
    low, high = result.ece_interval.low, result.ece_interval.high
    st.caption(
        f"Calibration error {result.ece:.3f} ({low:.3f}–{high:.3f}, n = {result.n}, {result.labels} labels, "
        f"{result.split}); 0 is best. Brier score {result.brier:.3f}, log loss {result.log_loss:.3f}. "
        "Larger points are more photos; lines are 95 % intervals."
    )


def refusing(result: EvaluationResult) -> None:
    """What leaving the unsure photos to a person buys."""
    refused = st.slider("Photos left to a person, the least sure first", 0, 90, 10, 1, format="%d %%", key="refused")
    curve = pd.DataFrame(result.risk_coverage)
    point = curve.iloc[(curve["coverage"] - (1 - refused / 100)).abs().argmin()]
    answered = round(point["coverage"] * result.n)
    st.markdown(
        f"Leave **{percent(1 - point['coverage'])}** of the photos to a person, and "
        f"**{percent(point['errors'], 1)}** of the {answered} others are wrong. They are those with a probability "
        f"of at least {percent(point['threshold'], 1)}."
    )
    st.plotly_chart(
        charts.risk_coverage(result, point["coverage"]),
        config=PLAIN,
        key="risk",
        alt="Errors by share answered",
    )


def _share(row: dict, name: str, n: int) -> str:
    if row[name] is None:
        return "–"
    return f"{100 * row[name]:.1f} % ({100 * row[f'{name}_low']:.1f}–{100 * row[f'{name}_high']:.1f}, n = {n})"
