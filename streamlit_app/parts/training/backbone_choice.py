"""Which pretrained network a training starts from."""

import streamlit as st

from core.networks.applications import download_note
from core.networks.catalogue import BACKBONES
from core.runs.config import TrainingConfig, backbones_for


def choose(config: TrainingConfig) -> dict:
    """A list of backbones, for a network that has one; gives the settings that follow from the choice."""
    names = backbones_for(config.network)
    if config.backbone not in names or config.second_backbone:  # a pair that was chosen together
        return {}
    name = st.selectbox(
        "Backbone",
        names,
        index=names.index(config.backbone),
        key=f"{config.preset}-backbone",
        help="The pretrained network that reads the photos. The first ones are built in.",
    )
    if note := download_note(name):
        st.caption(f":material/download: {note}")
    return {"backbone": name, "image_size": BACKBONES[name].image_size}
