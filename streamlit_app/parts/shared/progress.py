"""What takes longer than a second: how far it is, how long it still takes, and the button that starts it."""

import time
from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAPIException

from core.dataset.index import Progress
from streamlit_app.words import counted, duration, plain


def progress(place: DeltaGenerator, what: str, then: str = "") -> Progress:
    """A listener that shows how far something is; it takes itself away at the end.

    Its clock starts with the first call: what was prepared before says nothing about the pace.

    Args:
        place: An `st.empty()`.
        what: Is being done (not escaped).
        then: What comes after it, shown at the end instead of nothing.
    """
    first: list[tuple[float, int]] = []

    def show(done: int, total: int) -> None:
        now = time.monotonic()
        if not first:
            first.append((now, done))
        started, begun = first[0]
        if done < total:
            words = f"{plain(what)}: {done:,} of {total:,}"
            if done > begun:
                words += f", {duration((now - started) / (done - begun) * (total - done))} left"
            place.progress(done / total, words)
        elif then:
            place.progress(1.0, then)
        else:
            place.empty()

    return show


def offer(
    label: str, icon: str, key: str, photos: int, seconds: float, note: str, start: Callable[[Progress], object]
) -> None:
    """A button that starts something slow and draws the page anew when it is done.

    Args:
        label: What the button says.
        icon: On it.
        key: Of the button.
        photos: How many it looks at.
        seconds: How long it takes, about.
        note: Said after that.
        start: Called with a listener.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        clicked = st.button(label, key=key, icon=icon)
        st.caption(f"About {duration(seconds)} for {counted(photos, 'photo')}.{note}")
    if clicked:
        start(progress(st.empty(), label))
        st.rerun()


def draw_again() -> None:
    """Draws the fragment anew, or the page if that is what is being drawn."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:
        st.rerun()
