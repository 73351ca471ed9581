"""The confusion matrix, and the photos of the cell that was clicked."""

import pandas as pd
import streamlit as st

from core.dataset.index import Dataset
from core.metrics import EvaluationResult
from core.runs.folder import Run
from streamlit_app.charts.evaluation import WRITTEN_CLASSES, confusion_matrix, largest_confusions
from streamlit_app.charts.style import readable
from streamlit_app.parts.shared import photos
from streamlit_app.words import counted, plain

ALL_WRONG = "all mistakes"


def show(data: Dataset, run: Run, result: EvaluationResult, predictions: pd.DataFrame) -> None:
    """The matrix on the left, the photos of a cell on the right, worst first.

    Args:
        data: The dataset.
        run: Which run.
        result: What is shown.
        predictions: Of the run, with the labels `result` judges by in `given_label`.
    """
    left, right = st.columns([2, 3], gap="medium")
    names = result.class_names
    every = [(label, predicted) for label in names for predicted in names]
    is_small = len(names) <= WRITTEN_CLASSES
    cells = {_title(*cell): cell for cell in (every if is_small else largest_confusions(result))}
    key, chart_key = f"cell-{run.run_id}-{result.split}", f"matrix-{run.run_id}-{result.split}"

    def take_click() -> None:
        if points := st.session_state[chart_key].selection.points:
            st.session_state[key] = _title(*points[0]["customdata"])

    with left:
        st.plotly_chart(
            readable(confusion_matrix(result), st.context.theme.type),
            key=chart_key,
            config={"displayModeBar": False},
            selection_mode="points",
            on_select=take_click,
            alt="Confusion matrix: rows labels, columns predictions",
        )
        st.caption("Click a cell to see its photos.")
        if not is_small:
            st.caption("The largest confusions:")
            st.dataframe(confusions_table(result), hide_index=True)
    with right:
        if st.session_state.get(key, ALL_WRONG) not in (ALL_WRONG, *cells):
            del st.session_state[key]  # by other labels this cell is empty
        chosen = st.selectbox("Photos of", [ALL_WRONG, *cells], key=key)
        rows = cell_rows(predictions, result.split, cells.get(chosen))
        shown = photos.with_predictions(data, rows)
        if shown.empty:
            st.info("No photo here." if rows.empty else "These photos are no longer in the dataset.")
            return
        st.caption(f"{counted(len(shown), 'photo')}, the most confident predictions first.")
        photos.gallery(data, shown, key=f"failures-{plain(chosen)}", page_size=12, columns=4, run=run)


def confusions_table(result: EvaluationResult) -> pd.DataFrame:
    """The mistakes made most often, at most ten, with their share of the class's photos."""
    position = {name: number for number, name in enumerate(result.class_names)}
    rows = []
    for label, predicted in largest_confusions(result)[:10]:
        counts = result.confusion_matrix[position[label]]
        count = counts[position[predicted]]
        if label != predicted:
            share = f"{count / sum(counts):.0%}".replace("%", " %")
            rows.append({"Label": label, "Predicted": predicted, "Photos": count, "Of the class": share})
    return pd.DataFrame(rows, columns=["Label", "Predicted", "Photos", "Of the class"])


def cell_rows(predictions: pd.DataFrame, split: str, cell: tuple[str, str] | None) -> pd.DataFrame:
    """The predictions of a cell (label, prediction), or all wrong ones; the most confident first: they fail worst."""
    if predictions.empty:
        return predictions
    rows = predictions[predictions["split"] == split]
    if cell is None:
        rows = rows[rows["predicted_label"] != rows["given_label"]]
    else:
        rows = rows[(rows["given_label"] == cell[0]) & (rows["predicted_label"] == cell[1])]
    return rows.sort_values("probability", ascending=False)


def _title(label: str, predicted: str) -> str:
    return f"{label}, predicted {predicted}"
