"""Which frozen network a linear head stands on."""

import streamlit as st

from core.training.applications import download_note
from core.training.config import BACKBONES, TrainingConfig


def choose(config: TrainingConfig) -> dict:
    """A list of backbones, for a network that has one; gives the settings that follow from the choice."""
    if config.network != "linear-head" or config.backbone not in BACKBONES:
        return {}
    names = list(BACKBONES)
    name = st.selectbox(
        "Backbone", names, index=names.index(config.backbone), key=f"{config.preset}-backbone",
        help="The frozen network that reads the photos. The first ones are built in.",
    )  # fmt: skip
    if note := download_note(name):
        st.caption(f":material/download: {note}")
    return {"backbone": name, "image_size": BACKBONES[name].image_size}
