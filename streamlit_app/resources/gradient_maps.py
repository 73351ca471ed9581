"""Maps that need TensorFlow: made by one other process at a time, collected by whoever looks next."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from core.errors import BusyError, MethodUnavailableError
from core.explanation.apart import MapsApart
from core.explanation.heatmap import Explanation
from streamlit_app import resources
from streamlit_app.resources.explanations import AnsweredPhoto, keep


@dataclass
class _Maps:
    """The maps under way of one photo and class, and who may touch them."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    job: tuple[AnsweredPhoto, str, MapsApart] | None = None

    def of(self, photo: AnsweredPhoto, class_name: str) -> MapsApart | None:
        """The maps under way if they are of this photo and class."""
        if self.job is None or self.job[0].map_key(self.job[1], None) != photo.map_key(class_name, None):
            return None
        return self.job[2]

    def collect(self) -> None:
        """Keeps what is ready.

        Raises:
            MethodUnavailableError: If the process failed; the maps are then no longer under way.
        """
        if self.job is None:
            return
        photo, class_name, maps = self.job
        try:
            for method, heatmap in maps.finished().items():
                found = Explanation(method, class_name, heatmap, photo.prediction)
                keep(photo.map_key(class_name, method), found)
        finally:
            if not maps.is_running:
                self.job = None


def start_maps(photo: AnsweredPhoto, class_name: str, methods: Sequence[str]) -> MapsApart:
    """Begins to make maps, or joins those of the same photo that are under way.

    Args:
        photo: The photo.
        class_name: One of the run's classes.
        methods: Those that need TensorFlow and are not known yet.

    Raises:
        BusyError: If another photo's maps are under way: each such process takes 600 MiB.
    """
    state = _state()
    with state.lock:
        try:
            state.collect()
        except MethodUnavailableError:
            pass  # of another photo, perhaps; its page will start anew
        if state.job is None:
            state.job = photo, class_name, MapsApart(photo.image, class_name, methods, photo.run, resources.paths())
        maps = state.of(photo, class_name)
        if maps is None:
            raise BusyError("Heat maps of another photo are being made. Try again in half a minute.")
        return maps


def maps_under_way(photo: AnsweredPhoto, class_name: str) -> MapsApart | None:
    """The maps of a photo that are being made; those that are ready are from now on known.

    Raises:
        MethodUnavailableError: If they failed; said once.
    """
    state = _state()
    with state.lock:
        maps = state.of(photo, class_name)
        try:
            state.collect()
        except MethodUnavailableError:
            if maps is not None:
                raise
        return state.of(photo, class_name)


@st.cache_resource
def _state() -> _Maps:
    return _Maps()
