"""The one look of all charts: transparent, small margins, quiet grids, readable on light and dark pages."""

import html
from collections.abc import Mapping

import plotly.graph_objects as go

GRID = "rgba(128, 128, 128, 0.22)"
QUIET = "#8A8D94"  # reads on white and on near-black
STRONG = "#7A68C4"  # the one accent that is no class
HEIGHT = 320


def escaped(text: object) -> str:
    """A name that Plotly shows as it is."""
    return html.escape(str(text), quote=False)


def styled(figure: go.Figure, height: int = HEIGHT, x_title: str = "", y_title: str = "") -> go.Figure:
    """Gives a figure the common look.

    Args:
        figure: Changed in place, and returned.
        height: In pixels.
        x_title: What the x axis shows, with its unit.
        y_title: What the y axis shows, with its unit.
    """
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 12, "b": 8},
        showlegend=False,
        dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 13},
        bargap=0.28,
        hoverlabel={"font": {"size": 13}, "align": "left"},
        barcornerradius=4,
    )
    axis = {
        "gridcolor": GRID,
        "zeroline": False,
        "automargin": True,
        "ticks": "",
        "fixedrange": True,
        "title": {"standoff": 8, "font": {"size": 13}},
    }
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    if x_title:
        figure.update_xaxes(title_text=x_title)
    if y_title:
        figure.update_yaxes(title_text=y_title)
    return figure


def end_label(figure: go.Figure, x: float, y: float, text: str, color: str, **where) -> None:
    """Writes the name of a line at its end, instead of a legend."""
    figure.add_annotation(
        x=x,
        y=y,
        text=escaped(text),
        font={"color": color, "size": 13},
        showarrow=False,
        xanchor="left",
        xshift=6,
        **where,
    )


def corner_names(figure: go.Figure, names: Mapping[str, str], at_bottom: bool = False) -> None:
    """Writes names in their colours into a corner: for curves that lie too close together for labels at them."""
    lines = [f'<span style="color:{color}">●</span> {escaped(name)}' for name, color in names.items()]
    figure.add_annotation(
        x=0.99,
        y=0.05 if at_bottom else 0.99,
        xref="paper",
        yref="paper",
        text="<br>".join(lines),
        align="left",
        showarrow=False,
        xanchor="right",
        yanchor="bottom" if at_bottom else "top",
    )


def empty(height: int = HEIGHT) -> go.Figure:
    """A figure that reserves its room and says that nothing is there yet."""
    figure = styled(go.Figure(), height)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(text="Nothing to draw yet", showarrow=False, font={"color": QUIET, "size": 14})
    return figure
