"""Charts of an evaluation: where it fails, how sure it may be."""

from collections.abc import Mapping

import plotly.graph_objects as go

from core.metrics import EvaluationResult
from streamlit_app.charts.style import GRID, QUIET, STRONG, corner_names, empty, escaped, styled

# A cell that holds most of its row is dark with white figures, any other light with dark ones: both read
# on any page.
SHARES = [[0, "rgba(122,104,196,0.06)"], [0.499, "rgba(122,104,196,0.14)"], [0.5, "#8675CB"], [1, "#5B4B9A"]]
DIAGONAL = {"color": QUIET, "width": 1.5, "dash": "dot"}


def confusion_matrix(result: EvaluationResult) -> go.Figure:
    """Photos by true class (rows) and predicted class (columns): counts and the share of the row.

    The points over the cells can be clicked; `customdata` holds (true class, predicted class).
    """
    names = [escaped(name) for name in result.class_names]
    shares = [[count / max(1, sum(counts)) for count in counts] for counts in result.confusion_matrix]
    figure = go.Figure()
    figure.add_heatmap(
        x=names,
        y=names,
        z=shares,
        zmin=0,
        zmax=1,
        showscale=False,
        hoverinfo="skip",
        xgap=4,
        ygap=4,
        colorscale=SHARES,
    )
    cells = [(row, column) for row in range(len(names)) for column in range(len(names))]
    for row, column in cells:
        count, share = result.confusion_matrix[row][column], shares[row][column]
        figure.add_annotation(
            x=names[column],
            y=names[row],
            text=f"<b>{count:,}</b><br>{100 * share:.0f} %",
            showarrow=False,
            font={"size": 15, "color": "#FFFFFF" if share >= 0.5 else STRONG},
        )
    # A heat map cannot be clicked in Streamlit; invisible points over its cells can.
    figure.add_scatter(
        x=[names[column] for _, column in cells],
        y=[names[row] for row, _ in cells],
        mode="markers",
        marker={"size": 80, "symbol": "square", "opacity": 0},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        customdata=[[result.class_names[row], result.class_names[column]] for row, column in cells],
        hovertemplate=[
            f"{result.confusion_matrix[row][column]:,} photos labelled {names[row]}: the run said {names[column]}"
            " (click to see them)<extra></extra>"
            for row, column in cells
        ],
    )
    styled(figure, height=90 + 92 * len(names), x_title="the run said", y_title=f"{result.labels} label")
    figure.update_xaxes(showgrid=False, side="top")
    figure.update_yaxes(showgrid=False, autorange="reversed")
    return figure.update_layout(clickmode="event+select")


def roc(result: EvaluationResult, colors: Mapping[str, str]) -> go.Figure:
    """True against false positives of each class, over all thresholds."""
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=DIAGONAL, hoverinfo="skip")
    for curve in result.roc:
        if curve["auc"] is None:
            continue
        name = escaped(curve["class_name"])
        figure.add_scatter(
            x=curve["fpr"],
            y=curve["tpr"],
            mode="lines",
            line={"color": colors.get(curve["class_name"]), "width": 2.5},
            name=f"{curve['class_name']}: area {curve['auc']:.3f}",
            hovertemplate=f"{name}: finds %{{y:.0%}} of its photos at %{{x:.0%}} false alarms<extra></extra>",
        )
    return _square(figure, "false alarms (share of the other photos)", "found (share of the class)")


def precision_recall(result: EvaluationResult, colors: Mapping[str, str]) -> go.Figure:
    """Precision against recall of each class, over all thresholds."""
    figure = go.Figure()
    for curve in result.pr:
        if curve["average_precision"] is None:
            continue
        name = escaped(curve["class_name"])
        figure.add_scatter(
            x=curve["recall"],
            y=curve["precision"],
            mode="lines",
            line={"color": colors.get(curve["class_name"]), "width": 2.5},
            name=f"{curve['class_name']}: average precision {curve['average_precision']:.3f}",
            hovertemplate=f"{name}: finds %{{x:.0%}} of its photos and is right in %{{y:.0%}}<extra></extra>",
        )
    return _square(figure, "found (share of the class)", "right when it says so")


def reliability(result: EvaluationResult) -> go.Figure:
    """Accuracy against confidence with Wilson intervals; on the dotted line a probability means what it says."""
    bins = result.reliability_bins
    if not bins:
        return empty()
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=DIAGONAL, hoverinfo="skip")
    largest = max(row["n"] for row in bins)
    figure.add_scatter(
        x=[row["mean_confidence"] for row in bins],
        y=[row["accuracy"] for row in bins],
        mode="markers",
        error_y={
            "type": "data",
            "symmetric": False,
            "thickness": 1.5,
            "width": 0,
            "color": STRONG,
            "array": [row["accuracy_high"] - row["accuracy"] for row in bins],
            "arrayminus": [row["accuracy"] - row["accuracy_low"] for row in bins],
        },
        marker={
            "color": STRONG,
            "size": [8 + 16 * (row["n"] / largest) ** 0.5 for row in bins],
            "opacity": 1,
        },
        customdata=[row["n"] for row in bins],
        hovertemplate="%{customdata} photos with a confidence near %{x:.0%}: %{y:.0%} right<extra></extra>",
    )
    lowest = min(0.5, min(row["mean_confidence"] for row in bins) - 0.05)
    _square(figure, "how sure it is", "how often it is right")
    figure.add_annotation(
        x=0.99,
        y=0.04,
        xref="paper",
        yref="paper",
        text="on the dotted line a probability means what it says",
        showarrow=False,
        font={"color": QUIET, "size": 12},
        xanchor="right",
        yanchor="bottom",
    )
    return figure.update_xaxes(range=[lowest, 1.02])


def risk_coverage(result: EvaluationResult, answered: float = 1.0) -> go.Figure:
    """Errors among the answered photos against the share answered, with the chosen share marked."""
    curve = result.risk_coverage
    figure = go.Figure()
    figure.add_scatter(
        x=curve["coverage"],
        y=curve["errors"],
        mode="lines",
        line={"color": STRONG, "width": 2.5},
        hovertemplate="%{x:.0%} of the photos answered: %{y:.1%} of them wrong<extra></extra>",
    )
    figure.add_vline(x=answered, line=DIAGONAL)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_xaxes(tickformat=".0%", range=[0, 1.02])
    return styled(figure, x_title="photos answered", y_title="wrong among them")


def _square(figure: go.Figure, x_title: str, y_title: str) -> go.Figure:
    styled(figure, height=380, x_title=x_title, y_title=y_title)
    figure.update_xaxes(tickformat=".0%", range=[-0.01, 1.02], gridcolor=GRID)
    figure.update_yaxes(tickformat=".0%", range=[-0.01, 1.03], gridcolor=GRID)
    corner_names(figure, {trace.name: trace.line.color for trace in figure.data if trace.name}, at_bottom=True)
    return figure
