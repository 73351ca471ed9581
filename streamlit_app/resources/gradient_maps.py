"""Maps that need TensorFlow: made by one other process at a time, collected by whoever looks next."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.errors import BusyError, MethodUnavailableError
from core.explanation.apart import MapsApart
from core.explanation.heatmap import Explanation
from core.prediction.predictor import Prediction
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.resources.explanations import keep, map_key


@dataclass
class _Job:
    """Maps under way of one photo."""

    key: tuple
    maps: MapsApart
    class_name: str
    prediction: Prediction


def start_maps(image: np.ndarray, run: Run, class_name: str, methods: Sequence[str]) -> MapsApart:
    """Begins to make maps, or joins those of the same photo that are under way.

    Args:
        image: `uint8`, shape `(height, width, 3)`.
        run: The run that explains itself.
        class_name: One of its classes.
        methods: Those that need TensorFlow and are not known yet.

    Raises:
        BusyError: If another photo's maps are under way: each such process takes 600 MiB.
    """
    key, state = map_key(image, run, class_name, None), _state()
    with state.lock:
        _collect(state)
        if state.job is None:
            prediction = resources.predictor(run).predict([image])[0]
            maps = MapsApart(image, class_name, methods, run, resources.paths())
            state.job = _Job(key, maps, class_name, prediction)
        elif state.job.key != key:
            raise BusyError("Maps of another photo are being made. Try again in half a minute.")
        return state.job.maps


def maps_under_way(image: np.ndarray, run: Run, class_name: str) -> MapsApart | None:
    """The maps of a photo that are being made; those that are ready are from now on known.

    Raises:
        MethodUnavailableError: If they failed; said once.
    """
    key, state = map_key(image, run, class_name, None), _state()
    with state.lock:
        failure = _collect(state)
        if failure is not None and failure[0] == key:
            raise failure[1]
        return state.job.maps if state.job is not None and state.job.key == key else None


class _State:
    """The one job, and who may touch it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.job: _Job | None = None


def _collect(state: _State) -> tuple[tuple, MethodUnavailableError] | None:
    """Keeps what is ready; gives (key, error) of a job that has just failed."""
    job, failure = state.job, None
    if job is None:
        return None
    try:
        for method, heatmap in job.maps.finished().items():
            key = (*job.key[:5], method, False)
            keep(key, Explanation(method, job.class_name, heatmap, job.prediction))
    except MethodUnavailableError as error:
        failure = job.key, error
    if not job.maps.is_running:
        state.job = None
    return failure


@st.cache_resource
def _state() -> _State:
    return _State()
