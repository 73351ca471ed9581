"""Dataset: the photos there are, their numbers, their problems, and how to add more."""

import streamlit as st

from core.dataset.index import SPLITS
from core.errors import DatasetError
from streamlit_app import frame, navigation, resources
from streamlit_app.parts.dataset import filters, importing, managing, problems, statistics
from streamlit_app.parts.map import view
from streamlit_app.parts.shared import photos
from streamlit_app.parts.shared.layout import head, tabs
from streamlit_app.words import counted, listed, plain

try:
    data = frame.dataset()
except DatasetError as error:  # here it is no dead end: another dataset can be opened or made
    head("What do I have?", "No dataset is open.")
    st.error(plain(error), icon=":material/error:")
    importing.show()
    st.stop()
unusable = len(data.table) - len(data.usable)
by_class, by_split = data.usable["label"].value_counts(), data.usable["split"].value_counts()
classes = listed([f"{number:,} {name or 'unlabelled'}" for name, number in by_class.head(8).items()])
splits = listed([f"{by_split[split]:,} {split}" for split in SPLITS if split in by_split])
line = f"**{counted(len(data.usable), 'photo')}**: {plain(classes)}; {plain(splits)}."
if unusable:
    line += f" :orange[:material/front_hand: {counted(unusable, 'file')} cannot be used.]"
if not data.class_names and len(data.usable):
    head("What do I have?", f"**{counted(len(data.usable), 'photo')} without labels** in *{plain(data.name)}*.")
    with st.container(border=True):
        st.markdown(
            "Photos that lie in no class folder are an unlabelled dataset: a model can say what they show, but none "
            "can learn from them yet. Label some of them, or sort some into one folder per class."
        )
        with st.container(horizontal=True):
            navigation.link("label", "Label them", key="label-unlabelled")
            navigation.link("predict", "Predict them now", key="predict-unlabelled", primary=False)
    importing.show(data)
    st.stop()
head("What do I have?", line)
managing.manage(data)
if not resources.num_photos(data, "test"):
    managing.offer_test_split(data)


def browse() -> None:
    """The photos that fit the filters."""
    served = resources.active_run()
    run = served if served and resources.is_of(served, data) else None
    chosen = filters.filter_bar(data, has_predictions=run is not None and not run.predictions.empty)
    rows = filters.apply(filters.with_predictions(data.table, run), chosen)
    total = counted(len(data.usable), "photo")
    st.caption(total if len(rows) == len(data.usable) else f"{len(rows):,} of {total}")
    if rows.empty:
        st.info("No photo fits these filters.", icon=":material/filter_alt_off:")
    else:
        photos.gallery(data, rows, key="gallery")


tabs(
    {
        "Photos": browse,
        "Map": lambda: view.show(data),
        "Statistics": lambda: statistics.show(data),
        "Problems": lambda: problems.show(data),
        "Add photos": lambda: importing.show(data),
    },
    key="tab",
)
