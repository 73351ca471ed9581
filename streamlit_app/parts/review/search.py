"""The first search for wrong labels: started by a person, since it takes a while."""

import streamlit as st

from core.dataset.index import Dataset
from core.features.views import WHOLE
from core.networks.templates import is_prepared
from streamlit_app import resources
from streamlit_app.parts.shared.progress import progress
from streamlit_app.words import counted, duration

SECONDS_PER_PHOTO = 0.06  # two networks, one of them twice, on two cores


def offer(data: Dataset, with_test: bool = False) -> None:
    """The empty state: what the button will do, and how long that takes."""
    number = resources.num_photos(data, "train", "validation", *(["test"] if with_test else []))
    with st.container(border=True, horizontal_alignment="center"):
        st.space("small")
        st.markdown(
            "**Not checked for wrong labels yet.**  \nEvery photo is compared with all the others. "
            "No photo is changed, and nothing leaves this machine.",
            text_alignment="center",
        )
        clicked = st.button("Look for wrong labels", type="primary", icon=":material/search:", key="look")
        place = st.empty()
        if not clicked:
            seconds = duration(5 + SECONDS_PER_PHOTO * number)
            missing = [name for name in WHOLE if not is_prepared(name, resources.paths())]
            first = f", after about {duration(20 * len(missing))} to prepare the networks" if missing else ""
            place.caption(f"About {seconds} for {counted(number, 'photo')}{first}, once.", text_alignment="center")
        st.space("small")
    if clicked:
        place.progress(0.0, text="Preparing the networks, once…")
        resources.rank(data, with_test, progress(place, "Looking at the photos", then="Ranking them…"))
        st.rerun()
