"""The pages in the order of the loop; other modules name a page by its key only."""

import streamlit as st

# key: (title, icon).
PAGES = {
    "overview": ("Overview", ":material/explore:"),
    "dataset": ("Dataset", ":material/photo_library:"),
    "review": ("Review", ":material/fact_check:"),
    "training": ("Training", ":material/model_training:"),
    "prove": ("Prove", ":material/balance:"),
    "evaluation": ("Evaluation", ":material/insights:"),
    "predict": ("Predict", ":material/image_search:"),
    "models": ("Models", ":material/deployed_code:"),
}


def file_of(page: str) -> str:
    """The file of a page, as `st.page_link` and `st.switch_page` want it."""
    return f"views/{page}.py"


def navigation():
    """Declares all pages; returns the one to run."""
    return st.navigation(
        [
            st.Page(file_of(key), title=title, icon=icon, url_path=key, default=key == "overview")
            for key, (title, icon) in PAGES.items()
        ]
    )


def link(page: str, label: str, key: str, primary: bool = True) -> None:
    """A button that leads to another page; the label is written by us, never by a user."""
    if page in PAGES and st.button(label, key=key, type="primary" if primary else "secondary"):
        st.switch_page(file_of(page))


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
