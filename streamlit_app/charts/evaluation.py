"""Charts of an evaluation: where it fails, how sure it may be."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from core.metrics import EvaluationResult, Measured
from streamlit_app.charts.style import DOTTED, STRONG, corner_names, empty, error_bars, escaped, styled, write

WRITTEN_CLASSES = 12  # with more, a cell has no room for its figures, and each costs the browser a text of its own
# A cell that holds most of its row is dark with white figures, any other light with dark ones: both read
# on any page.
SHARES = [[0, "rgba(122,104,196,0.06)"], [0.499, "rgba(122,104,196,0.14)"], [0.5, "#8675CB"], [1, "#5B4B9A"]]


def confusion_matrix(result: EvaluationResult) -> go.Figure:
    """Photos by true class (rows) and predicted class (columns): counts and the share of the row.

    The points over the cells can be clicked; `customdata` holds (true class, predicted class). Many classes share the
    room of a few: their cells are coloured, what they hold is said when one is pointed at.
    """
    names = [escaped(name) for name in result.class_names]
    is_small = len(names) <= WRITTEN_CLASSES
    counts = np.array(result.confusion_matrix, int).reshape(len(names), len(names))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = go.Figure()
    figure.add_heatmap(
        x=names,
        y=names,
        z=shares,
        zmin=0,
        zmax=1,
        showscale=False,
        hoverinfo="skip",
        xgap=4 if is_small else 0,
        ygap=4 if is_small else 0,
        colorscale=SHARES,
    )
    # A heat map cannot be clicked in Streamlit; invisible points over its cells can.
    rows, columns = np.nonzero(counts + is_small)
    invisible, height = {"marker": {"opacity": 0}}, 92 * min(len(names), WRITTEN_CLASSES)
    figure.add_scatter(
        x=[names[column] for column in columns],
        y=[names[row] for row in rows],
        mode="markers",
        marker={"size": min(80, max(4, height // len(names))), "symbol": "square", "opacity": 0},
        selected=invisible,
        unselected=invisible,
        customdata=[
            [result.class_names[row], result.class_names[column]] for row, column in zip(rows, columns, strict=True)
        ],
        text=[f"{count:,}" for count in counts[rows, columns]],
        hovertemplate="%{text} photos labelled %{y}, predicted %{x} (click to see them)<extra></extra>",
    )
    styled(figure, height=90 + height, x_title="predicted", y_title=f"{result.labels} label")
    figure.update_xaxes(showgrid=False, side="top")
    figure.update_yaxes(showgrid=False, autorange="reversed")
    for row, column in zip(rows, columns, strict=True) if is_small else ():
        share = shares[row, column]
        font = {"size": 15, "color": "#FFFFFF"} if share >= 0.5 else {"size": 15}
        text = f"<b>{counts[row, column]:,}</b><br>{100 * share:.0f} %"
        write(figure, names[column], names[row], text, font=font)
    return figure.update_layout(clickmode="event+select")


def largest_confusions(result: EvaluationResult) -> list[tuple[str, str]]:
    """The cells that hold photos, as (true class, predicted class): mistakes before right answers, largest first."""
    names, matrix = result.class_names, result.confusion_matrix
    cells = ((row, column) for row, counts in enumerate(matrix) for column, count in enumerate(counts) if count)
    ordered = sorted(cells, key=lambda cell: (cell[0] == cell[1], -matrix[cell[0]][cell[1]]))
    return [(names[row], names[column]) for row, column in ordered]


def roc(result: EvaluationResult, colors: Mapping[str, str]) -> go.Figure:
    """True against false positives of each class, over all thresholds."""
    figure = _square("false positive rate (share of the other photos)", "recall (share of the class)", diagonal=True)
    for curve in result.roc:
        if curve["auc"] is not None:
            hover = "recall %{y:.0%} at a false positive rate of %{x:.0%}"
            _class_curve(figure, curve, "fpr", "tpr", f"area {curve['auc']:.3f}", hover, colors)
    return _named(figure)


def precision_recall(result: EvaluationResult, colors: Mapping[str, str]) -> go.Figure:
    """Precision against recall of each class, over all thresholds."""
    figure = _square("recall (share of the class)", "precision")
    for curve in result.pr:
        if curve["average_precision"] is not None:
            note, hover = f"average precision {curve['average_precision']:.3f}", "precision %{y:.0%} at recall %{x:.0%}"
            _class_curve(figure, curve, "recall", "precision", note, hover, colors)
    return _named(figure)


def reliability(result: EvaluationResult) -> go.Figure:
    """Accuracy against confidence with Wilson intervals; on the dotted line a probability means what it says."""
    bins = result.reliability_bins
    if not bins:
        return empty()
    figure = _square("confidence", "accuracy", diagonal=True)
    largest = max(row["n"] for row in bins)
    values = [Measured(row["accuracy"], row["accuracy_low"], row["accuracy_high"], row["n"]) for row in bins]
    figure.add_scatter(
        x=[row["mean_confidence"] for row in bins],
        y=[value.value for value in values],
        mode="markers",
        error_y={**error_bars(values), "color": STRONG},
        marker={"color": STRONG, "size": [8 + 16 * (value.n / largest) ** 0.5 for value in values], "opacity": 1},
        customdata=[value.n for value in values],
        hovertemplate="%{customdata} photos with a confidence near %{x:.0%}: %{y:.0%} accuracy<extra></extra>",
    )
    place = {"xref": "paper", "yref": "paper", "xanchor": "right", "yanchor": "bottom"}
    words = "on the dotted line a probability means what it says"
    write(figure, 0.99, 0.04, words, font={"size": 12}, **place)
    return figure.update_xaxes(range=[min(0.5, min(row["mean_confidence"] for row in bins) - 0.05), 1.02])


def risk_coverage(result: EvaluationResult, answered: float) -> go.Figure:
    """Errors among the photos answered against the share answered, with the chosen share marked."""
    curve = result.risk_coverage
    figure = go.Figure()
    figure.add_scatter(
        x=curve["coverage"],
        y=curve["errors"],
        mode="lines",
        line={"color": STRONG, "width": 2.5},
        hovertemplate="%{x:.0%} of the photos answered: %{y:.1%} of them wrong<extra></extra>",
    )
    figure.add_vline(x=answered, line=DOTTED)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_xaxes(tickformat=".0%", range=[0, 1.02])
    return styled(figure, x_title="share of the photos answered", y_title="wrong among them")


def _square(x_title: str, y_title: str, diagonal: bool = False) -> go.Figure:
    figure = styled(go.Figure(), 380, x_title, y_title)
    if diagonal:
        figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=DOTTED, hoverinfo="skip")
    figure.update_xaxes(tickformat=".0%", range=[-0.01, 1.02])
    return figure.update_yaxes(tickformat=".0%", range=[-0.01, 1.03])


def _class_curve(
    figure: go.Figure, curve: Mapping, x: str, y: str, note: str, hover: str, colors: Mapping[str, str]
) -> None:
    figure.add_scatter(
        x=curve[x],
        y=curve[y],
        mode="lines",
        line={"color": colors.get(curve["class_name"]), "width": 2.5},
        name=f"{curve['class_name']}: {note}",
        hovertemplate=f"{escaped(curve['class_name'])}: {hover}<extra></extra>",
    )


def _named(figure: go.Figure) -> go.Figure:
    corner_names(figure, {trace.name: trace.line.color for trace in figure.data if trace.name}, at_bottom=True)
    return figure
