"""Predict: what a photo shows, and why; many photos become a table."""

import streamlit as st

from core.dataset.images import decode
from core.errors import ImageError
from streamlit_app import frame, navigation, resources
from streamlit_app.parts.explain import panel as explain
from streamlit_app.parts.predict import answer, chosen_photo
from streamlit_app.parts.predict import table as prediction_table
from streamlit_app.parts.predict.chosen_photo import ChosenPhoto
from streamlit_app.parts.shared import photo_panel
from streamlit_app.parts.shared.head import head
from streamlit_app.parts.shared.run_picker import accuracy_text
from streamlit_app.pictures import fingerprint
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
run = chosen_photo.answering_run(served)
source = st.segmented_control(
    "Photo",
    list(SOURCES),
    default="upload",
    format_func=SOURCES.get,
    key="source",
    required=True,
    label_visibility="collapsed",
)
if source == "upload":
    uploads = st.file_uploader(
        "Photos to predict", TYPES, True, key="uploads", max_upload_size=10, label_visibility="collapsed"
    )
else:
    taken = st.camera_input("Take a photo", key="camera", label_visibility="collapsed")
    uploads = [taken] if taken else []

photo = None
if uploads:
    chosen_photo.forget()
if len(uploads) > 1:
    prediction_table.show(uploads, run, data)
elif uploads:
    try:
        photo = ChosenPhoto(decode(uploads[0].getvalue()))
    except ImageError as error:
        st.error(plain(error), icon=":material/broken_image:")
else:
    photo = chosen_photo.choose(data)
if photo is not None:
    key = f"answer-{fingerprint(photo.image)}"
    answer.show(
        photo.image, run, key, data, photo.given, photo.path, open_photo=photo_panel.opener(data, run), leads_on=False
    )
    st.divider()
    explain.show(photo.image, run, key)
