"""Runs, their predictors, and what they said of uploaded photos."""

import hashlib

import streamlit as st

from core.errors import NoActiveRunError
from core.prediction.predictor import Predictor
from core.runs import registry
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.resources.datasets import paths
from streamlit_app.uploads import record_of


def runs_of(name: str) -> list[Run]:
    """Runs trained on a data set, live and finished, newest first."""
    return [run for run in registry.runs(paths()) if run.dataset.name == name]


def active_run() -> Run | None:
    """The served run, if there is one."""
    try:
        return registry.active(paths())
    except NoActiveRunError:
        return None


def predictor(run: Run) -> Predictor:
    """The predictor of a run: one for all sessions, so that eight people share one model and its slots."""
    return _predictor(str(run.folder), run.run_id, run.files.get("model.tflite", ""), run)


def upload_record(content: bytes, name: str, run: Run) -> dict:
    """The record of one uploaded photo; kept, because every click on the table asks for all of them again."""
    return {**_record(hashlib.sha256(content).hexdigest(), run.run_id, content, run), "path": name}


@st.cache_data(max_entries=2000, show_spinner=False)
def _record(sha256: str, run_id: str, _content: bytes, _run: Run) -> dict:
    return record_of(_content, "", resources.predictor(_run))


@st.cache_resource(max_entries=3, show_spinner="Loading the model…")
def _predictor(folder: str, run_id: str, sha256: str, _run: Run) -> Predictor:
    return Predictor(_run)
