"""What stands around every page: the data set picker and the loop in the sidebar, and the chosen data set."""

from pathlib import Path

import streamlit as st

from core.dataset.index import Dataset
from core.errors import DatasetError
from core.review.stored import count_suspicious
from streamlit_app import first_start, loop, resources
from streamlit_app.components.stepper import stepper
from streamlit_app.words import counted

OTHER = "Another folder…"


def sidebar() -> None:
    """Draws the sidebar; afterwards `dataset()` gives the chosen data set."""
    with st.sidebar:
        st.session_state["folder"] = str(_pick_folder())
        try:
            data = dataset()
        except DatasetError:
            data = None  # the page says why; the picker stays usable
        stepper(steps(data))


def dataset() -> Dataset:
    """The chosen data set.

    Raises:
        DatasetError: If its folder is not there or holds no class folder.
    """
    folder = Path(st.session_state["folder"])
    place = st.empty()

    def show(done: int, total: int) -> None:
        place.progress(done / total, text=f"Reading the photos: {done:,} of {counted(total, 'photo')}")

    data = resources.dataset(folder, show)
    place.empty()
    return data


def choose(folder: Path) -> None:
    """Makes a folder the chosen data set from the next run of the page on."""
    chosen = str(folder)
    known = st.session_state.setdefault("other_folders", [])
    if folder.parent != resources.paths().data_dir and chosen not in known:
        known.append(chosen)
    st.session_state["choose"] = folder.name if folder.parent == resources.paths().data_dir else chosen


def steps(data: Dataset | None) -> list[loop.Step]:
    """The loop of a data set."""
    runs = resources.runs_of(data.name) if data else []
    ranking = resources.ranking(data) if data else None
    suspects = None if ranking is None else count_suspicious(ranking, resources.decisions(data))
    return loop.steps(data, runs, resources.active_run(), suspects)


def prepare_first_start() -> None:
    """Draws the sample and enqueues its first training, once for the whole installation."""
    paths = resources.paths()
    if not first_start.is_needed(paths):
        return
    place = st.empty()

    def show(done: int, total: int) -> None:
        place.progress(done / total, text=f"Drawing the sample data set: {done} of {total} pictures")

    with resources.first_start_lock():
        if first_start.is_needed(paths):
            first_start.prepare(paths, show)
    place.empty()


def _pick_folder() -> Path:
    data_dir = resources.paths().data_dir
    options = [*_folders(data_dir), *st.session_state.get("other_folders", []), OTHER]
    wanted = st.session_state.pop("choose", None)
    if wanted in options:
        st.session_state["data"] = wanted
    elif st.session_state.get("data") not in options:
        st.session_state.pop("data", None)  # its folder is gone
    chosen = st.selectbox(
        "Data set",
        options,
        key="data",
        bind="query-params",
        help="A folder of photos in classes. Put it into the data folder, or name any other.",
    )
    if chosen != OTHER:
        return data_dir / chosen  # an absolute path stays as it is
    typed = st.text_input("Folder", placeholder="/home/me/photos", key="typed_folder").strip()
    if typed and Path(typed).expanduser().is_dir():
        choose(Path(typed).expanduser().resolve())
        st.rerun()
    if typed:
        st.warning("There is no such folder on this machine.")
    return data_dir / (options[0] if options[0] != OTHER else first_start.SAMPLE)


def _folders(data_dir: Path) -> list[str]:
    if not data_dir.is_dir():
        return []
    names = sorted(child.name for child in data_dir.iterdir() if not child.name.startswith(".") and child.is_dir())
    return sorted(names, key=lambda name: name != first_start.SAMPLE)
