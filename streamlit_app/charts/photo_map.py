"""The map of a dataset: a dot a photo, coloured by what one asks."""

import pandas as pd
import plotly.graph_objects as go

from streamlit_app.charts.style import QUIET, escaped, styled

# More than six groups share colours, so a name always stands in the legend and in the hover.
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")


def photo_map_chart(rows: pd.DataFrame, colors: dict[str, str]) -> go.Figure:
    """Dots that lasso and box select; the selection gives `customdata`, the path.

    Args:
        rows: `path`, `x`, `y` and `group`: what the colour says; "" for none.
        colors: Of groups.
    """
    figure = go.Figure()
    for number, (name, part) in enumerate(rows.groupby("group", sort=True)):
        figure.add_scattergl(
            x=part["x"],
            y=part["y"],
            mode="markers",
            name=escaped(name or "no label"),
            customdata=part[["path"]],
            text=[escaped(path) for path in part["path"]],
            hovertemplate="%{text}<br>%{fullData.name}<extra></extra>",
            marker={
                "size": 7 if len(rows) <= 2000 else 4,
                "color": colors.get(str(name), QUIET),
                "symbol": SYMBOLS[number // len(colors) % len(SYMBOLS)] if colors else "circle",
                "opacity": 0.85 if name else 0.45,
            },
        )
    styled(figure, 560)
    figure.update_layout(showlegend=True, dragmode="lasso", legend={"orientation": "h", "y": -0.02}, uirevision="map")
    figure.update_xaxes(visible=False, fixedrange=False)
    figure.update_yaxes(visible=False, fixedrange=False, scaleanchor="x")
    return figure
