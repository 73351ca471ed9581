"""Predict: what a photo shows, and why; many photos become a table."""

import streamlit as st

from streamlit_app import frame, navigation, resources
from streamlit_app.parts.explain import panel as explain
from streamlit_app.parts.predict import answer, chosen_photo
from streamlit_app.parts.predict import table as prediction_table
from streamlit_app.parts.predict.chosen_photo import ChosenPhoto
from streamlit_app.parts.shared import photo_panel
from streamlit_app.parts.shared.layout import head
from streamlit_app.parts.shared.run_picker import standing
from streamlit_app.pictures import fingerprint
from streamlit_app.uploads import PHOTO_TYPES, decoded
from streamlit_app.words import listed, plain

QUESTION = "What is this, and why?"
SOURCES = {"upload": ":material/upload: Upload", "camera": ":material/photo_camera: Camera"}

data = frame.dataset()
served = resources.active_run()
if served is None:
    head(QUESTION, "No model yet.")
    navigation.no_model()
    st.stop()

head(QUESTION, f"In use: {standing(served)}. It tells {plain(listed(served.class_names))} apart.")
source = st.segmented_control(
    "Photo",
    list(SOURCES),
    default="upload",
    format_func=SOURCES.__getitem__,
    key="source",
    required=True,
    label_visibility="collapsed",
)
if source == "upload":
    uploads = st.file_uploader(
        "Photos to predict", PHOTO_TYPES, True, key="uploads", max_upload_size=10, label_visibility="collapsed"
    )
else:
    taken = st.camera_input("Take a photo", key="camera", label_visibility="collapsed")
    uploads = [taken] if taken else []

run = chosen_photo.answering_run(served if uploads else resources.answering_run(data) or served)
photo, ids = None, [upload.file_id for upload in uploads]
if ids and st.session_state.get("seen-uploads") != ids:  # others came: what a link or a click named is over
    chosen_photo.forget()
st.session_state["seen-uploads"] = ids
many = [] if chosen_photo.is_named() else prediction_table.uploaded(uploads)
can_be_added = bool(many)
if not many and not data.class_names and not chosen_photo.is_named():
    many = prediction_table.in_folder(data)
if len(many) > 1:
    prediction_table.show(many, run, data, can_be_added)
elif many:
    image = decoded(many[0].read())
    photo = None if image is None else ChosenPhoto(image)
else:
    photo = chosen_photo.choose(data)
if photo is not None:
    key, opener = f"answer-{fingerprint(photo.image)}", photo_panel.opener(data, run)
    answer.show(photo.image, run, key, data, photo.given, photo.path, open_photo=opener, leads_on=False)
    st.divider()
    explain.show(photo.image, run, key)
