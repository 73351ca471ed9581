"""The door of the pages: `python -m streamlit run streamlit_app/app.py` from the project's root."""

from pathlib import Path

import streamlit as st

from core.errors import TuskscopeError
from streamlit_app import frame, navigation
from streamlit_app.words import plain

IMAGES = Path(__file__).parent / "images"  # own files: Streamlit would fetch an icon by name from the internet


def main() -> None:
    """One run of the chosen page."""
    st.set_page_config(page_title="Tuskscope", page_icon=str(IMAGES / "icon.svg"), layout="wide")
    st.logo(str(IMAGES / "logo.svg"), icon_image=str(IMAGES / "icon.svg"), size="large")
    page = navigation.navigation()
    try:
        place = st.empty()
        if "folder" not in st.session_state:  # until the first visit's dataset is read: title, line and block, empty
            with place.container():
                st.skeleton(44, width=380)
                st.skeleton(22)
                st.skeleton(420)
        frame.prepare_first_start()
        frame.sidebar()
        place.empty()
        page.run()
    except TuskscopeError as error:  # what a person can correct, said once for all pages; anything else is a bug
        st.error(plain(error), icon=":material/error:")


if __name__ == "__main__":  # not in a spawned process, which imports this file once more
    main()
