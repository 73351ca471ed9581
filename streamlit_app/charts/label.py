"""Charts of the Label page."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.review.label_progress import CurvePoint
from streamlit_app.charts.style import STRONG, error_bars, styled


def accuracy_curve(points: Sequence[CurvePoint]) -> go.Figure:
    """Accuracy on the honest test against the labels learned from, with 95 % intervals."""
    figure = go.Figure(
        go.Scatter(
            x=[point.labels for point in points],
            y=[100 * point.accuracy.value for point in points],
            error_y={
                **error_bars([point.accuracy for point in points]),
                "array": [100 * (point.accuracy.high - point.accuracy.value) for point in points],
                "arrayminus": [100 * (point.accuracy.value - point.accuracy.low) for point in points],
            },
            mode="lines+markers",
            line={"color": STRONG},
            text=[f"{point.labels} labels: {point.accuracy.percent()}" for point in points],
            hovertemplate="%{text}<extra></extra>",
        )
    )
    return styled(figure, 220, "Labels learned from", "% right")
