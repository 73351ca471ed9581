"""How far the review is, and what to do next: update the list, or prove the gain."""

import pandas as pd
import streamlit as st

from core.dataset.index import Dataset
from core.dataset.overlay import Decision
from core.review.remaining import review_progress
from streamlit_app import navigation, resources
from streamlit_app.words import counted

RANK_AFTER = 25
LITTLE_LEFT = 0.02  # of the photos


def progress_line(ranking: pd.DataFrame, made: dict[str, Decision]) -> None:
    """`12 reviewed · 9 fixed · about 31 (24–38) wrong labels left`."""
    progress = review_progress(ranking, made)
    left = progress.remaining
    st.markdown(
        f"**{progress.reviewed:,}** reviewed · **{progress.fixed:,}** fixed · about **{left.value:,.0f}** "
        f"({left.low:,.0f}–{left.high:,.0f}) wrong labels left in {counted(left.n, 'photo')}"
    )


def update_button(data: Dataset, ranking: pd.DataFrame, made: dict[str, Decision], with_test: bool) -> None:
    """Ranks the rest by what was decided; asks for it after some decisions, and never jumps in by itself."""
    number = decided_since(ranking, made)
    clicked = st.button(
        f"Update the list ({counted(number, 'new decision')})" if number else "Update the list",
        key="rank-again",
        icon=":material/sort:",
        disabled=number == 0,
        type="primary" if number >= RANK_AFTER else "secondary",
        help="Your decisions count as certain and improve the order of the remaining photos. Takes seconds.",
    )
    if clicked:
        with st.spinner("Updating the list with your decisions…"):
            resources.rank(data, with_test)
        st.rerun()


def decided_since(ranking: pd.DataFrame, made: dict[str, Decision]) -> int:
    """Photos whose decision the ranking does not know yet."""
    pairs = zip(ranking["sha256"], ranking["decision"], strict=True)
    return sum((made[sha256].action if sha256 in made else "") != known for sha256, known in pairs)


def offer_proof(ranking: pd.DataFrame, made: dict[str, Decision]) -> None:
    """When little is left and something was fixed: the way to the proof."""
    progress = review_progress(ranking, made)
    if progress.fixed and progress.remaining.value <= max(2, LITTLE_LEFT * progress.num_photos):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(":green[:material/check_circle:] **Little is left.** See on the test photos whether it helped.")
            navigation.link("prove", "Prove the gain", key="offer-proof")
