"""The numbers of a dataset as charts."""

import streamlit as st

from core.dataset.index import Dataset
from streamlit_app import resources
from streamlit_app.charts import dataset as charts
from streamlit_app.colors import class_colors
from streamlit_app.parts.shared.layout import chart
from streamlit_app.words import plain

ICONS = {"fine": ":green[:material/check_circle:]", "unknown": ":gray[:material/help:]"}


def show(data: Dataset) -> None:
    """Counts, sizes and brightness, side by side."""
    colors = class_colors(data.class_names)
    st.markdown("**Photos by split and class**")
    chart(charts.counts(data.usable, colors), "counts", alt="Photos by split and class")
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Sizes**", help="Each ring is a size that occurs. Larger rings are more photos.")
        chart(charts.sizes(data.usable, colors), "sizes", alt="Width and height in pixels")
    with right:
        st.markdown("**Brightness**", help="If one class is much darker, a model may learn the light, not the subject.")
        chart(charts.brightness(data.usable, colors), "brightness", alt="Brightness of each class")
    st.markdown(
        "**Can the class be guessed from something trivial?**",
        help="A model may learn such a shortcut instead of the subject, and fail elsewhere.",
    )
    for shortcut in resources.statistics(data).shortcuts:
        icon = ICONS.get(shortcut.verdict, ":orange[:material/front_hand:]")
        st.markdown(f"{icon} {plain(shortcut.sentence)}")
