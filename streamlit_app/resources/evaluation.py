"""Measurements of runs that take a while: robustness, and the learning curve of a preset."""

from collections.abc import Callable

import streamlit as st

from core.dataset.index import Dataset
from core.evaluation.background import is_prepared
from core.evaluation.learning_curve import LearningCurve, stored_curve
from core.evaluation.robustness import Robustness, measure_robustness, stored_robustness
from core.runs.folder import Run
from streamlit_app import resources


def known_robustness(data: Dataset, run: Run, split: str) -> Robustness | None:
    """How the run answers spoiled photos, if it was measured before."""
    return stored_robustness(run, data, split, is_prepared(resources.paths()))


def robustness(data: Dataset, run: Run, split: str, progress: Callable[[int, int], None] | None = None) -> Robustness:
    """Measures it without TensorFlow: subject and surroundings only where some training has prepared the backbone."""
    paths = resources.paths()
    return measure_robustness(
        resources.predictor(run), data, split, paths, progress, with_background=is_prepared(paths)
    )


def learning_curve(data: Dataset, preset: str) -> LearningCurve | None:
    """The learning curve of a preset, if `python -m benchmarks models` drew it for these photos."""
    return stored_curve(data, preset)


@st.cache_data(max_entries=16, show_spinner=False)
def copied_into(fingerprint: str, _data: Dataset) -> set[str]:
    """Paths of the test photos with a copy among the photos to learn from."""
    from core.evaluation.groups import copied_into as find

    return find(_data.usable)
