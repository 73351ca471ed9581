"""The one look of all charts: transparent, small margins, quiet grids, readable on light and dark pages."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.metrics import Measured

GRID = "rgba(128, 128, 128, 0.22)"
QUIET = "#8A8D94"  # of lines and points: 3:1 on both pages. No colour has 4.5:1 on both, so texts take the page's
STRONG = "#7A68C4"  # the one accent that is no class
TEXT = {"light": "#5B5E66", "dark": "#C9CBD1"}  # 6:1 and more on every background of the theme
HEIGHT = 320
DOTTED = {"color": QUIET, "width": 1.5, "dash": "dot"}  # a line to compare with


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
    for update, title in ((figure.update_xaxes, x_title), (figure.update_yaxes, y_title)):
        update(gridcolor=GRID, zeroline=False, automargin=True, ticks="", fixedrange=True)
        update(title={"text": title or None, "standoff": 18, "font": {"size": 13}})
    return figure


def readable(figure: go.Figure, theme: str | None) -> go.Figure:
    """Gives all texts without a colour of their own the one that reads on a `light` or `dark` page; in place."""
    if (color := TEXT.get(theme or "")) is None:
        return figure
    figure.update_layout(font={"color": color})
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(tickfont={"color": color}, title={"font": {"color": color}})
    return figure.update_annotations({"font.color": color}, selector=lambda text: text.font.color is None)


def error_bars(values: Sequence[Measured]) -> dict[str, Any]:
    """The intervals of some figures as Plotly draws them along y."""
    return {
        "type": "data",
        "symmetric": False,
        "width": 0,
        "thickness": 1.5,
        "array": [value.high - value.value for value in values],
        "arrayminus": [value.value - value.low for value in values],
    }


def write(figure: go.Figure, x: object, y: object, text: str, **look: Any) -> None:
    """Writes a text into a chart, at a place or (`xref="paper"`) at a share of its size."""
    figure.add_annotation(x=x, y=y, text=text, showarrow=False, **look)


def end_label(figure: go.Figure, x: float, y: float, text: str, color: str, **where: Any) -> None:
    """Writes the name of a line at its end, instead of a legend; only the dot before it has the line's colour."""
    text = f'<span style="color:{color}">●</span> {escaped(text)}'
    write(figure, x, y, text, font={"size": 13}, xanchor="left", xshift=6, **where)


def corner_names(figure: go.Figure, names: Mapping[str, str], at_bottom: bool = False) -> None:
    """Writes names in their colours into a corner: for curves that lie too close together for labels at them."""
    lines = [f'<span style="color:{color}">●</span> {escaped(name)}' for name, color in names.items()]
    y, anchor = (0.05, "bottom") if at_bottom else (0.99, "top")
    place = {"xref": "paper", "yref": "paper", "xanchor": "right", "yanchor": anchor}
    write(figure, 0.99, y, "<br>".join(lines), align="left", **place)


def empty(height: int = HEIGHT) -> go.Figure:
    """A figure that reserves its room and says that nothing is there yet."""
    figure = styled(go.Figure(), height)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    write(figure, None, None, "Nothing to draw yet", font={"size": 14})
    return figure
