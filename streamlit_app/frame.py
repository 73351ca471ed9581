"""What stands around every page: the dataset picker and the loop in the sidebar, and the chosen dataset."""

from pathlib import Path

import streamlit as st

from core.dataset import opened
from core.dataset.index import Dataset
from core.dataset.walk import dataset_folders
from core.errors import DatasetError
from core.escaping import plain
from core.jobs import queue as jobs
from core.review.stored import count_suspicious
from core.workflows import first_start
from streamlit_app import loop, resources
from streamlit_app.components.stepper import stepper
from streamlit_app.parts.shared.progress import progress

WANTED = "wanted-dataset"  # a widget that is drawn already cannot be set: it is on the next run


def sidebar() -> None:
    """Draws the sidebar; afterwards `dataset()` gives the chosen dataset."""
    with st.sidebar:
        st.session_state["folder"] = _pick_folder()
        try:
            data = dataset()
        except DatasetError:
            data = None  # the page says why; the picker stays usable
        if data is not None and st.session_state["data"] not in opened.datasets(resources.paths()):
            choose(data.folder)  # a path that was typed or came by a link: known by its name from now on
            st.rerun()
        is_training = bool(jobs.jobs(resources.paths()))
        st.fragment(lambda: stepper(steps(data)), run_every="2s" if is_training else None)()
        if problem := resources.served_problem():
            st.warning(plain(problem), icon=":material/warning:")


def dataset() -> Dataset:
    """The chosen dataset.

    Raises:
        DatasetError: If its folder is not there or holds no class folder.
    """
    return resources.dataset(st.session_state["folder"], progress(st.empty(), "Reading the photos"))


def choose(folder: Path) -> None:
    """Makes a folder the chosen dataset from the next run of the page on."""
    st.session_state[WANTED] = opened.remember(resources.paths(), folder)


def steps(data: Dataset | None) -> list[loop.Step]:
    """The loop of a dataset."""
    if data is None:
        return loop.steps(None, [], resources.active_run())
    ranking = resources.ranking(data)
    suspects = None if ranking is None else count_suspicious(ranking, resources.decisions(data))
    return loop.steps(data, resources.runs_of(data), resources.active_run(), suspects)


def prepare_first_start() -> None:
    """Draws the sample and enqueues its first training, once for the whole installation."""
    paths = resources.paths()
    if first_start.is_needed(paths):
        with resources.first_start_lock():
            if first_start.is_needed(paths):
                first_start.prepare(paths, progress(st.empty(), "Drawing the sample dataset"))


def _pick_folder() -> Path:
    found = opened.datasets(resources.paths())
    odd = [name for name, folder in dataset_folders(resources.paths().data_dir).items() if name != folder.name]
    known = {name: folder for name, folder in found.items() if name not in odd}
    options = sorted(known, key=lambda name: (name != first_start.SAMPLE, name)) or [first_start.SAMPLE]
    if WANTED in st.session_state:
        st.session_state["data"] = st.session_state.pop(WANTED)
    named = st.session_state.get("data") or st.query_params.get("data")
    chosen = st.selectbox(
        "Dataset",
        options if named is None or named in options else [*options, named],
        key="data",
        bind="query-params",
        accept_new_options=True,
        help="A folder of photos in classes. Put it into the data folder, or type the path of any other.",
    )
    if odd:
        st.caption(plain(f"Left out, because its name is not valid Unicode; rename it: {', '.join(odd)}"))
    if chosen in known:
        return known[chosen]
    return resources.paths().data_dir / Path(chosen).expanduser()  # an absolute path stays as it is
