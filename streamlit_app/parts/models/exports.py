"""A run in the formats of other tools: compared with its own file first, then offered."""

import streamlit as st

from core.errors import TuskscopeError
from core.export.check import ExportCheck
from core.export.exports import prepare_export, stored_check, stored_export
from core.export.files import download_bytes, download_name
from core.export.formats import FORMATS, FormatName
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.words import file_size, plain


def show(run: Run) -> None:
    """The table of all formats, and below it one of them: converted, compared, offered."""
    paths = resources.paths()
    checks = {name: stored_check(run, name, paths) for name in FORMATS}
    st.dataframe([_row(name, check) for name, check in checks.items()], hide_index=True)
    compared = next((check for check in checks.values() if check is not None), None)
    if compared:
        st.caption(
            f"Compared with the run's own file on {plain(compared.photos)}; times are for one photo on this machine. "
            "In brackets: 95 % interval."
        )
    name = st.segmented_control(
        "Format",
        list(FORMATS),
        default="litert",
        format_func=lambda key: FORMATS[key].title,
        key=f"format-{run.run_id}",
        required=True,
    )
    st.caption(FORMATS[name].summary)
    export = stored_export(run, name, paths)
    if export is not None and export.check.is_within_limit:
        st.success(plain(export.check.sentence), icon=":material/check_circle:")
    elif export is not None:
        st.warning(plain(export.check.sentence), icon=":material/warning:")
    with st.container(horizontal=True):
        if export is not None:
            st.download_button(
                f"Save as {FORMATS[name].title}",
                lambda: download_bytes(export.path),
                download_name(run, name),
                "application/octet-stream",
                key="save-export",
                icon=":material/download:",
                type="primary",
                on_click="ignore",
            )
        label = "Convert and compare" if export is None else "Compare again"
        if st.button(label, key="prepare-export", type="secondary" if export else "primary", icon=":material/sync:"):
            _prepare(run, name)


def _prepare(run: Run, name: FormatName) -> None:
    with st.spinner(f"Converting to {FORMATS[name].title}, opening it again and comparing it; about a minute…"):
        try:
            prepare_export(run, name, resources.paths())
        except TuskscopeError as error:
            st.error(plain(error))
            return
    st.rerun()


def _row(name: FormatName, check: ExportCheck | None) -> dict[str, str]:
    return {
        "Format": FORMATS[name].title,
        "Size": file_size(check.num_bytes) if check else "",
        "One photo": f"{check.milliseconds:.1f} ms" if check else "",
        "Largest difference": check.difference_text if check else "",
        "Changed decisions": check.changed_text if check else "not compared yet",
    }
