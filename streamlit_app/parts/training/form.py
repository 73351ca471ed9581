"""The form that starts a training: preset cards, a few settings, one button."""

from collections.abc import Sequence
from dataclasses import fields, replace

import streamlit as st

from core.dataset.index import Dataset
from core.jobs import queue as jobs
from core.runs.config import TrainingConfig
from core.runs.folder import LIVE_STATES, Run
from core.runs.presets import PRESETS, preset
from streamlit_app import loop, resources
from streamlit_app.parts.shared.run_picker import accuracy_text
from streamlit_app.parts.training import backbone_choice
from streamlit_app.words import counted, duration, plain

HELP = {
    "epochs": "How often it looks at all photos, at most.",
    "learning_rate": "How large its steps are. Too large and it jumps about, too small and it crawls.",
    "batch_size": "Photos a step. Larger needs more memory.",
    "early_stopping_patience": "Stops after so many epochs without progress on held-out photos. 0: never.",
    "regularization": "Holds the head back from learning single photos by heart. 0 is off.",
    "dropout": "Share of the network switched off at random while it learns.",
    "validation_fraction": "Share of the training photos held out, if the data set brings no such split.",
    "views": "Views of each photo it learns from: the photo, its mirror image, random crops, lights and blurs.",
    "robustness": "How far it forgives labels that contradict all others. 0: not at all.",
    "accepted_error": "Share of wrong answers you accept among those that are given without “not sure”.",
    "uncertain_below": "Answers with a lower probability are marked “not sure”.",
    "seed": "The same number gives the same split and start.",
    "class_weights": "Rare classes count more, so that all classes count the same.",
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
_STEPS = {
    "learning_rate": (1e-5, "%.5f"),
    "dropout": (0.05, "%.2f"),
    "validation_fraction": (0.05, "%.2f"),
    "uncertain_below": (0.05, "%.2f"),
    "robustness": (0.1, "%.1f"),
    "accepted_error": (0.01, "%.2f"),
    "regularization": (0.1, "%.2f"),
}


def show(data: Dataset, runs: Sequence[Run]) -> None:
    """Draws the form; the button enqueues one training, however often it is clicked."""
    name = _cards(data, runs)
    with st.expander("More settings", icon=":material/tune:"):
        config = _settings(preset(name))
    config = replace(config, labels=_label_source(data))
    waiting = is_waiting(config, runs)
    clicked = st.button(
        f"Train {PRESETS[name].title}", type="primary", icon=":material/play_arrow:", disabled=waiting, key="train"
    )
    if clicked and not waiting:
        jobs.enqueue(resources.paths(), data.folder, config)
        st.rerun()
    if waiting:
        st.caption("This very training is under way.")


def is_waiting(config: TrainingConfig, runs: Sequence[Run]) -> bool:
    """Whether the same training waits or runs already: a hundred clicks give one job."""
    return any(run.state in LIVE_STATES and run.config == config for run in runs)


def estimate(name: str, data: Dataset, runs: Sequence[Run]) -> float:
    """Expected seconds: as long as the last such run of this data set took, else by the number of photos."""
    for run in runs:
        if run.state == "succeeded" and run.config.preset == name and run.seconds:
            return run.seconds
    return 10 + PRESETS[name].seconds_per_photo * len(data.usable)


def _cards(data: Dataset, runs: Sequence[Run]) -> str:
    chosen = st.session_state.setdefault("preset", next(iter(PRESETS)))
    for column, (name, item) in zip(st.columns(len(PRESETS)), PRESETS.items(), strict=True):
        past = loop.best([run for run in runs if run.config.preset == name])
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{item.title}**")
            st.caption(item.summary)
            best = f"Best so far {plain(accuracy_text(past))}" if past else "No run on these photos yet"
            st.caption(
                f":material/insights: {best}  \n:material/schedule: about "
                f"{duration(estimate(name, data, runs))} on this machine"
            )
            st.space("stretch")
            if st.button(
                "Chosen" if name == chosen else "Choose",
                key=f"choose-{name}",
                disabled=name == chosen,
                icon=":material/check:" if name == chosen else None,
            ):
                st.session_state["preset"] = name
                st.rerun()
    return chosen


def _label_source(data: Dataset) -> str:
    """Given labels, unless somebody has decided about some: then both can be chosen."""
    decided = len(data.decisions())
    if not decided:
        return "given"
    words = {"reviewed": f"Reviewed labels ({counted(decided, 'decision')})", "given": "Given labels"}
    return st.segmented_control(
        "Learn from", list(words), default="reviewed", format_func=words.get, key="labels", required=True
    )


def _settings(config: TrainingConfig) -> TrainingConfig:
    changes = backbone_choice.choose(config)
    columns = st.columns(3)
    for place, name in enumerate((*FIELDS[config.network], *COMMON)):
        value = getattr(config, name)
        label, key = name.replace("_", " ").capitalize(), f"{config.preset}-{name}"
        with columns[place % 3]:
            if isinstance(value, bool):
                changes[name] = st.toggle(label, value, key=key, help=HELP[name])
            else:
                low, high = next(item.metadata["range"] for item in fields(TrainingConfig) if item.name == name)
                step, shown = _STEPS.get(name, (1, "%d"))
                kind = type(value)
                changes[name] = st.number_input(
                    label, kind(low), kind(high), value, kind(step), shown, key=key, help=HELP[name]
                )
    return replace(config, **changes)
