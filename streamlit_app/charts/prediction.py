"""The chart of a prediction: the probabilities, and how they change when a part of the photo is hidden."""

from collections.abc import Mapping

import plotly.graph_objects as go

from streamlit_app.charts.style import GRID, QUIET, escaped, styled, write

NUM_CLASSES = 8  # of a comparison


def probability_bars(
    probabilities: Mapping[str, float], colors: Mapping[str, str], before: Mapping[str, float] | None = None
) -> go.Figure:
    """One bar a class, the most probable on top; the percentages stand beside them.

    Args:
        probabilities: Class name to probability.
        colors: Class name to `#rrggbb`.
        before: What the probabilities were: a line marks it, and the change stands below the percentage.
    """
    rank = before or probabilities
    ranked = sorted(rank, key=rank.__getitem__)[-NUM_CLASSES if before else 0 :]
    names, values = [escaped(name) for name in ranked], [probabilities[name] for name in ranked]
    figure = go.Figure()
    figure.add_bar(x=[1] * len(ranked), y=names, orientation="h", marker_color=GRID, hoverinfo="skip")
    figure.add_bar(
        x=values,
        y=names,
        orientation="h",
        marker_color=[colors.get(name, QUIET) for name in ranked],
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )
    if before:
        mark = {"symbol": "line-ns", "size": 26, "line": {"width": 3, "color": QUIET}}
        then = [before[name] for name in ranked]
        figure.add_scatter(
            x=then, y=names, mode="markers", marker=mark, hovertemplate="%{y}: %{x:.1%} before<extra></extra>"
        )
    for name, shown, value in zip(ranked, names, values, strict=True):
        points = round(100 * (value - before[name])) if before else 0
        change = f"<br><b>{points:+d}</b>".replace("-", "−") if points else ""
        write(figure, 1, shown, f"{100 * value:.1f} %{change}", xanchor="left", xshift=8, align="left")
    styled(figure, height=30 + (56 if before else 38) * len(ranked))
    figure.update_xaxes(visible=False, range=[0, 1])
    figure.update_yaxes(showgrid=False)
    return figure.update_layout(barmode="overlay", margin={"t": 0, "b": 0, "r": 72})
