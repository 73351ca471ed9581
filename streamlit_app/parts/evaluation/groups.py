"""By class and group: whether some photos are harder than others."""

import pandas as pd
import streamlit as st

from core.dataset.index import Dataset
from core.evaluation.groups import DARK, THUMBNAIL_SIDE, by_group
from core.metrics import EvaluationResult, Measured
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.charts.standing import Dot, dots
from streamlit_app.parts.shared.layout import chart
from streamlit_app.words import plain


def show(data: Dataset, run: Run, result: EvaluationResult, predictions: pd.DataFrame) -> None:
    """The figures of each class, then one dot with its interval for every group of photos.

    Args:
        data: The dataset.
        run: Which run.
        result: Of it; its split is shown.
        predictions: Of the run, with the labels `result` judges by in `given_label`.
    """
    st.dataframe(per_class_table(result), hide_index=True)
    balanced = result.balanced_accuracy.text(result.labels, result.split)
    st.caption(f"Balanced accuracy, where every class counts the same: {balanced}.")
    copies = resources.copied_into(data) if result.split == "test" else None
    measured = resources.known_robustness(data, run, result.split)
    area = dict(zip(measured.images, measured.subject_area, strict=False)) if measured else {}
    found = by_group(predictions, data.usable, result.split, copies, area)
    if not found:
        st.caption("These photos are all alike in size, shape and light.")
        return
    rows = [Dot(f"{item.about}: {item.group}", item.accuracy) for item in found]
    chart(dots(rows, result.accuracy.value), "groups", alt="Accuracy of groups of photos")
    unknown = "" if area else " The size of the subject is known once the robustness has been measured."
    st.caption(
        plain(
            f"Accuracy on {result.split}, {result.labels} labels; lines are 95 % intervals, dotted: all photos. "
            f"Thumbnail: shorter side under {THUMBNAIL_SIDE} pixels; dark: mean brightness under {DARK:.0f} of 255. "
            f"Where intervals overlap, the groups may be equally hard.{unknown}"
        )
    )


def per_class_table(result: EvaluationResult) -> pd.DataFrame:
    """One row a class; every share with its 95 % interval and n."""
    predicted = [sum(counts) for counts in zip(*result.confusion_matrix, strict=True)]
    return pd.DataFrame(
        {
            "Class": row["class_name"],
            "Photos": row["support"],
            "Recall": _share(row, "recall", row["support"]),
            "Precision": _share(row, "precision", n),
            "F1": "–" if row["f1"] is None else f"{row['f1']:.3f}",
        }
        for row, n in zip(result.per_class, predicted, strict=True)
    )


def _share(row: dict, name: str, n: int) -> str:
    if row[name] is None:
        return "–"
    return Measured(row[name], row[f"{name}_low"], row[f"{name}_high"], n).percent()
