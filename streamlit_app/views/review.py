"""Review: which labels look wrong, and a person's decision about each; no photo is ever changed."""

import streamlit as st

from core.review.stored import count_suspicious
from streamlit_app import frame, resources
from streamlit_app.parts.review import copies, decisions, filters, grid, queue, search
from streamlit_app.parts.shared.layout import head
from streamlit_app.words import counted, plain

QUESTION = "Which labels look wrong?"
TABS = ["One by one", "Grid", "Not relevant", "Copies", "Decisions"]

data = frame.dataset()
base = resources.ranking(data)
if base is None:
    head(QUESTION, f"The labels of **{plain(data.name)}** are the names of its folders. Some may be wrong.")
    search.offer(data)
    st.stop()

place = st.container()
has_test = resources.num_photos(data, "test") > 0
with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    chosen = st.segmented_control(
        "Show", TABS, default=TABS[0], key="tab", required=True, label_visibility="collapsed", bind="query-params"
    )
    with st.container(horizontal=True, width="content"):
        with st.popover("Options", icon=":material/tune:"):
            reviewer = st.text_input("Your name", key="reviewer", help="Saved with your decisions.").strip()
            with_test = st.toggle("Review test photos too", key="with-test", disabled=not has_test) and has_test
            st.caption(
                "Test photos are left out by default: changing their labels changes what every figure on them means. "
                "Accuracy on reviewed test labels cannot be compared with accuracy on given ones."
            )
        ranking = resources.ranking(data, with_test)
        wanted = filters.filter_button(data, base if ranking is None else ranking)
made = resources.decisions(data)
suspicious = count_suspicious(base, made)
with place:
    photos = counted(resources.num_photos(data, "train", "validation"), "photo")
    line = f"**{counted(suspicious, 'label')}** of {photos} {'looks' if suspicious == 1 else 'look'} wrong."
    if with_test:
        line += " :orange[:material/front_hand: Test photos are included: their figures change with your decisions.]"
    head(QUESTION, line)

if ranking is None:
    search.offer(data, with_test)
elif chosen == "One by one":
    queue.show(data, wanted, with_test, reviewer, st.query_params.get("photo", ""))
elif chosen == "Grid":
    grid.show(data, queue.upcoming(ranking, made, wanted), key="grid", reviewer=reviewer)
elif chosen == "Not relevant":
    st.caption("Photos that do not show what the classes are about, or hardly anything.")
    grid.show(data, queue.upcoming(ranking, made, filters.NOT_RELEVANT), key="not-relevant", reviewer=reviewer)
elif chosen == "Copies":
    copies.show(data, made, reviewer)
else:
    decisions.show(data, reviewer)
