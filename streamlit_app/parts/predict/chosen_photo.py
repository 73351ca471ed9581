"""Which photo the Predict page is about: the one its address names, so that a link shows it to others."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.dataset.index import Dataset
from core.errors import RunInvalidError, RunNotFoundError
from core.runs import registry
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.parts.explain.more import BROUGHT
from streamlit_app.parts.predict import examples
from streamlit_app.parts.shared.layout import side_by_side
from streamlit_app.words import plain

PHOTO, RUN = "photo", "by"  # names in the address


@dataclass(frozen=True)
class ChosenPhoto:
    """A photo to explain: pixels, its label ("" if it has none) and its path in the dataset ("" if not of it)."""

    image: np.ndarray
    given: str = ""
    path: str = ""


def choose(data: Dataset) -> ChosenPhoto | None:
    """The photo that the address names, that another page handed over, or that is picked here from some examples."""
    path = st.query_params.get(PHOTO, "")
    rows = data.table[data.table["path"] == path]
    image = resources.photo(data, path) if len(rows) else None
    if path and image is None:
        reason = "cannot be read" if len(rows) else f"is not in {data.name}"
        st.warning(plain(f"The photo {path} {reason}. Pick another one."), icon=":material/broken_image:")
    if image is not None:
        _other_photo(f"{path}, from {data.name}")
        return ChosenPhoto(image, rows.iloc[0]["label"], path)
    if BROUGHT in st.session_state:
        _other_photo("The photo from before")
        return ChosenPhoto(st.session_state[BROUGHT])
    if picked := examples.pick(data, "Or try one of these photos, which no model was trained on", key="example"):
        st.query_params[PHOTO] = picked
        st.rerun()
    return None


def is_named() -> bool:
    """Whether the address or another page names a photo."""
    return PHOTO in st.query_params or BROUGHT in st.session_state


def forget() -> None:
    """Other photos came: what the address or another page named is over."""
    st.query_params.pop(PHOTO, None)
    st.session_state.pop(BROUGHT, None)


def answering_run(usual: Run) -> Run:
    """The run that the address names, else the usual one; says so if it is another."""
    run_id = st.query_params.get(RUN, usual.run_id)
    if run_id == usual.run_id:
        return usual
    try:
        run = registry.load(resources.paths(), run_id)
    except (RunNotFoundError, RunInvalidError):
        run = None
    if run is None or run.state != "succeeded":
        _forget_run()
        return usual
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        served = resources.active_run()
        note = "" if served and served.run_id == run.run_id else ", which is not in use"
        st.markdown(f":material/info: Predictions here are by **{plain(run.run_id)}**{note}.")
        st.button("Predict with the usual model", key="ask-served", on_click=_forget_run)
    return run


def _forget_run() -> None:
    st.query_params.pop(RUN, None)


def _other_photo(source: str) -> None:
    """Says where the photo comes from, and lets one take another."""
    with side_by_side():
        st.caption(plain(source))
        st.button("Another photo", key="another", icon=":material/close:", on_click=forget)
