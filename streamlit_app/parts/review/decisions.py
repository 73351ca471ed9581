"""All decisions: the log, taking them elsewhere and back, and whether two reviewers agree."""

import pandas as pd
import streamlit as st

from core.dataset.exchange import export_csv, import_csv
from core.dataset.index import Dataset
from core.errors import DatasetError
from core.review.agreement import Agreement, agreements
from streamlit_app.words import counted, day, plain

LAST = 500  # rows of the log; the CSV has all


def show(data: Dataset, reviewer: str) -> None:
    """Shows the log and what can be done with it."""
    made = data.decision_log()
    if made:
        st.dataframe(as_table(made), hide_index=True, column_config=_COLUMNS, height=360)
        st.caption(f"The last {min(len(made), LAST):,} of {counted(len(made), 'entry', 'entries')}, newest first.")
    else:
        st.info("Nothing is decided yet. No photo is ever changed: decisions lie beside them.", icon=":material/edit:")
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        st.markdown("**Hand them on**")
        st.caption("What counts now, one row a photo. Photos are known by their content, wherever they lie.")
        st.download_button(
            "Save as CSV",
            export_csv(data),
            "decisions.csv",
            "text/csv",
            icon=":material/download:",
            disabled=not made,
            key="export",
        )
    with right.container(border=True, height="stretch"):
        st.markdown("**Take them from someone else**")
        upload = st.file_uploader("CSV of decisions", ["csv"], key="import", label_visibility="collapsed")
        if upload is not None and st.button("Add these decisions", type="primary", key="take"):
            _import(data, upload.getvalue(), reviewer)
    for item in agreements(data, made):
        _agreement(item)


def as_table(made: list) -> pd.DataFrame:
    """The log as a table, newest first."""
    rows = [
        {
            "when": day(item.at),
            "photo": item.path,
            "decision": item.label or item.action,
            "by": item.reviewer,
            "note": item.note,
        }
        for item in reversed(made[-LAST:])
    ]
    return pd.DataFrame(rows, columns=["when", "photo", "decision", "by", "note"])


def _import(data: Dataset, content: bytes, reviewer: str) -> None:
    try:
        found = import_csv(data, content.decode("utf-8-sig"), reviewer)
    except UnicodeDecodeError:
        raise DatasetError("Expected a CSV file in UTF-8, but it is none.") from None
    st.markdown(
        f":green[:material/check_circle:] {counted(found.added, 'decision')} added, "
        f"{counted(found.unchanged, 'row')} known already."
    )
    for sentence in found.refused[:20]:
        st.text(sentence)
    if len(found.refused) > 20:
        st.caption(f"and {len(found.refused) - 20:,} more rows that do not fit.")


def _agreement(item: Agreement) -> None:
    first, second = (plain(name or "someone") for name in (item.reviewer_a, item.reviewer_b))
    st.markdown(f"**{first} and {second}** agree on {item.agreed:,} of {counted(item.n, 'photo')}{kappa_words(item)}.")
    if not item.disagreements.empty:
        with st.expander(f"Where they differ ({len(item.disagreements):,})"):
            st.dataframe(item.disagreements, hide_index=True, column_config=_DIFFERENCES)


def kappa_words(item: Agreement) -> str:
    """`; beyond chance 0.82 (0.70–0.94)`; "" where it cannot be said."""
    if item.kappa is None:
        return ""
    return f"; beyond chance (Cohen's kappa) {item.kappa.value:.2f} ({item.kappa.low:.2f}–{item.kappa.high:.2f})"


_COLUMNS = {"when": "When", "photo": "Photo", "decision": "Decision", "by": "Reviewer", "note": "Note"}
_DIFFERENCES = {"path": "Photo", "given_label": "Given", "outcome_a": "First says", "outcome_b": "Second says"}
