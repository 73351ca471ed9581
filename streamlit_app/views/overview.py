"""Overview: where the dataset stands in the loop, and an answer about a photo right away."""

import os

import streamlit as st

from streamlit_app import frame, loop, navigation, resources
from streamlit_app.parts.predict import answer, examples
from streamlit_app.parts.shared import photo_panel
from streamlit_app.parts.shared.layout import card, head
from streamlit_app.parts.shared.run_picker import standing
from streamlit_app.parts.training import advice, live
from streamlit_app.uploads import PHOTO_TYPES, decoded
from streamlit_app.words import plain

QUESTION = "Where are you now?"
MARKS = {
    "done": ":green[:material/check_circle:]",
    "next": ":primary[:material/arrow_circle_right:]",
    "open": ":gray[:material/radio_button_unchecked:]",
}

data = frame.dataset()
served = resources.active_run()
steps = frame.steps(data)
if served is None:
    head(QUESTION, "No model yet. Train one, then drop a photo here to see its answer and why.")
    navigation.no_model()
else:
    head(QUESTION, f"In use: {standing(served)}.")
    with st.container(border=True):
        upload = st.file_uploader("What is this, and why? Drop a photo.", PHOTO_TYPES, key="hero", max_upload_size=10)
        image, path = None, ""
        if upload is None:
            path = examples.pick(data, "Or try one of these", key="hero-example") or ""
            image = resources.photo(data, path) if path else None
        else:
            image = decoded(upload.getvalue())
        if image is not None:
            run = resources.answering_run(data) if path else served
            answer.show(
                image, run or served, "hero-answer", data, own_path=path, open_photo=photo_panel.opener(data, run)
            )

live.show(brief=True)
advice.show(data, brief=True)
st.subheader("The loop", anchor=False)
cells = st.grid(len(steps), min_column_width=150)
for step in steps:
    with card(cells, f"{MARKS[step.state]} {step.title}"):
        st.caption(plain(step.fact))
        st.space("stretch")
        navigation.link(step.page, step.action, key=f"step-{step.name}", primary=step is loop.next_step(steps))

with st.expander("New here? What Tuskscope does"):
    st.markdown(
        "Tuskscope turns a folder of photos into a classifier you can trust, on this machine, without an "
        "account.  \n"
        "It shows the photos, finds labels that look wrong, trains a model, and says how good it is and how "
        "sure that is.  \n"
        "Every answer comes with the evidence for it in the photo. Start with the step that is highlighted above."
    )
with st.expander("Use the API"):
    port = os.environ.get("TUSKSCOPE_API_PORT")  # set by `python -m core app`, which runs it beside these pages
    st.code(f'curl -F "image=@photo.jpg" http://localhost:{port or 8000}/api/v1/predictions', language="bash")
    st.caption("The answer is JSON." if port else "Start the API with `python -m api` first. The answer is JSON.")
