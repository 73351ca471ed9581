"""The model that learns while a person labels, refitted every few answers and shared between visits."""

import streamlit as st

from core.dataset.index import Dataset, Progress
from core.networks.templates import prepare_apart
from core.review import label_model as core_model
from core.review.label_model import QUICK, LabelModel
from core.review.label_progress import LabelProgress
from core.review.label_progress import label_progress as measure
from streamlit_app.resources.datasets import HashFuncs, paths

REFIT_AFTER = 10  # answers
BY_FOLDER: HashFuncs = {Dataset: lambda data: (str(data.folder), len(data.usable), data.class_names)}


@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs=BY_FOLDER)
def label_model(data: Dataset, turn: int) -> LabelModel:
    """The model after so many times `REFIT_AFTER` answers; all photos must have been looked at."""
    return core_model.learn(data, paths())


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_FOLDER)
def label_progress(data: Dataset, turn: int) -> LabelProgress:
    """How good that model is, and what more labels would bring."""
    return measure(data, label_model(data, turn))


def look_at_photos(data: Dataset, progress: Progress | None = None) -> None:
    """Lets the network look at all photos once."""
    prepare_apart((QUICK.backbone,), paths())  # a page must not import TensorFlow
    core_model.learn(data, paths(), progress)
