"""The first look at a data set's labels: started by a person, since it takes a while, with how long it still takes."""

import time

import streamlit as st

from core.dataset.index import Dataset
from streamlit_app import resources
from streamlit_app.words import counted, duration

SECONDS_PER_PHOTO = 0.06  # two networks, one of them twice, on two cores


def offer(data: Dataset, with_test: bool = False) -> None:
    """The empty state: what the button will do, and how long that takes."""
    rows = data.usable if with_test else data.usable[data.usable["split"] != "test"]
    with st.container(border=True, horizontal_alignment="center"):
        st.space("small")
        st.markdown(
            "**Nobody has looked for wrong labels here yet.**  \nEvery photo is compared with all the others. "
            "No photo is changed, and nothing leaves this machine.",
            text_alignment="center",
        )
        clicked = st.button("Look for wrong labels", type="primary", icon=":material/search:", key="look")
        place = st.empty()
        if not clicked:
            seconds = duration(5 + SECONDS_PER_PHOTO * len(rows))
            place.caption(f"About {seconds} for {counted(len(rows), 'photo')}, once.", text_alignment="center")
        st.space("small")
    if clicked:
        place.progress(0.0, text="Preparing the networks, once…")
        resources.rank(data, with_test, progress(place))
        st.rerun()


def progress(place):
    """A listener that shows how far it is and how long it still takes."""
    started = time.monotonic()

    def show(done: int, total: int) -> None:
        left = (time.monotonic() - started) / done * (total - done)
        text = f"{done:,} of {counted(total, 'photo')} seen, {duration(left)} left" if done < total else "Ranking them…"
        place.progress(done / total, text=text)

    return show
