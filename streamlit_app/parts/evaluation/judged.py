"""By which labels a run is judged: those of the folders, or those of the review."""

import pandas as pd
import streamlit as st

from core.dataset.index import Dataset
from core.evaluation.measure import judged_by
from core.metrics import EvaluationResult, from_table
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.words import counted


def label_toggle(data: Dataset, run: Run, split: str) -> str:
    """Draws the choice; `given` where nobody reviewed photos of the split."""
    number = num_decided(data, run, split)
    return st.segmented_control(
        "Judged by",
        ["given", "reviewed"] if number else ["given"],
        default="given",
        key=f"judged-{split}",
        format_func=lambda labels: f"{labels.capitalize()} labels",
        required=True,
        help=f"{counted(number, 'photo')} of {split} reviewed. Figures by given and by reviewed labels do not compare.",
    )


def num_decided(data: Dataset, run: Run, split: str) -> int:
    """How many photos of a split that the run predicted somebody has decided about."""
    if run.predictions.empty:
        return 0
    rows = run.predictions[run.predictions["split"] == split]
    return int(rows["sha256"].isin(list(resources.decisions(data))).sum())


def measured(data: Dataset, run: Run, split: str, labels: str) -> tuple[EvaluationResult, pd.DataFrame]:
    """The evaluation by these labels, and the predictions with these labels in `given_label`.

    Raises:
        DatasetError: If no photo of the split is left.
    """
    if labels == "given":
        return run.evaluation[split], run.predictions
    predictions = judged_by(run.predictions, data, labels, resources.decisions(data))
    return from_table(predictions, split, run.class_names, labels), predictions


def label_of(data: Dataset, labels: str) -> dict[str, str]:
    """sha256 to the label that counts; photos excluded in the review are left out of the reviewed ones."""
    table = data.usable if labels == "given" else data.reviewed(resources.decisions(data))
    return dict(zip(table["sha256"], table["label"], strict=True))
