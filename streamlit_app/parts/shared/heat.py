"""Explanations as the pages show them: cards, colours, and what the verdicts on them mean."""

import streamlit as st

from core.explanation.heatmap import Explanation
from core.explanation.sanity import stored_sanity
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.components.explained_photos import ExplainedPhoto
from streamlit_app.resources import AnsweredPhoto
from streamlit_app.words import plain

SHOWN_SIDE = 960  # pixels of the largest photo on a page


def card(
    photo: AnsweredPhoto, found: Explanation | None, id: str = "photo", verdict: bool = True, **words: str
) -> ExplainedPhoto:
    """A photo with its map, or the photo alone.

    Args:
        photo: At most `SHOWN_SIDE` large.
        found: Its map.
        id: What its button gives back.
        verdict: Show what tests say of the map, if it was tested.
        words: Further fields of `ExplainedPhoto`.
    """
    height, width = photo.image.shape[:2]
    return ExplainedPhoto(
        id,
        photo.webp,
        (width, height),
        found.heatmap if found else None,
        bool(found and found.signed),
        faithfulness=photo.known_faithfulness(found) if found and verdict else None,
        **words,
    )


def verdicts_explained(run: Run) -> None:
    """What the verdict and the ruler below a map mean, and whether the run's maps depend on what it learned."""
    sanity = stored_sanity(run, resources.paths())
    with st.expander("What the verdicts mean", icon=":material/help:"):
        st.markdown(
            "A heat map that looks plausible proves nothing, so each one is tested: what it marks is blurred first, or "
            "shown first on the blurred photo, and the model is asked at every step. **Faithfulness** says how much "
            "faster the answer changes than if parts were taken in no order. 0 is chance.  \n"
            "On the ruler, the dot is this map, the grey band is **chance** (four random maps, two standard deviations)"
            " and the line is a blob in the **middle** of the photo, where photographers usually put the subject. "
            "*Clearly better* lies to the right of both, *barely better* only above the mean of the random maps."
        )
        if sanity is None:
            st.caption("To test whether the maps depend on what was learned: `python -m core explain PHOTO --sanity`.")
        else:
            st.markdown(f"**Checked with shuffled weights**: {plain(sanity.sentence)}")
