"""Charts of a dataset: how many photos, how large, how bright."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from streamlit_app.charts.style import corner_names, empty, escaped, styled

SPLITS = ("train", "validation", "test")
BINS = np.linspace(0, 255, 18)


def counts(table: pd.DataFrame, colors: Mapping[str, str]) -> go.Figure:
    """Photos by split and class.

    Args:
        table: One photo a row, with `label` and `split`.
        colors: Class name to colour.
    """
    if table.empty:
        return empty()
    names = sorted(table["label"].unique())
    splits = [split for split in SPLITS if (table["split"] == split).any()]
    figure = go.Figure()
    for split in reversed(splits):
        for name in reversed(names):
            number = int(((table["split"] == split) & (table["label"] == name)).sum())
            figure.add_bar(
                x=[number],
                y=[[split], [escaped(name)]],
                orientation="h",
                marker_color=colors.get(name),
                text=f"{number:,}",
                textposition="outside",
                cliponaxis=False,
                hovertemplate=f"{number:,} photos of {escaped(name)} in {split}<extra></extra>",
            )
    styled(figure, height=30 + 34 * len(names) * len(splits))
    figure.update_xaxes(visible=False)
    figure.update_yaxes(showgrid=False, dividercolor="rgba(0,0,0,0)")
    return figure.update_layout(barmode="stack", margin={"t": 0, "b": 0, "r": 40})


def sizes(table: pd.DataFrame, colors: Mapping[str, str]) -> go.Figure:
    """Width against height, one ring for every size that occurs; larger rings are more photos."""
    if table.empty:
        return empty()
    figure = go.Figure()
    names = sorted(table["label"].unique())
    for place, name in enumerate(names):
        rows = table[table["label"] == name]
        found = rows.groupby(["width", "height"]).size().reset_index(name="n")
        # Rings of different classes at one size lie inside each other.
        diameter = 8 + 3.5 * np.log2(found["n"].clip(1, 512)) + 8 * place
        figure.add_scatter(
            x=found["width"],
            y=found["height"],
            customdata=found["n"],
            mode="markers",
            marker={"color": "rgba(0,0,0,0)", "size": diameter, "line": {"width": 2.5, "color": colors.get(name)}},
            hovertemplate=f"%{{customdata}} of {escaped(name)}: %{{x}} × %{{y}} pixels<extra></extra>",
        )
    corner_names(figure, {name: colors[name] for name in names}, at_bottom=True)
    styled(figure, x_title="width in pixels", y_title="height in pixels")
    figure.update_xaxes(range=[0, table["width"].max() * 1.12])
    return figure.update_yaxes(range=[0, table["height"].max() * 1.15])


def brightness(table: pd.DataFrame, colors: Mapping[str, str]) -> go.Figure:
    """How bright the photos of each class are: share of the class by mean brightness (0 black)."""
    if table.empty:
        return empty()
    figure = go.Figure()
    centres = (BINS[:-1] + BINS[1:]) / 2
    names = sorted(table["label"].unique())
    for name in names:
        rows = table[table["label"] == name]
        shares = np.histogram(rows["brightness"], BINS)[0] / len(rows)
        figure.add_scatter(
            x=centres,
            y=100 * shares,
            mode="lines",
            line={"color": colors.get(name), "width": 2.5},
            hovertemplate=f"%{{y:.0f}} % of {escaped(name)} have a brightness near %{{x:.0f}}<extra></extra>",
        )
    corner_names(figure, {name: colors[name] for name in names})
    figure.update_yaxes(ticksuffix=" %", rangemode="tozero")
    figure.update_xaxes(range=[0, 255])
    return styled(figure, x_title="mean brightness, 0 black to 255 white", y_title="share of the class")
