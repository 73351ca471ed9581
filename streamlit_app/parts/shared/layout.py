"""What pages are laid out with: a head, rows and cards, charts, and tabs."""

from collections.abc import Callable, Mapping
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from streamlit_app.charts.style import readable


def head(question: str, line: str, help: str | None = None) -> None:
    """Shows the title, a question, and the answer in one line.

    Args:
        question: Our own words.
        line: Markdown; names in it must have gone through `words.plain`.
        help: Behind a "?" after it.
    """
    st.title(question, anchor=False)
    st.markdown(line, help=help)


def side_by_side(**look: Any) -> DeltaGenerator:
    """Things side by side, the last one at the right edge."""
    return st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", **look)


def card(column: DeltaGenerator, title: str) -> DeltaGenerator:
    """A framed part of a column, as tall as its neighbours.

    Args:
        column: Of `st.columns`, or an `st.grid`, of which the card is a cell.
        title: Our own words (Markdown).
    """
    place = column.container(border=True, height="stretch")
    place.markdown(f"**{title}**")
    return place


def chart(figure: go.Figure, key: str, alt: str) -> None:
    """Shows a chart; `alt` is what a screen reader says of it."""
    figure = readable(figure, st.context.theme.type)
    st.plotly_chart(figure, key=key, config={"displayModeBar": False}, alt=alt)


def tabs(sights: Mapping[str, Callable[[], None]], key: str) -> None:
    """Tabs of which only the open one is drawn; which one lives in the address bar under `key`."""
    shown = st.tabs(list(sights), key=key, on_change="rerun", bind="query-params")
    for tab, show in zip(shown, sights.values(), strict=True):
        if tab.open:
            with tab:
                show()
