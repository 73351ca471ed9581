"""The queue: photos one by one. What the browser sends is saved first and acknowledged then."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from core.dataset import decisions
from core.dataset.index import Dataset
from core.errors import TuskscopeError
from core.review.issue_kinds import advice
from core.review.queue import QueueFilter, neighbours, review_queue
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.colors import class_colors
from streamlit_app.components import review_queue as component
from streamlit_app.components.review_queue import Figure, KnownPhoto, QueuePhoto
from streamlit_app.parts.review import progress as review_progress
from streamlit_app.parts.shared import photo_panel
from streamlit_app.words import percent

AHEAD = 6  # photos the browser holds: three decisions a second leave the server two seconds for the next
NUM_NEIGHBOURS = 4
KEY = "review-queue"


@st.fragment
def show(data: Dataset, filters: QueueFilter, with_test: bool, reviewer: str, first: str = "") -> None:
    """Shows the queue with its progress line; a decision redraws nothing else of the page.

    Args:
        data: The data set.
        filters: Which photos.
        with_test: Test photos are among them.
        reviewer: Who decides.
        first: Path of a photo to begin with, in the queue or not.
    """
    state = state_of(data)
    ranking, made = resources.ranking(data, with_test), resources.decisions(data)
    queue = upcoming(ranking, made, filters, state["skipped"], "" if first in state["seen"] else first)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        with st.container(width="content"):
            review_progress.progress_line(ranking, made)
        review_progress.rank_button(data, ranking, made, with_test)
    sent = (st.session_state.get(KEY) or {}).get("sent") or {}
    is_same = sent.get("client") == state["client"] and state.get("ranking") is ranking  # else reasons are new
    have, state["ranking"] = sent.get("have", ()) if is_same else (), ranking
    opened = component.review_queue(
        photos(data, queue, made, have),
        class_colors(data.class_names),
        left=len(queue),
        over="Nothing suspicious is left here. Widen the filter, rank again, or prove the gain.",
        answer={"client": state["client"], "acknowledged": state["acknowledged"], "failed": state["failed"]},
        key=KEY,
        on_sent=lambda: take(data, (st.session_state[KEY] or {}).get("sent"), state, reviewer),
    )
    review_progress.offer_proof(ranking, made)
    if opened:
        photo_panel.panel(data, opened)


def state_of(data: Dataset) -> dict:
    """What this visit knows: the browser's last acknowledged entry, photos skipped and seen."""
    empty = {"client": "", "acknowledged": 0, "failed": [], "skipped": [], "seen": set()}
    return st.session_state.setdefault(f"review-{data.cache_dir.name}", empty)


def take(data: Dataset, sent: dict | None, state: dict, reviewer: str) -> None:
    """Saves what the browser sent; what was taken before is passed over, so it may come as often as it likes.

    Args:
        data: The data set.
        sent: As `components.review_queue.review_queue` describes.
        state: Of the visit, changed: entries up to `acknowledged` are on disk or in `failed` with a sentence.
        reviewer: Who decides.
    """
    if not sent:
        return
    if sent["client"] != state["client"]:
        state.update(client=sent["client"], acknowledged=0)
    state["failed"] = [failure for failure in state["failed"] if failure["client"] == sent["client"]][-20:]
    for entry in sorted(sent["entries"], key=lambda entry: entry["number"]):
        if entry["number"] <= state["acknowledged"]:
            continue
        try:
            _save(data, entry, state, reviewer)
        except (TuskscopeError, OSError) as error:
            text = str(error) if isinstance(error, TuskscopeError) else "the disk does not take it."
            failure = {"number": entry["number"], "client": sent["client"], "message": f"Not saved: {text}"}
            state["failed"].append(failure)
        state["acknowledged"] = entry["number"]


def _save(data: Dataset, entry: dict, state: dict, reviewer: str) -> None:
    path, action = entry["path"], entry["action"]
    if action == "skip":
        state["skipped"].append(path)
    elif action == "undo" and path in state["skipped"]:
        state["skipped"].remove(path)
    else:
        given = decisions.find_photo(data, path)["label"]
        if action == "relabel" and entry["label"] == given:
            action = "keep"
        decisions.decide(data, path, action, entry["label"] if action == "relabel" else "", reviewer)
        state["skipped"] = [other for other in state["skipped"] if other != path]
    state["seen"].discard(path) if action == "undo" else state["seen"].add(path)


def upcoming(
    ranking: pd.DataFrame, made: dict, filters: QueueFilter, skipped: Sequence[str], first: str = ""
) -> pd.DataFrame:
    """The rows to look at, skipped ones last; `first` comes first, whatever the filters and decisions say."""
    queue = review_queue(ranking, made, replace(filters, skipped=tuple(skipped)))
    queue = queue[queue["kind"] != "unreadable"]
    if first in set(ranking["path"]):
        queue = pd.concat([ranking[ranking["path"] == first], queue[queue["path"] != first]])
    return queue


def photos(data: Dataset, queue: pd.DataFrame, made: dict, have: Sequence[str] = ()) -> list[QueuePhoto | KnownPhoto]:
    """The first photos of the queue with all that is shown beside them; only the names of those the browser has."""
    run = explaining_run(data)
    found = []
    for row in queue.head(10 * AHEAD).to_dict("records"):
        if row["path"] in have:
            found.append(KnownPhoto(row["path"], row["sha256"]))
        elif (content := resources.large_photo(data, row["path"], row["sha256"])) is not None:  # else it is gone
            found.append(_photo(data, row, content, run, made))
        if len(found) == AHEAD:
            break
    return found


def explaining_run(data: Dataset) -> Run | None:
    """The served run, if it knows the classes of the data set."""
    run = resources.active_run()
    return run if run is not None and set(run.class_names) == set(data.class_names) else None


def sentence(row: dict) -> str:
    """The reason as a sentence (plain text)."""
    reason = row["reason"]
    return f"{reason[:1].upper()}{reason[1:]}. Suspicion\u00a0{percent(row['model_score'])}."


def _photo(data: Dataset, row: dict, content: bytes, run: Run | None, made: dict) -> QueuePhoto:
    names = [name for name in data.class_names if f"probability_{name}" in row]
    values = {name: float(row[f"probability_{name}"]) for name in names}
    ranked = sorted((name for name in names if values[name] == values[name]), key=values.get, reverse=True)[:5]
    heats = resources.heat_maps(data, row["path"], row["sha256"], run) if run else {}
    hashes = dict(zip(data.table["path"], data.table["sha256"], strict=True))
    near = neighbours(data, row["path"], NUM_NEIGHBOURS, made).to_dict("records")
    return QueuePhoto(
        id=row["path"],
        twin=row["sha256"],
        content=content,
        given=row["given_label"],
        suggested=row["suggested_label"],
        advice=advice(row["kind"], row["given_label"], row["suggested_label"]),
        reason=sentence(row),
        split=row["split"],
        probabilities=[(name, values[name], percent(values[name])) for name in ranked],
        heats=[
            Figure(heats[name], name, f"What speaks for {name}", row["path"]) for name in ranked[:2] if name in heats
        ],
        near=[
            Figure(
                resources.small_photo(data, item["path"], hashes.get(item["path"], "")),
                item["label"],
                f"{item['path']}, labelled {item['label']}, likeness {item['similarity']:.2f}",
                item["path"],
            )
            for item in near
        ],
    )
