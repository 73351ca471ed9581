"""Explanations as the pages show them: cards, colours, and progress of what takes longer than a second."""

import time
from collections.abc import Callable

import numpy as np
import streamlit as st
from streamlit.errors import StreamlitAPIException

from core.explanation.heatmap import Explanation
from core.explanation.overlay import legend
from core.explanation.sanity import stored_sanity
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.components.explained_photos import ExplainedPhoto
from streamlit_app.pictures import as_webp
from streamlit_app.words import duration, plain

SHOWN_SIDE = 960  # pixels of the largest photo on a page


def card(image: np.ndarray, found: Explanation | None, id: str = "photo", **words) -> ExplainedPhoto:
    """A photo with its map, or without one.

    Args:
        image: `uint8`, shape `(height, width, 3)`, at most `SHOWN_SIDE` large.
        found: Its map.
        id: What its button gives back.
        words: Further fields of `ExplainedPhoto`; `source` saves making the picture again.
    """
    source = words.pop("source", None) or as_webp(image, SHOWN_SIDE)
    heatmap, signed = (None, False) if found is None else (found.heatmap, found.signed)
    return ExplainedPhoto(id, source, image.shape[1::-1], heatmap, signed, **words)


def colors_of(signed: bool = False, class_name: str = ""):
    """The legend of a scale; see `core.explanation.overlay.legend`."""
    return legend(signed, class_name, steps=17)


def progress(place, what: str) -> Callable[[int, int], None]:
    """A listener that shows how far something is and how long it still takes.

    Args:
        place: An `st.empty()`.
        what: Our own words.
    """
    started = time.monotonic()

    def show(done: int, total: int) -> None:
        left = (time.monotonic() - started) / done * (total - done)
        place.progress(done / total, text=f"{plain(what)}: {done} of {total}, {duration(left)} left")

    return show


def again() -> None:
    """Draws the fragment anew, or the page if that is what is being drawn."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:
        st.rerun()


def numbers_explained(run: Run) -> None:
    """What the verdict and the ruler below a map mean, and whether the run's maps depend on what it learned."""
    sanity = stored_sanity(run, resources.paths())
    with st.expander("What the verdicts mean", icon=":material/help:"):
        st.markdown(
            "A heat map that looks plausible proves nothing, so each one is tested: what it marks is blurred first, or "
            "shown first on the blurred photo, and the run is asked at every step. The **gain** says how much faster "
            "the answer moves than if parts went in no order. 0 is chance.  \n"
            "On the ruler the dot is this map, the grey band is **chance** (four random maps, two standard deviations) "
            "and the line is a blob in the **middle** of the photo, where most photographers put the animal. "
            "*Clearly* lies right of both, *barely* only above the random maps' mean, else it does *not* beat chance."
        )
        if sanity is None:
            st.caption("Whether this run's maps depend on what it learned: `python -m core explain PHOTO --sanity`.")
        else:
            st.markdown(f"**Checked with shuffled weights**: {plain(sanity.sentence)}")
