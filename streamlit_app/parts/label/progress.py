"""How good a model of the labels is by now, and whether it is enough."""

import streamlit as st

from core.dataset.index import Dataset
from core.review.label_advice import kept_advice
from streamlit_app import navigation, resources
from streamlit_app.charts.label import accuracy_curve
from streamlit_app.parts.shared.layout import chart
from streamlit_app.words import counted, plain


def show(data: Dataset, turn: int, answered: int, left: int) -> None:
    """Shows counts, the curve with its sentence, and what was predicted before.

    Args:
        data: The dataset.
        turn: Of the model, see `resources.label_model`.
        answered: Photos with an answer by now.
        left: Photos without one.
    """
    st.markdown(f"**{counted(answered, 'answer')}**, {counted(left, 'photo')} left")
    found = resources.label_progress(data, turn)
    st.caption(" · ".join(f"{plain(name)} {count:,}" for name, count in found.by_class.items()) or "No label yet.")
    if found.accuracy is not None:
        st.markdown(found.accuracy.percent("of test photos right"))
        chart(accuracy_curve(found.curve), "label-curve", f"Accuracy against labels, now {found.accuracy.percent()}")
    icon = {"enough": ":green[:material/check_circle:]", "more": ":material/trending_up:"}.get(found.verdict, "")
    st.markdown(
        f"{icon} {plain(found.sentence)}",
        help="Measured on the honest test: photos drawn at random that no model learns from.",
    )
    if found.verdict in ("more", "enough") and found.accuracy is not None:
        navigation.link("training", "Train a model", key="label-train", primary=found.verdict == "enough")
    if kept := kept_advice(data):
        with st.expander("Did earlier predictions come true?"):
            for item in reversed(kept[-5:]):
                change = f"{100 * item.happened:+.1f}".replace("-", "−")
                word = "inside" if item.is_covered else "outside"
                st.caption(f"At {item.advice.labels} labels: {item.advice.sentence()}. It became {change}: {word}.")
