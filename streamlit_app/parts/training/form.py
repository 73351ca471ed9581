"""The form that starts a training: preset cards, a few settings, one button."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import streamlit as st

from core.dataset.index import Dataset
from core.features.embedding_store import known_files
from core.jobs import queue as jobs
from core.metrics import Labels
from core.networks.applications import download_note
from core.networks.catalogue import BACKBONES
from core.networks.templates import is_prepared
from core.runs.config import TrainingConfig, backbones_for
from core.runs.folder import LIVE_STATES, Run
from core.runs.presets import PRESETS, preset
from streamlit_app import loop, resources
from streamlit_app.parts.shared.layout import card
from streamlit_app.parts.shared.run_picker import accuracy_of
from streamlit_app.words import counted, duration, plain

HELP = {
    "epochs": "How often it goes through all photos, at most.",
    "learning_rate": "How large its steps are. Too large and it jumps about, too small and it crawls.",
    "batch_size": "Photos a step. Larger needs more memory.",
    "early_stopping_patience": "Stops after so many epochs without progress on held-out photos. 0: never.",
    "regularization": "Keeps the head from learning single photos by heart. 0 is off.",
    "dropout": "Share of the network switched off at random while it learns.",
    "validation_fraction": "Share of the training photos held out, if the dataset has no validation split.",
    "views": "Views of each photo it learns from: the photo, its mirror image, random crops, lights and blurs.",
    "robustness": "How far it forgives labels that contradict all others. 0: not at all.",
    "accepted_error": "Share of wrong answers you accept among those that are given without “not sure”.",
    "uncertain_below": "Answers with a lower probability are marked “not sure”.",
    "seed": "The same number gives the same split and start.",
    "class_weights": "Photos of rare classes weigh more, so that all classes count the same.",
}
FIELDS = {
    "cnn": ("epochs", "learning_rate", "batch_size", "dropout", "early_stopping_patience"),
    "linear-head": ("epochs", "regularization", "early_stopping_patience"),
    "tuned-block": (
        "epochs",
        "views",
        "learning_rate",
        "batch_size",
        "dropout",
        "robustness",
        "regularization",
        "accepted_error",
    ),
}
COMMON = ("validation_fraction", "uncertain_below", "seed", "class_weights")
_STEPS = {"learning_rate": (1e-5, "%.5f"), "accepted_error": (0.01, "%.2f"), "regularization": (0.1, "%.2f")}
_SHARE_STEP, _WHOLE_STEP = (0.05, "%.2f"), (1, "%d")

PREPARATION_SECONDS = 20  # of a network, on two cores


def show(data: Dataset, runs: Sequence[Run]) -> None:
    """Draws the form; the button enqueues one training, however often it is clicked."""
    name = _cards(data, runs)
    with st.expander("More settings", icon=":material/tune:"):
        config = _settings(preset(name))
    config = replace(config, labels=_label_source(data))
    is_running = any(run.state in LIVE_STATES and run.config == config for run in runs)  # a hundred clicks, one job
    clicked = st.button(
        f"Train {PRESETS[name].title}", type="primary", icon=":material/play_arrow:", disabled=is_running, key="train"
    )
    if is_running:
        st.caption("This training is already running.")
    elif clicked:
        jobs.enqueue(resources.paths(), data.folder, config)
        st.rerun()


def estimate(name: str, data: Dataset, runs: Sequence[Run]) -> float:
    """Expected seconds: as such runs of this dataset took, else by the number of photos.

    The first one reads all photos and is much slower than those after it, which find what it read.
    """
    past = [run.seconds for run in runs if run.state == "succeeded" and run.config.preset == name and run.seconds]
    *warm, cold = past or [10 + PRESETS[name].seconds_per_photo * len(data.usable)]
    return warm[0] if warm and known_files(data.cache_dir, PRESETS[name].config.backbone) else cold


def preparation(name: str) -> str:
    """What comes before that once on this machine; "" if it is over."""
    config = PRESETS[name].config
    names = [backbone for backbone in (config.backbone, config.second_backbone) if backbone]
    missing = [backbone for backbone in names if not is_prepared(backbone, resources.paths())]
    return f"plus about {duration(PREPARATION_SECONDS * len(missing))} once to prepare the network" if missing else ""


def _cards(data: Dataset, runs: Sequence[Run]) -> str:
    chosen = st.session_state.setdefault("preset", next(iter(PRESETS)))
    for column, (name, item) in zip(st.columns(len(PRESETS)), PRESETS.items(), strict=True):
        past, is_chosen = loop.best([run for run in runs if run.config.preset == name]), name == chosen
        with card(column, item.title):
            st.caption(item.summary)
            best = f"best so far: {plain(accuracy_of(past))}" if past else "no run on these photos yet"
            seconds, first = duration(estimate(name, data, runs)), preparation(name)
            schedule = f"about {seconds} on this machine" + (f", {first}" if first else "")
            st.caption(f":material/insights: {best}  \n:material/schedule: {schedule}")
            st.space("stretch")
            label, icon = ("Chosen", ":material/check:") if is_chosen else ("Choose", None)
            choose, choice = st.session_state.update, {"preset": name}
            st.button(label, f"choose-{name}", disabled=is_chosen, icon=icon, on_click=choose, kwargs=choice)
    return chosen


def _label_source(data: Dataset) -> Labels:
    """Given labels, unless somebody has decided about some: then both can be chosen."""
    decided = len(resources.decisions(data))
    if not decided:
        return "given"
    words: dict[Labels, str] = {
        "reviewed": f"Reviewed labels ({counted(decided, 'decision')})",
        "given": "Given labels",
    }
    return st.segmented_control(
        "Train on", list(words), default="reviewed", format_func=words.__getitem__, key="labels", required=True
    )


def _settings(config: TrainingConfig) -> TrainingConfig:
    changes, columns = _backbone(config), st.columns(3)
    ranges = {item.name: item.metadata["range"] for item in fields(TrainingConfig) if "range" in item.metadata}
    for place, name in enumerate((*FIELDS[config.network], *COMMON)):
        value = getattr(config, name)
        label, key = name.replace("_", " ").capitalize(), f"{config.preset}-{name}"
        with columns[place % 3]:
            if isinstance(value, bool):
                changes[name] = st.toggle(label, value, key=key, help=HELP[name])
                continue
            kind = type(value)
            step, shown = _STEPS.get(name, _SHARE_STEP if kind is float else _WHOLE_STEP)
            low, high = ranges[name]
            changes[name] = st.number_input(
                label, kind(low), kind(high), value, kind(step), shown, key=key, help=HELP[name]
            )
    return replace(config, **changes)


def _backbone(config: TrainingConfig) -> dict[str, Any]:
    """The choice of a pretrained network, where there is one; gives the settings that follow from it."""
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
