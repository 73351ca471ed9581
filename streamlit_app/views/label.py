"""Label: photos that nobody has labelled; a key says what they are, and a model says which ones to look at next."""

import streamlit as st

from core.features.photo_map import is_looked_at
from streamlit_app import frame, navigation, resources
from streamlit_app.parts.label import classes, grid
from streamlit_app.parts.shared.layout import head
from streamlit_app.parts.shared.progress import progress
from streamlit_app.words import counted, duration, listed, plain

QUESTION = "What are these?"

data = frame.dataset()
answered = grid.answered_photos(data)
left = data.usable["sha256"].nunique() - len(answered)
names = listed([plain(name) for name in grid.order_of(data)])
base = data.base or data

if (base.usable["label"] != "").all():
    head(QUESTION, f"The folders of **{plain(data.name)}** label every photo: {names}.")
    navigation.empty("**Nothing to label here.** Some of these labels may be wrong.", "review", "Review the labels")
    st.stop()
head(QUESTION, f"**{counted(left, 'photo')}** of *{plain(data.name)}* without an answer.")
if not data.class_names:
    classes.form(data)
    st.stop()
if not is_looked_at(data):
    number = counted(len(data.usable), "photo")
    seconds = duration(20 + 0.03 * len(data.usable))
    st.markdown(f"A network looks at all {number} once, so that look-alikes can be found: about {seconds}.")
    if st.button("Look at the photos", type="primary", icon=":material/visibility:", key="look-at"):
        place = st.empty()
        place.progress(0.0, text="Preparing the network, once…")
        resources.look_at_photos(data, progress(place, "Looking at the photos"))
        st.rerun()
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    how = st.segmented_control(
        "What next is chosen by",
        list(grid.WAYS),
        default="model",
        key="how",
        required=True,
        format_func=grid.WAYS.__getitem__,
        bind="query-params",
        help="Model: first unlike all that is labelled, then what it is unsure of. Look-alikes: one kind at a time. "
        "Random: to compare.",
    )
    with st.container(horizontal=True, width="content"):
        classes.popover(data)
        with st.popover("Options", icon=":material/tune:"):
            reviewer = st.text_input("Your name", key="reviewer", help="Saved with your labels.").strip()
grid.show(data.folder, how or "model", reviewer)
