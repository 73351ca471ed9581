"""Tabs of which only the open one is drawn: the others cost time that nobody sees."""

from collections.abc import Callable, Mapping

import streamlit as st


def tabs(sights: Mapping[str, Callable[[], None]], key: str) -> None:
    """Shows the tabs; which one is open lives in the address bar under `key`."""
    for tab, show in zip(
        st.tabs(list(sights), key=key, on_change="rerun", bind="query-params"), sights.values(), strict=True
    ):
        if tab.open:
            with tab:
                show()
