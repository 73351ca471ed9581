"""Charts of explanations: how the probabilities move when a part of the photo is hidden."""

from collections.abc import Mapping

import plotly.graph_objects as go

from streamlit_app.charts.style import GRID, QUIET, escaped, styled

NUM_CLASSES = 8


def moved_bars(before: Mapping[str, float], after: Mapping[str, float], colors: Mapping[str, str]) -> go.Figure:
    """One bar a class with its probability now; a line marks what it was before.

    Args:
        before: Class name to probability of the whole photo.
        after: The same with a part hidden.
        colors: Class name to `#rrggbb`.
    """
    ranked = sorted(before, key=before.__getitem__)[-NUM_CLASSES:]
    names = [escaped(name) for name in ranked]
    now, then = [after[name] for name in ranked], [before[name] for name in ranked]
    figure = go.Figure()
    figure.add_bar(x=[1] * len(ranked), y=names, orientation="h", marker_color=GRID, hoverinfo="skip")
    figure.add_bar(
        x=now,
        y=names,
        orientation="h",
        marker_color=[colors.get(name, QUIET) for name in ranked],
        customdata=then,
        hovertemplate="%{y}: %{x:.1%} now, %{customdata:.1%} before<extra></extra>",
    )
    figure.add_scatter(
        x=then,
        y=names,
        mode="markers",
        hoverinfo="skip",
        marker={"symbol": "line-ns", "size": 26, "line": {"width": 3, "color": QUIET}},
    )
    for name, first, second in zip(names, then, now, strict=True):
        points = round(100 * (second - first))
        text = f"{100 * second:.1f} %" + (f"<br><b>{points:+d}</b>".replace("-", "−") if points else "")
        figure.add_annotation(x=1, y=name, text=text, showarrow=False, xanchor="left", xshift=8, align="left")
    styled(figure, height=30 + 56 * len(ranked))
    figure.update_xaxes(visible=False, range=[0, 1])
    figure.update_yaxes(showgrid=False)
    return figure.update_layout(barmode="overlay", margin={"t": 0, "b": 0, "r": 72})
