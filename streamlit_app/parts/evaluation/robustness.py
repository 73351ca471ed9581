"""Robustness: how the run answers spoiled photos, and whether it reads the subject or the landscape."""

import time

import streamlit as st

from core.dataset.index import Dataset
from core.evaluation.background import VARIANTS
from core.evaluation.robustness import CLEAN, MAX_PHOTOS, PASSES_PER_PHOTO, Figure, Robustness, figures, reading
from core.metrics import EvaluationResult
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.charts.standing import Dot, dots, spoiled
from streamlit_app.parts.evaluation import judged
from streamlit_app.words import counted, duration, percent, plain

PLAIN = {"displayModeBar": False}
SECONDS_PER_PASS = 0.02


def show(data: Dataset, run: Run, result: EvaluationResult) -> None:
    """The charts, or the offer to measure.

    Args:
        data: The data set.
        run: Which run.
        result: Of it: its split and labels are used.
    """
    found = resources.known_robustness(data, run, result.split)
    if found is None:
        _offer(data, run, result.split)
        return
    by_variant = figures(found, judged.label_of(data, result.labels))
    if not by_variant:
        st.info("None of the measured photos has a label of this run any more.")
        return
    st.plotly_chart(spoiled(by_variant), config=PLAIN, key="spoiled", alt="Accuracy on spoiled photos")
    n = by_variant[0].accuracy.n
    sampled = f" of {found.num_photos:,}" if found.num_photos > len(found.images) else ""
    st.caption(
        f"Right on {counted(n, 'photo')}{sampled} of {found.split}, {result.labels} labels, each first reduced "
        f"to a shorter side of 320 pixels; lines are 95 % intervals.{_seen(found.split)}"
    )
    _surroundings(found, by_variant, result)


def _surroundings(found: Robustness, by_variant: list[Figure], result: EvaluationResult) -> None:
    known = {item.variant: item for item in by_variant}
    if not set(VARIANTS) <= set(known):
        st.caption(
            "ImageNet knows no class that these photos show, or no training prepared its network yet, so "
            "subject and surroundings cannot be told apart."
        )
        return
    st.markdown(f"**Does it read the subject or the landscape?** {plain(reading(found))}")
    rows = [
        Dot(item.title, item.accuracy.value, item.accuracy, _note(item), item.variant == CLEAN)
        for item in (known[name] for name in (CLEAN, *VARIANTS))
    ]
    st.plotly_chart(dots(rows, result.majority_baseline), config=PLAIN, key="surroundings", alt="With parts blurred")
    st.caption(
        "The subject is found by ImageNet's own evidence, coarsely: a seventh of the picture at a time, heads "
        "first. Answers that stay right with the subject blurred come from the surroundings, or from what "
        "the coarse mask missed; dotted: always answering the most frequent class."
    )


def _offer(data: Dataset, run: Run, split: str) -> None:
    number = min(MAX_PHOTOS, int((data.usable["split"] == split).sum()))
    st.markdown(
        "Photos from elsewhere are blurred, dark, small or grey, and stand before other landscapes. This asks "
        f"the run about each photo {PASSES_PER_PHOTO - 2} times, spoiled in seven ways."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        clicked = st.button("Measure robustness", key=f"robustness-{split}", icon=":material/grain:")
        seconds = SECONDS_PER_PASS * PASSES_PER_PHOTO * number
        st.caption(f"About {duration(seconds)} for {counted(number, 'photo')}; kept afterwards.{_seen(split)}")
    if clicked:
        place, started = st.empty(), time.monotonic()

        def report(done: int, total: int) -> None:
            left = (time.monotonic() - started) / max(done, 1) * (total - done)
            place.progress(done / total, text=f"{done:,} of {counted(total, 'answer')}, {duration(left)} left")

        resources.robustness(data, run, split, report)
        st.rerun()


def _note(item: Figure) -> str:
    return f"n = {item.accuracy.n}" + ("" if item.variant == CLEAN else f", {percent(item.changed.value)} changed")


def _seen(split: str) -> str:
    return "" if split == "test" else " The served model may have learned from these photos, which flatters it."
