"""The confusion matrix, and the photos of the cell that was clicked."""

import pandas as pd
import streamlit as st

from core.dataset.index import Dataset
from core.metrics import EvaluationResult
from core.runs.folder import Run
from streamlit_app.charts.evaluation import confusion_matrix
from streamlit_app.parts.dataset import filters
from streamlit_app.parts.shared import photos
from streamlit_app.words import counted, plain

ALL_WRONG = "all mistakes"


def show(data: Dataset, run: Run, result: EvaluationResult, predictions: pd.DataFrame) -> None:
    """The matrix on the left, the photos of a cell on the right, worst first.

    Args:
        data: The data set.
        run: Which run.
        result: What is shown.
        predictions: Of the run, with the labels `result` judges by in `given_label`.
    """
    left, right = st.columns([2, 3], gap="medium")
    cells = {ALL_WRONG: None}
    for truth in result.class_names:
        for said in result.class_names:
            cells[f"{truth}, said {said}"] = (truth, said)
    key = f"cell-{run.run_id}-{result.split}"
    with left:
        chart_key = f"matrix-{run.run_id}-{result.split}"
        st.plotly_chart(
            confusion_matrix(result),
            key=chart_key,
            config={"displayModeBar": False},
            selection_mode="points",
            on_select=lambda: _take_click(chart_key, key),
            alt="Confusion matrix: rows labels, columns answers",
        )
        st.caption("Click a cell to see its photos.")
    with right:
        chosen = st.selectbox("Photos of", list(cells), key=key)
        rows = cell_rows(predictions, result.split, cells[chosen])
        shown = _as_gallery(data, rows)
        if shown.empty:
            st.info("No photo here." if rows.empty else "These photos are no longer in the data set.")
            return
        st.caption(f"{counted(len(shown), 'photo')}, the surest answers first.")
        photos.gallery(data, shown, key=f"failures-{plain(chosen)}", page_size=12, columns=4, run=run)


def cell_rows(predictions: pd.DataFrame, split: str, cell: tuple[str, str] | None) -> pd.DataFrame:
    """The predictions of a cell (label, answer), or all wrong ones; the surest first, since they fail worst."""
    if predictions.empty:
        return predictions
    rows = predictions[predictions["split"] == split]
    if cell is None:
        rows = rows[rows["predicted_label"] != rows["given_label"]]
    else:
        rows = rows[(rows["given_label"] == cell[0]) & (rows["predicted_label"] == cell[1])]
    return rows.sort_values("probability", ascending=False)


def _as_gallery(data: Dataset, rows: pd.DataFrame) -> pd.DataFrame:
    if rows.empty:
        return rows
    table = filters.with_predictions(data.table, None).drop(columns=["predicted_label", "probability"])
    return rows[["path", "predicted_label", "probability"]].merge(table, on="path", how="inner")


def _take_click(chart_key: str, key: str) -> None:
    points = st.session_state[chart_key].selection.points
    if points:
        truth, said = points[0]["customdata"]
        st.session_state[key] = f"{truth}, said {said}"
