"""Dataset: the photos there are, their numbers, their problems, and how to add more."""

import streamlit as st

from streamlit_app import frame, resources
from streamlit_app.parts.dataset import filters
from streamlit_app.parts.dataset import importing as dataset_import
from streamlit_app.parts.dataset import problems as dataset_problems
from streamlit_app.parts.dataset import statistics as dataset_statistics
from streamlit_app.parts.shared import photos
from streamlit_app.parts.shared.head import head
from streamlit_app.words import counted, listed, plain

data = frame.dataset()
problems = data.table[data.table["problem"] != ""]
by_class = data.usable["label"].value_counts()
by_split = data.usable["split"].value_counts()
parts = [f"{counts:,} {name}" for name, counts in by_class.items()]
line = f"**{counted(len(data.usable), 'photo')}**: {plain(listed(parts[:8]))}; " + plain(
    listed([f"{by_split[split]:,} for {split}" for split in ("train", "validation", "test") if split in by_split])
)
if len(problems):
    line += f". :orange[:material/front_hand: {counted(len(problems), 'file')} cannot be used.]"
head("What do I have?", line)

names = ["Photos", "Statistics", "Problems", "Add photos"]
tabs = dict(zip(names, st.tabs(names, key="tab", on_change="rerun", bind="query-params"), strict=True))
if tabs["Photos"].open:
    with tabs["Photos"]:
        served = resources.active_run()
        run = served if served and served.dataset.name == data.name else None
        table = filters.with_predictions(data.table, run)
        chosen = filters.filter_bar(data, has_predictions=run is not None and not run.predictions.empty)
        rows = filters.apply(table, chosen)
        st.caption(photos.showing(len(rows), len(table[table["problem"] == ""])))
        if rows.empty:
            st.info("No photo fits these filters.", icon=":material/filter_alt_off:")
        else:
            photos.gallery(data, rows, key="gallery")
if tabs["Statistics"].open:
    with tabs["Statistics"]:
        dataset_statistics.show(data)
if tabs["Problems"].open:
    with tabs["Problems"]:
        dataset_problems.show(data)
if tabs["Add photos"].open:
    with tabs["Add photos"]:
        dataset_import.show()
