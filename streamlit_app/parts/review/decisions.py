"""All decisions: the log, exporting and importing them, and whether two reviewers agree."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.dataset.exchange import export_csv, import_csv
from core.dataset.index import Dataset
from core.dataset.overlay import Decision
from core.review.agreement import Agreement, agreements
from streamlit_app import resources
from streamlit_app.parts.shared.layout import card
from streamlit_app.words import counted, day, plain

LAST = 500  # rows of the log; the CSV has all


def show(data: Dataset, reviewer: str) -> None:
    """Shows the log and what can be done with it."""
    made = data.decision_log()
    if made:
        st.dataframe(as_table(made), hide_index=True, height=360)
        st.caption(f"The last {min(len(made), LAST):,} of {counted(len(made), 'entry', 'entries')}, newest first.")
    else:
        st.info("No decisions yet. Decisions are kept beside the photos; no photo is changed.", icon=":material/edit:")
    left, right = st.columns(2, gap="medium")
    with card(left, "Export decisions"):
        st.caption("One row a photo, with the decision that counts. Photos are recognised by their content.")
        st.download_button(
            "Save as CSV",
            export_csv(data),
            "decisions.csv",
            "text/csv",
            icon=":material/download:",
            disabled=not made,
            key="export",
            on_click="ignore",
        )
    with card(right, "Import a colleague's decisions"):
        upload = st.file_uploader("CSV of decisions", ["csv"], key="import", label_visibility="collapsed")
        if upload is not None and st.button("Import these decisions", type="primary", key="take"):
            _import(data, upload.getvalue(), reviewer)
    for item in agreements(data, made):
        _agreement(item)
    if unfit := resources.unfit_decisions(data):
        fit = (
            "does not fit this folder any more and is" if len(unfit) == 1 else "do not fit this folder any more and are"
        )
        st.markdown(f":orange[:material/front_hand:] {counted(len(unfit), 'decision')} {fit} not applied.")
        with st.expander("Which, and why"):
            st.dataframe(pd.DataFrame({"Why": [item.why for item in unfit]}), hide_index=True)


def as_table(made: Sequence[Decision]) -> pd.DataFrame:
    """The log as a table, newest first."""
    return pd.DataFrame(
        {
            "When": day(item.at),
            "Photo": item.path,
            "Decision": item.label if item.action == "relabel" else item.action,
            "Reviewer": item.reviewer,
            "Note": item.note,
        }
        for item in reversed(made[-LAST:])
    )


def _import(data: Dataset, content: bytes, reviewer: str) -> None:
    found = import_csv(data, content, reviewer)
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
    kappa = item.kappa
    beyond = f"; Cohen's kappa {kappa.value:.2f} ({kappa.low:.2f}–{kappa.high:.2f})" if kappa else ""
    st.markdown(f"**{first} and {second}** agree on {item.agreed:,} of {counted(item.n, 'photo')}{beyond}.")
    if not item.disagreements.empty:
        with st.expander(f"Where they differ ({len(item.disagreements):,})"):
            st.dataframe(item.disagreements, hide_index=True, column_config=_DIFFERENCES)


_DIFFERENCES = {"path": "Photo", "given_label": "Given label", "outcome_a": "First", "outcome_b": "Second"}
