"""Predict: what a photo shows, and why; many photos become a table."""

import streamlit as st

from core.dataset.images import decode
from core.errors import ImageError
from streamlit_app import frame, navigation, resources
from streamlit_app.parts import answer, examples, prediction_table
from streamlit_app.parts.head import head
from streamlit_app.parts.run_picker import accuracy_text
from streamlit_app.words import listed, plain

SOURCES = {"upload": ":material/upload: Upload", "camera": ":material/photo_camera: Camera"}
TYPES = ["jpg", "jpeg", "png", "webp"]

data = frame.dataset()
served = resources.active_run()
if served is None:
    head("What is this, and why?", "No run answers yet.")
    navigation.empty(
        "**Nothing can answer yet.** Train a run first: the quickest takes seconds.",
        "training",
        "Train a run",
    )
    st.stop()

head(
    "What is this, and why?",
    f"**{plain(served.run_id)}** tells {plain(listed(served.class_names))} apart; "
    f"right on {plain(accuracy_text(served))}.",
)
source = st.segmented_control(
    "Photo", list(SOURCES), default="upload", format_func=SOURCES.get, key="source", required=True,
    label_visibility="collapsed",
)  # fmt: skip
if source == "upload":
    uploads = st.file_uploader(
        "Photos to predict", TYPES, True, key="uploads", max_upload_size=10, label_visibility="collapsed"
    )
else:
    taken = st.camera_input("Take a photo", key="camera", label_visibility="collapsed")
    uploads = [taken] if taken else []

if not uploads:
    chosen = examples.pick(data, "Or try one of these photos, which no run has learned from", key="example")
    image = resources.photo(data, chosen) if chosen else None
    if image is not None:
        given = data.usable.set_index("path").loc[chosen, "label"]
        answer.show(image, served, key="answer", data=data, given=given, own_path=chosen)
elif len(uploads) == 1:
    try:
        answer.show(decode(uploads[0].getvalue()), served, key="answer", data=data)
    except ImageError as error:
        st.error(plain(error), icon=":material/broken_image:")
elif uploads:
    prediction_table.show(uploads, served, data)
