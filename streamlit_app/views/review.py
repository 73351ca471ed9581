"""Review: which labels look wrong, and a person's decision about each; no photo is ever changed."""

import streamlit as st

from core.dataset.index import Dataset
from core.review.stored import count_suspicious
from streamlit_app import frame, resources
from streamlit_app.parts.review import copies as review_copies
from streamlit_app.parts.review import decisions as review_decisions
from streamlit_app.parts.review import filters as review_filters
from streamlit_app.parts.review import grid as review_grid
from streamlit_app.parts.review import look as review_look
from streamlit_app.parts.review import queue as review_queue
from streamlit_app.parts.shared.head import head
from streamlit_app.words import counted, plain

QUESTION = "Which labels look wrong?"


def options(data: Dataset) -> tuple[bool, str]:
    """Draws the options; gives whether test photos come along, and who reviews."""
    with st.popover("Options", icon=":material/tune:"):
        reviewer = st.text_input("Your name", key="reviewer", help="Stands with your decisions. Two people can review.")
        has_test = bool((data.usable["split"] == "test").any())
        with_test = st.toggle("Review test photos too", key="with-test", disabled=not has_test)
        st.caption(
            "Test photos are left out: changing their labels changes what every figure on them means. A run judged by "
            "reviewed test labels cannot be compared with one judged by given ones."
        )
    return with_test and has_test, reviewer.strip()


data = frame.dataset()
if resources.ranking(data) is None:
    head(QUESTION, f"The labels of **{plain(data.name)}** come from its folders. Some may be wrong.")
    review_look.offer(data)
    st.stop()

place = st.container()
names = ["One by one", "Grid", "No subject", "Copies", "Decisions"]
with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    chosen = st.segmented_control(
        "Show", names, default=names[0], key="tab", required=True, label_visibility="collapsed", bind="query-params"
    )
    with st.container(horizontal=True, width="content"):
        with_test, reviewer = options(data)
        ranking = resources.ranking(data, with_test)
        filters = review_filters.filter_button(data, resources.ranking(data) if ranking is None else ranking)
made = resources.decisions(data)
suspicious = count_suspicious(resources.ranking(data), made)
with place:
    photos = counted(int((data.usable["split"] != "test").sum()), "photo")
    line = f"**{counted(suspicious, 'label')}** of {photos} {'looks' if suspicious == 1 else 'look'} wrong."
    if with_test:
        line += " :orange[:material/front_hand: Test photos come along: their figures change with your decisions.]"
    head(QUESTION, line)

if ranking is None:
    review_look.offer(data, with_test)
elif chosen == "One by one":
    review_queue.show(data, filters, with_test, reviewer, st.query_params.get("photo", ""))
elif chosen == "Grid":
    review_grid.show(data, review_queue.upcoming(ranking, made, filters, ()), key="grid", reviewer=reviewer)
elif chosen == "No subject":
    st.caption("Photos that do not show what the classes are about, or next to nothing.")
    rows = review_queue.upcoming(ranking, made, review_filters.NO_SUBJECT, ())
    review_grid.show(data, rows, key="no-subject", reviewer=reviewer)
elif chosen == "Copies":
    review_copies.show(data, made, reviewer)
else:
    review_decisions.show(data, reviewer)
