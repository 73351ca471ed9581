"""The chart of a proof: two accuracies with their intervals, one below the other."""

import plotly.graph_objects as go

from core.metrics import Comparison, Measured
from streamlit_app.charts.style import QUIET, STRONG, styled


def accuracies(comparison: Comparison) -> go.Figure:
    """Two points with their intervals, the figures written beside them."""
    figure = go.Figure()
    sides = [("Given labels", comparison.accuracy_a, QUIET), ("Reviewed labels", comparison.accuracy_b, STRONG)]
    for name, measured, color in sides:
        figure.add_scatter(
            x=[measured.low, measured.high],
            y=[name, name],
            mode="lines",
            line={"color": color, "width": 5},
            opacity=0.4,
            hoverinfo="skip",
        )
        figure.add_scatter(
            x=[measured.value],
            y=[name],
            mode="markers",
            marker={"color": color, "size": 14},
            hovertemplate=f"{name}: right on {measured.text(comparison.labels, comparison.split)}<extra></extra>",
        )
        text = f"<b>{100 * measured.value:.1f} %</b> {_sure(measured)}"
        figure.add_annotation(x=measured.value, y=name, text=text, showarrow=False, yshift=20)
    styled(figure, height=190)
    low = min(comparison.accuracy_a.low, comparison.accuracy_b.low)
    figure.update_xaxes(range=[max(0, low - 0.03), 1.0], tickformat=".0%")
    return figure.update_yaxes(autorange="reversed", showgrid=False)


def _sure(measured: Measured) -> str:
    return f"({100 * measured.low:.1f}–{100 * measured.high:.1f}, n = {measured.n})"
