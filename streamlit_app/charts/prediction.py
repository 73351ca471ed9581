"""Charts of a prediction: the probabilities."""

from collections.abc import Mapping

import plotly.graph_objects as go

from streamlit_app.charts.style import GRID, QUIET, escaped, styled


def probability_bars(probabilities: Mapping[str, float], colors: Mapping[str, str]) -> go.Figure:
    """One bar a class, the most probable on top; the percentages stand beside them."""
    ranked = sorted(probabilities.items(), key=lambda item: item[1])
    names = [escaped(name) for name, _ in ranked]
    figure = go.Figure()
    figure.add_bar(x=[1] * len(ranked), y=names, orientation="h", marker_color=GRID, hoverinfo="skip")
    figure.add_bar(
        x=[value for _, value in ranked],
        y=names,
        orientation="h",
        marker_color=[colors.get(name, QUIET) for name, _ in ranked],
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )
    for name, (_, value) in zip(names, ranked, strict=True):
        figure.add_annotation(x=1, y=name, text=f"{100 * value:.1f} %", showarrow=False, xanchor="left", xshift=8)
    styled(figure, height=24 + 38 * len(ranked))
    figure.update_xaxes(visible=False, range=[0, 1])
    figure.update_yaxes(showgrid=False)
    return figure.update_layout(barmode="overlay", margin={"t": 0, "b": 0, "r": 64})
