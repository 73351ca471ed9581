"""The model that learns while a person labels, refitted every few answers and shared between visits."""

import contextlib
import re
import subprocess
import tempfile
from pathlib import Path

import streamlit as st

from core.dataset.index import Dataset, Progress
from core.errors import ProcessFailedError
from core.networks.templates import prepare_apart
from core.processes import CoreProcess
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


def draw_map(data: Dataset, progress: Progress | None = None) -> None:
    """Draws the map of a dataset in a process of its own, which tells how far it is."""
    look_at_photos(data, progress)
    with tempfile.TemporaryDirectory(prefix="tuskscope-") as folder:
        log = Path(folder) / "log.txt"
        process = CoreProcess(["map", data.folder, "--steps"], paths(), log, "Drawing the map", steps_back=True)
        try:
            while process.is_alive:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.5)
                steps = re.findall(r"^step (\d+) (\d+)$", log.read_text(encoding="utf-8"), re.MULTILINE)
                if progress and steps:
                    progress(*map(int, steps[-1]))
        finally:
            process.stop()
        if process.failure:
            raise ProcessFailedError(process.failure)
