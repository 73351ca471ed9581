"""Average heat maps: where a run looks on the whole, over a split and over its errors only."""

import numpy as np
import streamlit as st

from core.dataset.index import Dataset
from core.explanation.averages import MAX_PHOTOS, middle_share
from core.explanation.heatmap import normalize, upsample
from core.explanation.overlay import colorize, legend
from core.prediction.words import percent
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.colors import class_colors
from streamlit_app.components.explained_photos import ExplainedPhoto, explained_photos
from streamlit_app.parts.shared.progress import offer
from streamlit_app.pictures import as_webp
from streamlit_app.words import counted, plain

SECONDS_PER_PHOTO = 0.03
SIDE = 280


def show(data: Dataset, run: Run, split: str) -> None:
    """Shows the mean maps, or offers to make them.

    Args:
        data: The dataset.
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
        + (f" (out of {found.num_photos:,})" if photos < found.num_photos else "")
        + ", averaged; each shows the evidence for the label of its folder.",
    )
    colors = class_colors(run.class_names)
    cards = [
        _card(name, one, counted(found.counts[name], "photo"), colors[name]) for name, one in found.by_class.items()
    ]
    for name, one in found.errors.items():
        note = f"{counted(found.error_counts[name], 'photo')}, evidence for the wrong answer"
        cards.append(_card(f"Errors only: {name}", one, note, colors[name]))
    explained_photos(cards, legend(), f"averages-{run.run_id}-{split}", columns=4)
    if not found.errors:
        st.caption("No error among these photos.")
    unread = f" {counted(found.num_unreadable, 'photo')} could not be read." if found.num_unreadable else ""
    st.caption(
        "All photos are squashed to a square, as the network saw them; each map is scaled to its own strongest place. "
        "The middle ninth of the area would hold 11 % of evidence that is spread evenly; subjects are often in the "
        f"middle, so more is to be expected.{unread}"
    )


def _offer(data: Dataset, run: Run, split: str) -> None:
    number = min(MAX_PHOTOS, resources.num_photos(data, split))
    st.markdown(
        "The average of many heat maps shows habits: a model that looks at the sky or at a corner has learned "
        "something else than you wanted."
    )
    offer(
        "Average the heat maps",
        ":material/layers:",
        f"average-{split}",
        number,
        1 + SECONDS_PER_PHOTO * number,
        "",
        lambda progress: resources.averages(data, run, split, progress),
    )


def _card(title: str, mean: np.ndarray, note: str, color: str) -> ExplainedPhoto:
    share = percent(middle_share(mean))
    return ExplainedPhoto(
        id=title,
        source=as_webp(colorize(upsample(normalize(mean), (SIDE, SIDE))), SIDE),
        size=(SIDE, SIDE),
        heatmap=None,
        title=title,
        note=f"{note}; {share} of the evidence in the middle",
        color=color,
        alt=f"Average heat map, {title}: {share} of the evidence is in the middle",
    )
