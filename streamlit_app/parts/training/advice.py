"""More photos, more review, or enough? Asked for by a person, since it looks at every photo once."""

import streamlit as st

from core.dataset.index import Dataset
from core.review.what_helps import known_help
from streamlit_app import navigation, resources
from streamlit_app.parts.shared.progress import offer
from streamlit_app.words import plain

ICONS = {
    "review": ":orange[:material/front_hand:]",
    "photos": ":material/trending_up:",
    "enough": ":green[:material/check_circle:]",
    "unknown": ":material/help:",
}


def show(data: Dataset, brief: bool = False) -> None:
    """Shows the advice, or offers to find it.

    Args:
        data: The dataset.
        brief: Show it if it is known, and nothing else.
    """
    if (data.usable["label"] == "").all():
        return
    found = known_help(data)
    if found is not None:
        st.markdown(
            f"{ICONS[found.verdict]} {plain(found.sentence)}",
            help="Judged by the quick network on the test photos. Half of what its learning curve gives is promised.",
        )
        if found.verdict == "review" and not brief:
            navigation.link("review", "Review labels", key="advice-review", primary=False)
    elif not brief:
        number = len(data.usable)
        offer(
            "More photos, more review, or enough?",
            ":material/help:",
            "what-helps",
            number,
            5 + 0.03 * number,
            "",
            lambda told: resources.find_what_helps(data, told),
        )
