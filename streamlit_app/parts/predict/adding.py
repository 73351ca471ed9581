"""Photos that were just predicted become photos of the chosen dataset, with a label that a person gives them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.dataset.adding import NewPhoto
from core.dataset.index import Dataset
from streamlit_app.parts.shared import adding
from streamlit_app.words import counted, plain

if TYPE_CHECKING:
    from streamlit_app.parts.predict.table import ManyPhoto

_AS_ANSWERED = "what the model answered"


def offer(photos: Sequence["ManyPhoto"], records: Sequence[dict[str, Any]], data: Dataset) -> None:
    """A button behind which photos are added to the dataset.

    Args:
        photos: Those that the table shows.
        records: Their predictions.
        data: The dataset.
    """
    with st.popover("Add to the dataset", icon=":material/library_add:", key="add-popover", on_change="rerun") as open_:
        if open_.open and adding.is_possible(data, "predicted"):
            _offer(photos, records, data)


def _offer(photos: Sequence["ManyPhoto"], records: Sequence[dict[str, Any]], data: Dataset) -> None:
    label = ""
    if data.class_names:
        st.caption("As training photos, with the label that you give them. Filter by answer first to add only some.")
        label = st.selectbox("They show", [_AS_ANSWERED, *data.class_names], key="predicted-label")
    new, unclear = [], 0
    for photo, record in zip(photos, records, strict=True):
        own = record["answer"] if label == _AS_ANSWERED else label
        if own in ("", *data.class_names):
            new.append(NewPhoto(photo.name, own, "train", photo.read))
        else:
            unclear += 1
    if unclear:
        st.text(f"{counted(unclear, 'photo')} left out: the answer is none of the classes of {data.name}.")
    if label == _AS_ANSWERED and new:
        st.caption(f"A model's answers are no truth: check the new labels of *{plain(data.name)}* on the Review page.")
    if new:
        adding.offer(new, data, (tuple(photo.id for photo in photos), label), "predicted")
