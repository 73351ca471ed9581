"""Runs, their predictors, what they said of uploaded photos, and how robust they were measured to be."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from core import cache
from core.dataset.images import decode
from core.dataset.index import Dataset
from core.errors import ImageError, NoActiveRunError
from core.evaluation.background import is_prepared
from core.evaluation.measure import predict_split
from core.evaluation.robustness import Robustness, measure_robustness, stored_robustness
from core.explanation.masking import Progress
from core.features.neighbours import usual_similarity as find_usual_similarity
from core.prediction.predictor import Predictor, failed_record
from core.runs import registry
from core.runs.folder import Run
from streamlit_app import loop, resources
from streamlit_app.resources.datasets import BY_CONTENT, HashFuncs

BY_MODEL: HashFuncs = {Run: lambda run: (str(run.folder), run.files.get("model.tflite", ""))}


def runs_of(data: Dataset) -> list[Run]:
    """Runs trained on a dataset, live and finished, newest first."""
    return [run for run in registry.runs(resources.paths()) if is_of(run, data)]


def is_of(run: Run, data: Dataset) -> bool:
    """Whether a run was trained on this folder, not on another one of the same name."""
    return resources.paths().dataset_folder(run.dataset.folder).resolve() == data.folder


def active_run() -> Run | None:
    """The run in use, if there is one."""
    try:
        return registry.active(resources.paths())
    except NoActiveRunError:
        return None


def answering_run(data: Dataset) -> Run | None:
    """Who answers about a dataset's own photos: a run that learned from it, if there is one, else the run in use."""
    served = active_run()
    return served if served and is_of(served, data) else loop.best(runs_of(data)) or served


def served_problem() -> str:
    """Why another run answers than the one that should, or none at all; "" if all is well."""
    try:
        found = registry.served(resources.paths())
        return found.problem and f"{found.problem} Meanwhile {found.run.run_id} answers."
    except NoActiveRunError as error:
        return "" if str(error) == registry.NOTHING else str(error)


@st.cache_resource(max_entries=3, show_spinner="Loading the model…", hash_funcs=BY_MODEL)
def predictor(run: Run) -> Predictor:
    """The predictor of a run: one for all sessions, so that eight people share one model and its slots."""
    return Predictor(run)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs={**BY_CONTENT, **BY_MODEL})
def usual_similarity(data: Dataset, run: Run) -> float:
    """How similar a photo like those the run learned from is to the most similar of them, at least."""
    return find_usual_similarity(data, run)


@st.cache_data(max_entries=2000, show_spinner=False, hash_funcs=BY_MODEL)
def upload_record(id: str, name: str, run: Run, _read: Callable[[], bytes]) -> dict[str, Any]:
    """The record of one photo by its id; kept, because every click on the table asks for all of them again."""
    try:
        return resources.predictor(run).predict([decode(_read())])[0].as_record(name)
    except ImageError as error:
        return failed_record(name, run.run_id, str(error))
    except OSError:
        return failed_record(name, run.run_id, "The file cannot be opened. Check its permissions.")


def asked(data: Dataset, run: Run) -> pd.DataFrame | None:
    """What a run says of a dataset's test photos: its own evaluation, or what `ask` has kept; `None` before."""
    if run.dataset.fingerprint == data.fingerprint and not run.predictions.empty:
        return run.predictions
    return cache.stored(*_asked(data, run))


def ask(data: Dataset, run: Run, progress: Progress | None = None) -> pd.DataFrame:
    """Lets a run of another dataset predict the test photos of this one.

    Raises:
        DatasetError: If there are none of its classes.
    """
    return cache.cached(*_asked(data, run), lambda: predict_split(run, data, "test", progress))


def _asked(data: Dataset, run: Run) -> tuple[cache.Kept[pd.DataFrame], str]:
    kept = cache.as_table(data.cache_dir / "asked" / f"{run.run_id}.parquet")
    return kept, f"{data.fingerprint} {run.files.get('model.tflite', '')}"


def known_robustness(data: Dataset, run: Run, split: str) -> Robustness | None:
    """How the run answers corrupted photos, if it was measured before."""
    return stored_robustness(run, data, split, is_prepared(resources.paths()))


def robustness(data: Dataset, run: Run, split: str, progress: Progress | None = None) -> Robustness:
    """Measures it without TensorFlow: subject and background only where some training has prepared the backbone."""
    paths = resources.paths()
    return measure_robustness(
        resources.predictor(run), data, split, paths, progress, with_background=is_prepared(paths)
    )
