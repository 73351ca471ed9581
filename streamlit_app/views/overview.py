"""Overview: where the data set stands in the loop, and an answer about a photo right away."""

import streamlit as st

from core.dataset.images import decode
from core.errors import ImageError
from streamlit_app import frame, loop, navigation, resources
from streamlit_app.parts.predict import answer, examples
from streamlit_app.parts.shared import photo_panel
from streamlit_app.parts.shared.head import head
from streamlit_app.parts.shared.run_picker import accuracy_text
from streamlit_app.words import plain

data = frame.dataset()
served = resources.active_run()
steps = frame.steps(data)
following = loop.next_step(steps)
open_photo = photo_panel.opener(data)

if served is None:
    head(
        "Where do I stand?",
        "No run answers yet. Train one, and drop a photo here to see what it says and why.",
    )
else:
    head(
        "Where do I stand?",
        f"The served run **{plain(served.run_id)}** is right on {plain(accuracy_text(served))}.",
    )

with st.container(border=True):
    if served is None:
        navigation.empty("**Nothing can answer yet.** The first training takes seconds.", "training", "Train a run")
    else:
        upload = st.file_uploader(
            "Drop a photo: what is it, and why?",
            type=["jpg", "jpeg", "png", "webp"],
            key="hero",
            max_upload_size=10,
        )
        if upload is not None:
            try:
                answer.show(decode(upload.getvalue()), served, "hero-answer", data, open_photo=open_photo)
            except ImageError as error:
                st.error(plain(error), icon=":material/broken_image:")
        else:
            chosen = examples.pick(data, "Or try one of these", key="hero-example")
            image = resources.photo(data, chosen) if chosen else None
            if image is not None:
                answer.show(image, served, "hero-answer", data, own_path=chosen, open_photo=open_photo)

st.subheader("The loop", anchor=False)
MARKS = {
    "done": ":green[:material/check_circle:]",
    "next": ":primary[:material/arrow_circle_right:]",
    "open": ":gray[:material/radio_button_unchecked:]",
}
for column, step in zip(st.columns(len(steps)), steps, strict=True):
    with column.container(border=True, height="stretch"):
        st.markdown(f"{MARKS[step.state]} **{step.title}**")
        st.caption(plain(step.fact))
        st.space("stretch")
        navigation.link(step.page, step.action, key=f"step-{step.name}", primary=step is following)

with st.expander("New here? What Tuskscope does"):
    st.markdown(
        "Tuskscope turns a folder of photos into a classifier you can trust, on this machine, without an "
        "account.  \n"
        "It shows the photos, finds labels that look wrong, trains, and says how good the result is and how "
        "sure that is.  \n"
        "Every answer comes with the pixels that spoke for it. Start with the step that is highlighted above."
    )
with st.expander("Ask from elsewhere: the API"):
    st.code('curl -F "image=@photo.jpg" http://localhost:8000/api/v1/predictions', language="bash")
    st.caption("Runs beside these pages (`make app`). The answer is JSON.")
