"""The same photo in two classes or two splits: one label is wrong, or a test photo was learned from."""

import pandas as pd
import streamlit as st

from core.dataset.index import Dataset
from streamlit_app import resources
from streamlit_app.parts.review import grid as review_grid
from streamlit_app.parts.review import look as review_look
from streamlit_app.words import counted

KINDS = {"exact": "same file", "near": "nearly equal", "mirrored": "mirrored", "crop": "a part of the other"}


def show(data: Dataset, made: dict, reviewer: str) -> None:
    """Lists the photos of such pairs, copies side by side, to decide about."""
    place = st.empty()
    pairs = resources.copies(data, review_look.progress(place))
    place.empty()
    rows = rows_of(data, pairs[pairs["crosses_class"] | pairs["crosses_split"]], made)
    if rows.empty:
        st.info("No photo lies in two classes or two splits.", icon=":material/check_circle:")
        return
    leaks = pairs[pairs["crosses_split"]]["group"].nunique()
    contradictions = pairs[pairs["crosses_class"]]["group"].nunique()
    st.markdown(
        f"**{counted(contradictions, 'photo lies', 'photos lie')} in two classes**: at least one label is wrong. "
        f"**{counted(leaks, 'photo lies', 'photos lie')} in two splits**: what is in `test` was learned from; "
        "exclude the copy to learn from, and leave the test photo."
    )
    review_grid.show(data, rows, key="copies", reviewer=reviewer)


def rows_of(data: Dataset, pairs: pd.DataFrame, made: dict) -> pd.DataFrame:
    """One row a photo of these pairs, the copies of a photo one after the other; decided ones say so."""
    sides = [pairs[[name, "group", "kind"]].rename(columns={name: "path"}) for name in ("path_a", "path_b")]
    photos = pd.concat(sides).drop_duplicates("path")
    table = data.table[["path", "label", "split", "sha256"]].rename(columns={"label": "given_label"})
    photos = photos.merge(table, on="path").sort_values(["group", "split", "path"])
    numbers = photos["group"].factorize()[0] + 1
    decided = [made[sha256] if sha256 in made else None for sha256 in photos["sha256"]]
    notes = [
        f"{number}: {split}, {item.label or item.action if item else KINDS[kind]}"
        for number, split, kind, item in zip(numbers, photos["split"], photos["kind"], decided, strict=True)
    ]
    return photos.assign(note=notes, warn=[item is None for item in decided])
