"""The queue: photos one by one. What the browser sends is saved first and acknowledged then."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from core.dataset import decisions
from core.dataset.index import Dataset
from core.dataset.overlay import Decision
from core.prediction.words import percent
from core.review.issue_kinds import advice
from core.review.queue import QueueFilter, neighbours, review_queue
from core.review.stored import count_suspicious
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.colors import class_colors
from streamlit_app.components import data_url
from streamlit_app.components import review_queue as component
from streamlit_app.components.review_queue import Bar, Figure, KnownPhoto, QueuePhoto
from streamlit_app.parts.review import progress
from streamlit_app.parts.shared import photo_panel
from streamlit_app.parts.shared.layout import side_by_side
from streamlit_app.parts.shared.photos import thumbnail
from streamlit_app.parts.shared.sent_entries import take_entries
from streamlit_app.words import counted

AHEAD = 6  # photos the browser holds: three decisions a second leave the server two seconds for the next
NUM_NEIGHBOURS = 4
KEY = "review-queue"


@st.fragment
def show(data: Dataset, filters: QueueFilter, with_test: bool, reviewer: str, first: str = "") -> None:
    """Shows the queue with its progress line; a decision redraws nothing else of the page.

    Args:
        data: The dataset.
        filters: Which photos.
        with_test: Test photos are among them.
        reviewer: Who decides.
        first: Path of a photo to begin with, in the queue or not.
    """
    state = state_of(data)
    ranking, made = resources.ranking(data, with_test), resources.decisions(data)
    if ranking is None:  # taken away since the page was drawn
        st.rerun()
    queue = upcoming(ranking, made, filters, state["skipped"], "" if first in state["seen"] else first)
    with side_by_side(gap="small"):
        with st.container(width="content"):
            progress.progress_line(ranking, made)
        progress.update_button(data, ranking, made, with_test)
    sent = (st.session_state.get(KEY) or {}).get("sent") or {}
    is_same = sent.get("client") == state["client"] and state.get("ranking") is ranking  # else reasons are new
    have, state["ranking"] = sent.get("have", ()) if is_same else (), ranking
    opened = component.review_queue(
        photos(data, queue, made, have),
        class_colors(data.class_names),
        left=len(queue),
        over=over(count_suspicious(ranking, made)),
        answer={name: state[name] for name in ("client", "acknowledged", "failed")},
        key=KEY,
        on_sent=lambda: take(data, (st.session_state[KEY] or {}).get("sent"), state, reviewer),
    )
    progress.offer_proof(ranking, made)
    if opened:
        photo_panel.panel(data, opened)


def over(suspicious: int) -> str:
    """What to say when no photo fits the filter any more."""
    if suspicious:
        return f"No photo fits this filter, but {counted(suspicious, 'suspicious label')} elsewhere. Clear the filter."
    return "Nothing suspicious is left. Update the list, or prove the gain."


def state_of(data: Dataset) -> dict[str, Any]:
    """What this visit knows: the browser's last acknowledged entry, photos skipped and seen."""
    empty = {"client": "", "acknowledged": 0, "failed": [], "skipped": [], "seen": set()}
    return st.session_state.setdefault(f"review-{data.cache_dir.name}", empty)


def take(data: Dataset, sent: dict[str, Any] | None, state: dict[str, Any], reviewer: str) -> None:
    """Saves what the browser sent; what was taken before is passed over, so it may come as often as it likes.

    Args:
        data: The dataset.
        sent: As `components.review_queue.review_queue` describes.
        state: Of the visit, changed: entries up to `acknowledged` are on disk or in `failed` with a sentence.
        reviewer: Who decides.
    """
    if sent:
        take_entries(sent, state, lambda entry: _save(data, entry, state, reviewer))


def _save(data: Dataset, entry: dict[str, Any], state: dict[str, Any], reviewer: str) -> None:
    path, action, label = entry["path"], entry["action"], entry["label"]
    was_skipped = path in state["skipped"]
    if action == "skip":
        state["skipped"].append(path)
    elif action == "undo" and was_skipped:
        state["skipped"].remove(path)
    else:
        if action == "relabel" and label == decisions.find_photo(data, path)["label"]:
            action = "keep"
        decisions.decide(data, path, action, label if action == "relabel" else "", reviewer)
        if was_skipped:
            state["skipped"] = [other for other in state["skipped"] if other != path]
    state["seen"].discard(path) if action == "undo" else state["seen"].add(path)


def upcoming(
    ranking: pd.DataFrame,
    made: dict[str, Decision],
    filters: QueueFilter,
    skipped: Sequence[str] = (),
    first: str = "",
) -> pd.DataFrame:
    """The rows to look at, skipped ones last; `first` comes first, whatever the filters and decisions say."""
    queue = review_queue(ranking, made, replace(filters, skipped=tuple(skipped)))
    queue = queue[queue["kind"] != "unreadable"]
    if first in set(ranking["path"]):
        queue = pd.concat([ranking[ranking["path"] == first], queue[queue["path"] != first]])
    return queue


def photos(
    data: Dataset, queue: pd.DataFrame, made: dict[str, Decision], have: Sequence[str] = ()
) -> list[QueuePhoto | KnownPhoto]:
    """The first photos of the queue with all that is shown beside them; only the names of those the browser has."""
    best = resources.answering_run(data)
    run = best if best is not None and set(best.class_names) == set(data.class_names) else None
    found: list[QueuePhoto | KnownPhoto] = []
    for row in queue.head(10 * AHEAD).to_dict("records"):
        if row["path"] in have:
            found.append(KnownPhoto(row["path"], row["sha256"]))
        elif (
            content := resources.large_photo(data.folder / row["path"], row["sha256"])
        ) is not None:  # else it is gone
            found.append(_photo(data, row, data_url(content), run, made))
        if len(found) == AHEAD:
            break
    return found


def sentence(row: Mapping[str, Any]) -> str:
    """The reason as a sentence (plain text)."""
    reason = row["reason"]
    return f"{reason[:1].upper()}{reason[1:]}. {percent(row['model_score'])} likely mislabelled."


def _photo(data: Dataset, row: dict[Any, Any], source: str, run: Run | None, made: dict[str, Decision]) -> QueuePhoto:
    path = row["path"]
    known = {name: float(row.get(f"probability_{name}", "nan")) for name in data.class_names}
    ranked = sorted((name for name in known if known[name] == known[name]), key=known.__getitem__, reverse=True)[:5]
    heats = resources.heat_maps(data.folder / path, row["sha256"], run) if run else {}
    near = neighbours(data, path, NUM_NEIGHBOURS, made).merge(data.table[["path", "sha256"]], on="path")
    return QueuePhoto(
        id=path,
        twin=row["sha256"],
        source=source,
        given=row["given_label"],
        suggested=row["suggested_label"],
        advice=advice(row["kind"], row["given_label"], row["suggested_label"]),
        reason=sentence(row),
        split=row["split"],
        bars=[Bar(name, known[name], percent(known[name])) for name in ranked],
        heats=[
            Figure(data_url(heats[name]), name, f"Evidence for {name}", path) for name in ranked[:2] if name in heats
        ],
        near=[
            Figure(
                thumbnail(data, item["path"], item["sha256"]),
                item["label"],
                f"{item['path']}, labelled {item['label']}, similarity {item['similarity']:.2f}",
                item["path"],
            )
            for item in near.to_dict("records")
        ],
    )
