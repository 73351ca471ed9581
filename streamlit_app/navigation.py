"""The pages in the order of the loop; other modules name a page by its key only."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

GROUPS = {  # key of a page: its icon
    "Data": {
        "overview": ":material/explore:",
        "dataset": ":material/photo_library:",
        "label": ":material/new_label:",
        "review": ":material/fact_check:",
    },
    "Model": {
        "training": ":material/model_training:",
        "prove": ":material/balance:",
        "evaluation": ":material/insights:",
        "models": ":material/deployed_code:",
    },
    "Use": {"predict": ":material/image_search:", "score": ":material/checklist:"},
}
PAGES = [key for pages in GROUPS.values() for key in pages]


def file_of(page: str) -> str:
    """The file of a page, as `st.page_link` and `st.switch_page` want it."""
    return f"views/{page}.py"


def navigation() -> StreamlitPage:
    """Declares all pages; returns the one to run."""
    return st.navigation(
        {
            group: [
                st.Page(file_of(key), title=key.capitalize(), icon=icon, url_path=key, default=key == "overview")
                for key, icon in pages.items()
            ]
            for group, pages in GROUPS.items()
        }
    )


def link(page: str, label: str, key: str, primary: bool = True) -> None:
    """A button that leads to another page; the label is written by us, never by a user."""
    if st.button(label, key=key, type="primary" if primary else "secondary"):
        st.switch_page(file_of(page), query_params={})  # without them it refuses wherever the address names a dataset


def empty(message: str, page: str, label: str) -> None:
    """An empty state: what is missing, and the one button that leads on.

    Args:
        message: Our own words (Markdown).
        page: Where the button leads.
        label: What the button says.
    """
    with st.container(border=True, horizontal_alignment="center"):
        st.space("small")
        st.markdown(message, text_alignment="center")
        link(page, label, key=f"empty-{page}")
        st.space("small")


def no_model() -> None:
    """The empty state of the pages that need a trained model."""
    empty("**No model yet.** Train one first: the quickest takes seconds.", "training", "Train a model")
