"""The numbers of a data set as charts."""

import streamlit as st

from core.dataset.index import Dataset
from streamlit_app import resources
from streamlit_app.charts import dataset as charts
from streamlit_app.colors import class_colors
from streamlit_app.words import plain

PLAIN = {"displayModeBar": False}
ICONS = {"fine": ":green[:material/check_circle:]", "unknown": ":gray[:material/help:]"}


def show(data: Dataset) -> None:
    """Counts, sizes and brightness, side by side."""
    colors = class_colors(data.class_names)
    found = resources.statistics(data)
    st.markdown("**Photos by split and class**")
    st.plotly_chart(charts.counts(data.usable, colors), config=PLAIN, key="counts", alt="Photos by split and class")
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Sizes**", help="Each point is a size that occurs. Larger points are more photos.")
        st.plotly_chart(charts.sizes(data.usable, colors), config=PLAIN, key="sizes", alt="Width and height in pixels")
    with right:
        st.markdown(
            "**Brightness**",
            help="If one class is much darker, a network may learn the light, not the animal.",
        )
        st.plotly_chart(
            charts.brightness(data.usable, colors),
            config=PLAIN,
            key="brightness",
            alt="Brightness of each class",
        )
    st.markdown(
        "**Does something plain give the class away?**",
        help="A network may learn such a shortcut instead of the subject, and fail elsewhere.",
    )
    for shortcut in found.shortcuts:
        icon = ICONS.get(shortcut.verdict, ":orange[:material/front_hand:]")
        st.markdown(f"{icon} {plain(shortcut.sentence)}")
