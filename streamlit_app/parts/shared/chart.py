"""How every page shows a chart."""

import plotly.graph_objects as go
import streamlit as st


def chart(figure: go.Figure, key: str, alt: str) -> None:
    """Shows a chart; `alt` is what a screen reader says of it."""
    st.plotly_chart(figure, key=key, config={"displayModeBar": False}, alt=alt)
