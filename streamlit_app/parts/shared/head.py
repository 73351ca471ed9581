"""The head of a page: a question, and the answer in one line."""

import streamlit as st


def head(question: str, line: str) -> None:
    """Shows the title and the line below it.

    Args:
        question: Our own words.
        line: Markdown; names in it must have gone through `words.plain`.
    """
    st.title(question, anchor=False)
    st.markdown(line)
