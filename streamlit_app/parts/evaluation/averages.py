"""Where a run looks on the whole: mean heat maps of a split, and of its errors only."""

import time

import numpy as np
import streamlit as st

from core.dataset.index import Dataset
from core.explanation.averages import MAX_PHOTOS, MeanMaps, middle_share
from core.explanation.heatmap import normalize, upsample
from core.explanation.overlay import colorize
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.colors import class_colors
from streamlit_app.components.explained_photos import ExplainedPhoto, explained_photos
from streamlit_app.parts.shared import heat
from streamlit_app.pictures import as_webp
from streamlit_app.words import counted, duration, percent, plain

SECONDS_PER_PHOTO = 0.03
SIDE = 280


def show(data: Dataset, run: Run, split: str) -> None:
    """Shows the mean maps, or offers to make them.

    Args:
        data: The data set.
        run: Whose maps.
        split: Of which photos.
    """
    found = resources.known_averages(data, run, split)
    if found is None:
        _offer(data, run, split)
        return
    photos = sum(found.counts.values())
    st.markdown(
        f"Heat maps of {counted(photos, 'photo')} of {plain(split)}"
        + (f" (of {found.num_photos:,})" if photos < found.num_photos else "")
        + ", laid over each other; each shows what speaks for the label its folder gives.",
    )
    colors = class_colors(run.class_names)
    cards = [_card(name, one, counted(found.counts[name], "photo"), colors) for name, one in found.by_class.items()]
    cards += [
        _card(name, one, f"{counted(found.error_counts[name], 'photo')}, what spoke for the wrong answer", colors, True)
        for name, one in found.errors.items()
    ]
    explained_photos(cards, heat.colors_of(class_name="the class"), f"averages-{run.run_id}-{split}", columns=4)
    if not found.errors:
        st.caption("No error among these photos.")
    st.caption(_reading(found))


def _offer(data: Dataset, run: Run, split: str) -> None:
    number = min(MAX_PHOTOS, int((data.usable["split"] == split).sum()))
    st.markdown(
        "The heat maps of many photos, laid over each other, show habits: a run that looks at the sky or at a "
        "corner has learned something else than you wanted."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        clicked = st.button("Lay the heat maps over each other", key=f"average-{split}", icon=":material/layers:")
        st.caption(f"About {duration(1 + SECONDS_PER_PHOTO * number)} for {counted(number, 'photo')}.")
    if clicked:
        place, started = st.empty(), time.monotonic()

        def report(done: int, total: int) -> None:
            left = (time.monotonic() - started) / done * (total - done)
            place.progress(done / total, text=f"{done} of {counted(total, 'photo')}, {duration(left)} left")

        resources.averages(data, run, split, report)
        st.rerun()


def _card(name: str, mean: np.ndarray, note: str, colors: dict[str, str], is_error: bool = False) -> ExplainedPhoto:
    share = percent(middle_share(mean))
    title = f"Errors only: {name}" if is_error else name
    picture = colorize(upsample(normalize(mean), (SIDE, SIDE)))
    return ExplainedPhoto(
        id=title,
        source=as_webp(picture, SIDE),
        size=(SIDE, SIDE),
        heatmap=None,
        title=title,
        note=f"{note}; {share} of the evidence in the middle",
        color=colors.get(name, ""),
        alt=f"Mean heat map, {title}: {share} of the evidence lies in the middle",
    )


def _reading(found: MeanMaps) -> str:
    unread = f" {counted(found.num_unreadable, 'photo')} could not be read." if found.num_unreadable else ""
    return (
        "All photos are squashed to a square, as the network saw them; each map is scaled to its own strongest place. "
        "The middle ninth of the area would hold 11 % of "
        f"evidence spread evenly; animals stand there, so more is expected.{unread}"
    )
