"""Robustness: how the run answers corrupted photos, and whether it relies on the subject or on the background."""

import streamlit as st

from core.dataset.index import Dataset
from core.evaluation.background import VARIANTS
from core.evaluation.robustness import CLEAN, MAX_PHOTOS, PASSES_PER_PHOTO, Figure, Robustness, figures, reading
from core.metrics import EvaluationResult
from core.prediction.words import percent
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.charts.standing import Dot, corrupted, dots
from streamlit_app.parts.shared.labels import label_of
from streamlit_app.parts.shared.layout import chart
from streamlit_app.parts.shared.progress import offer
from streamlit_app.words import counted, plain

SECONDS_PER_PASS = 0.02


def show(data: Dataset, run: Run, result: EvaluationResult) -> None:
    """The charts, or the offer to measure.

    Args:
        data: The dataset.
        run: Which run.
        result: Of it: its split and labels are used.
    """
    split = result.split
    seen = "" if split == "test" else " The model may have been trained on these photos, which flatters it."
    found = resources.known_robustness(data, run, split)
    if found is None:
        _offer(data, run, split, seen)
        return
    by_variant = figures(found, label_of(data, result.labels))
    if not by_variant:
        st.info("None of the measured photos has a label of this run any more.")
        return
    chart(corrupted(by_variant), "corrupted", alt="Accuracy on corrupted photos")
    sampled = f" (out of {found.num_photos:,})" if found.num_photos > len(found.images) else ""
    st.caption(
        f"Accuracy on {counted(by_variant[0].accuracy.n, 'photo')} of {split}{sampled}, {result.labels} labels, each "
        f"first reduced to a shorter side of 320 pixels; lines are 95 % intervals.{seen}"
    )
    _background(found, by_variant, result)


def _background(found: Robustness, by_variant: list[Figure], result: EvaluationResult) -> None:
    known = {item.variant: item for item in by_variant}
    if not set(VARIANTS) <= set(known):
        st.caption(
            "Subject and background cannot be told apart: ImageNet has no class for what these photos show, or no "
            "training has prepared its network yet."
        )
        return
    st.markdown(f"**Does it rely on the subject or on the background?** {plain(reading(found))}")
    rows = []
    for item in (known[name] for name in (CLEAN, *VARIANTS)):
        is_clean = item.variant == CLEAN
        rows.append(
            Dot(item.title, item.accuracy, "" if is_clean else f"{percent(item.changed.value)} changed", is_clean)
        )
    chart(dots(rows, result.majority_baseline), "background", alt="Accuracy with parts blurred")
    st.caption(
        "The subject is found by ImageNet's own evidence, coarsely: a seventh of the picture at a time, heads "
        "first. Answers that stay right with the subject blurred rely on the background, or on what the coarse mask "
        "missed; dotted: always answering the most frequent class."
    )


def _offer(data: Dataset, run: Run, split: str, seen: str) -> None:
    number = min(MAX_PHOTOS, resources.num_photos(data, split))
    st.markdown(
        "Photos from other sources are blurred, dark, small or grey, with other backgrounds. This asks the model "
        f"about each photo {PASSES_PER_PHOTO - 2} times, corrupted in seven ways. The result is kept."
    )
    offer(
        "Measure robustness",
        ":material/grain:",
        f"robustness-{split}",
        number,
        SECONDS_PER_PASS * PASSES_PER_PHOTO * number,
        seen,
        lambda progress: resources.robustness(data, run, split, progress),
    )
