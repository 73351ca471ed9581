"""By which labels a run is judged: those of the folders, or those of the review."""

import pandas as pd
import streamlit as st

from core.dataset.index import Dataset
from core.evaluation.measure import judged_by
from core.metrics import EvaluationResult, Labels, from_table
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.words import counted


def label_toggle(photos: pd.DataFrame, data: Dataset, split: str, key: str, advice: str) -> Labels:
    """Draws the choice between given and reviewed labels; `given` where nobody reviewed photos of the split.

    Args:
        photos: Those that are judged, with `split` and `sha256`.
        data: The dataset.
        split: Which of them.
        key: Of the widget.
        advice: Said beside the choice.
    """
    if photos.empty:
        return "given"
    decided = int((photos["sha256"].isin(list(resources.decisions(data))) & (photos["split"] == split)).sum())
    if not decided:
        return "given"
    return st.segmented_control(
        "Judged by",
        ["given", "reviewed"],
        default="given",
        key=key,
        format_func=lambda labels: f"{labels.capitalize()} labels",
        required=True,
        help=f"{counted(decided, 'photo')} of {split} reviewed. {advice}",
    )


def measured(data: Dataset, run: Run, split: str, labels: Labels) -> tuple[EvaluationResult, pd.DataFrame]:
    """The evaluation by these labels, and the predictions with these labels in `given_label`.

    Raises:
        DatasetError: If no photo of the split is left.
    """
    if labels == "given" == run.evaluation[split].labels:  # as it was then; of photos still there with that content
        there = judged_by(run.predictions, data, labels, {})
        return run.evaluation[split], there if there.empty else there.assign(given_label=run.predictions["given_label"])
    predictions = judged_by(run.predictions, data, labels, resources.decisions(data))
    return from_table(predictions, split, run.class_names, labels), predictions


def label_of(data: Dataset, labels: Labels) -> dict[str, str]:
    """sha256 to the label that counts; photos excluded in the review are left out of the reviewed ones."""
    table = data.usable if labels == "given" else data.reviewed(resources.decisions(data))
    return dict(zip(table["sha256"], table["label"], strict=True))
