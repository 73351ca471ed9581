"""The same photo in two classes or two splits: one label is wrong, or a test photo was learned from."""

import pandas as pd
import streamlit as st

from core.dataset.index import Dataset
from core.dataset.overlay import Decision
from core.review.copies import find_duplicates
from streamlit_app import resources
from streamlit_app.parts.review import grid
from streamlit_app.parts.shared.progress import progress
from streamlit_app.words import counted

KINDS = {"exact": "same file", "near": "nearly equal", "mirrored": "mirrored", "crop": "a part of the other"}


def show(data: Dataset, made: dict[str, Decision], reviewer: str) -> None:
    """Lists the photos of such pairs, copies side by side, to decide about."""
    pairs = find_duplicates(data, resources.paths(), progress(st.empty(), "Looking for copies"))
    pairs = unresolved(data, pairs, made)
    rows = rows_of(data, pairs[pairs["crosses_class"] | pairs["crosses_split"]], made)
    if rows.empty:
        st.info("No photo is in two classes or two splits.", icon=":material/check_circle:")
        return
    contradictions, leaks = (
        counted(pairs.loc[pairs[column], "group"].nunique(), "photo is", "photos are")
        for column in ("crosses_class", "crosses_split")
    )
    st.markdown(
        f"**{contradictions} in two classes**: at least one label is wrong. "
        f"**{leaks} in two splits**: a test photo is also among the training photos; exclude the training photo and "
        "leave the test photo."
    )
    grid.show(data, rows, key="copies", reviewer=reviewer)


def unresolved(data: Dataset, pairs: pd.DataFrame, made: dict[str, Decision]) -> pd.DataFrame:
    """The pairs by reviewed labels: without those one of which is excluded, and in two classes only if still so."""
    label = data.reviewed(made).set_index("path")["label"]
    first, second = (pairs[name].map(label) for name in ("path_a", "path_b"))
    return pairs.assign(crosses_class=first != second)[(first.notna() & second.notna()).to_numpy()]


def rows_of(data: Dataset, pairs: pd.DataFrame, made: dict[str, Decision]) -> pd.DataFrame:
    """One row a photo of these pairs, the copies of a photo one after the other; decided ones say so."""
    sides = [pairs[[name, "group", "kind"]].rename(columns={name: "path"}) for name in ("path_a", "path_b")]
    photos = pd.concat(sides).drop_duplicates("path")
    table = data.table[["path", "label", "split", "sha256"]].rename(columns={"label": "given_label"})
    photos = photos.merge(table, on="path").sort_values(["group", "split", "path"])
    photos["number"] = photos["group"].factorize()[0] + 1
    decided = [made.get(sha256) for sha256 in photos["sha256"]]
    words = [item and (item.label if item.action == "relabel" else item.action) for item in decided]
    notes = [
        f"{row['number']}: {row['split']}, {word or KINDS[row['kind']]}"
        for row, word in zip(photos.to_dict("records"), words, strict=True)
    ]
    return photos.assign(note=notes, warn=[item is None for item in decided])
