"""The panel that a click on any photo opens: large, with what a run says of it, why, and what people decided."""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from core.dataset.decisions import decide
from core.dataset.index import PROBLEMS, Dataset
from core.runs.folder import Run
from streamlit_app import navigation, resources
from streamlit_app.parts.predict import answer
from streamlit_app.parts.shared.layout import side_by_side
from streamlit_app.words import counted, day, file_size, plain

EXCLUDE = "none of these: exclude"
TRAIL = "panel-trail"  # paths of the photos seen in the panel that is open, the last one shown


def panel(data: Dataset, path: str, run: Run | None = None, among: Sequence[str] = ()) -> None:
    """Opens the panel.

    Args:
        data: The dataset.
        path: Of the photo in it.
        run: Whose answer to show; see `resources.answering_run` if not given.
        among: Paths of the photos around it, in order: the panel leads to the previous and the next one.
    """
    st.session_state[TRAIL] = [path]
    _panel(data, run, list(among))


def opener(data: Dataset, run: Run | None = None) -> Callable[[str], None]:
    """Opens the panel for the path it is called with."""
    return lambda path: panel(data, path, run)


def _turn_to(trail: list[str]) -> None:
    """Shows the last photo of another trail in the panel that is open."""
    st.session_state[TRAIL] = trail
    st.rerun(scope="fragment")


def _turning(trail: list[str], among: Sequence[str]) -> None:
    """Back to the photo one came from; to its neighbours in the list that was clicked."""
    place = among.index(trail[0]) if trail[0] in among else None
    with st.container(horizontal=True):
        if len(trail) > 1 and st.button("Back", key="panel-back", icon=":material/arrow_back:"):
            _turn_to(trail[:-1])
        if place is None or len(among) < 2 or len(trail) > 1:
            return
        ways = (("Previous", -1, ":material/chevron_left:", "Left"), ("Next", 1, ":material/chevron_right:", "Right"))
        for label, step, icon, shortcut in ways:
            there = place + step
            is_end = not 0 <= there < len(among)
            if st.button(label, key=f"panel-{label}", icon=icon, disabled=is_end, shortcut=shortcut):
                _turn_to([among[there]])


@st.dialog("Photo", width="large", icon=":material/photo:")
def _panel(data: Dataset, run: Run | None, among: Sequence[str]) -> None:
    trail = st.session_state[TRAIL]
    rows = data.table[data.table["path"] == trail[-1]]
    if rows.empty:
        st.warning("This photo is no longer in the dataset.")
        return
    row = rows.iloc[0]
    _turning(trail, among)
    image = resources.photo(data, row["path"])
    run = run or resources.answering_run(data)
    if row["problem"] or image is None:
        st.warning(PROBLEMS.get(row["problem"], PROBLEMS["unreadable"]))
    elif run is None:
        st.image(image, width="stretch", alt=f"Photo labelled {row['label']}")
        st.caption("No model yet. Train one, and this panel also shows its answer and why.")
    else:
        key, open_photo = f"panel-{row['sha256'][:12]}", lambda path: _turn_to([*trail, path])
        answer.draw(image, run, key, data, row["label"], row["path"], heading="#", open_photo=open_photo)
    _labels(data, row)
    size = f"{row['width']} × {row['height']} · {file_size(row['bytes'])}"
    st.text(f"{row['split']} · {size}" + (f" · predicted by {run.run_id}" if run else ""))
    st.code(str(data.folder / row["path"]), language=None, wrap_lines=True)


def _labels(data: Dataset, row: pd.Series) -> None:
    """The given label, what somebody decided about it, and the way to the review."""

    def undo() -> None:
        decide(data, row["path"], "undo")

    def relabel() -> None:
        wanted = st.session_state[key]
        if wanted == EXCLUDE:
            decide(data, row["path"], "exclude")
        elif wanted is not None:
            decide(data, row["path"], *(("keep",) if wanted == row["label"] else ("relabel", wanted)))

    made = resources.decisions(data).get(row["sha256"])
    outcome = (made.outcome(row["label"]) or EXCLUDE) if made else None
    key = f"panel-label-{row['sha256'][:12]}-{outcome}"
    if not row["problem"]:
        names = [*data.class_names, EXCLUDE]
        st.pills("It shows", names, default=outcome if outcome in names else None, key=key, on_change=relabel)
    with side_by_side():
        line = f":material/label: Given label: **{plain(row['label'] or 'none')}**"
        if made is not None:
            what = {"relabel": made.label, "keep": "keep the label"}.get(made.action, made.action)
            by = f" by {plain(made.reviewer)}" if made.reviewer else ""
            number = sum(item.image == row["sha256"] for item in data.decision_log())
            line += f"  \n:material/fact_check: Reviewed{by}: **{plain(what)}** · {plain(day(made.at))}"
            line += f" · {counted(number, 'decision')}" + (f": {plain(made.note)}" if made.note else "")
        st.markdown(line)
        if made is not None:
            st.button("Undo this decision", key="undo-decision", on_click=undo)
        if not row["problem"] and row["split"] != "test" and resources.ranking(data) is not None:
            if st.button("Open in Review", key="open-in-review", icon=":material/fact_check:"):
                st.switch_page(navigation.file_of("review"), query_params={"photo": row["path"]})
