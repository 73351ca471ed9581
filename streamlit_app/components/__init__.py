"""Small parts that Streamlit lacks: photos to click, photos under heat maps, the review queue, the stepper.

Their HTML, CSS and JavaScript are fixed files of this folder. What they show arrives as data and is written
with `textContent`, so that a file or class name stays text whatever it holds.
"""

import base64
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer


@st.cache_resource(show_spinner=False)
def component(name: str, *more_styles: str) -> ComponentRenderer:
    """The component whose files are `name.html`, `name.css` and `name.js`, with the CSS of others if it needs them."""
    folder = Path(__file__).parent

    def content(*files: str) -> str:
        return "".join((folder / file).read_text(encoding="utf-8") for file in files)

    return st.components.v2.component(
        f"tuskscope_{name}",
        html=content(f"{name}.html"),
        css=content(*(f"{style}.css" for style in (*more_styles, name))),
        js=content(f"{name}.js"),
    )


def data_url(content: bytes | None, kind: str = "webp") -> str:
    """A picture as the browser takes it; "" if there is none."""
    return f"data:image/{kind};base64," + base64.b64encode(content).decode("ascii") if content else ""
