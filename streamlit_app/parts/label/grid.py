"""The grid: what the browser sends is saved first and acknowledged then; the next photos are there already."""

from pathlib import Path
from typing import Any

import streamlit as st

from core.dataset import decisions
from core.dataset.index import Dataset
from core.prediction.words import percent
from core.review.label_model import LabelModel
from core.review.label_next import REASONS, NextPhoto, look_alikes, next_photos, side_by_side
from streamlit_app import resources
from streamlit_app.colors import class_colors
from streamlit_app.components.label_grid import LabelPhoto, label_grid
from streamlit_app.parts.label import progress
from streamlit_app.parts.shared import photo_panel
from streamlit_app.parts.shared.photos import PAGE_SIZE, thumbnail
from streamlit_app.parts.shared.sent_entries import take_entries

AHEAD = 2 * PAGE_SIZE  # photos in the browser: one screen is shown, the next one waits
SURE_FROM = 0.7  # probability of a suggestion that may be accepted in bulk
KEY = "label-grid"
WAYS = {"model": "Model", "alike": "Look-alikes", "random": "Random"}


@st.fragment
def show(folder: Path, how: str, reviewer: str) -> None:
    """Shows the grid and how good the model is; an answer redraws nothing else of the page.

    Args:
        folder: Of the dataset.
        how: A key of `WAYS`: who chooses.
        reviewer: Who labels.
    """
    data = resources.dataset(folder)
    state, answered = state_of(data), answered_photos(data)
    model = resources.label_model(data, len(answered) // resources.REFIT_AFTER)
    if state["how"] != how:
        state.update(how=how, queue=[])
    fill(state, model, answered, how)
    sent = (st.session_state.get(KEY) or {}).get("sent") or {}
    have = set(sent.get("have", ())) if sent.get("client") == state["client"] else set()
    left = len(model.table) - len(answered)
    grid, side = st.columns([3, 1], gap="medium")
    with grid:
        opened = label_grid(
            [photo(data, item, model, item.path in have) for item in state["queue"][:AHEAD]],
            {name: class_colors(data.class_names)[name] for name in order_of(data)},
            PAGE_SIZE,
            left,
            "Every photo has an answer." if not left else "No photo is left here.",
            {name: state[name] for name in ("client", "acknowledged", "failed", "picked", "selected")},
            key=KEY,
            on_sent=lambda: take(data, model, (st.session_state[KEY] or {}).get("sent"), state, reviewer),
        )
    with side:
        progress.show(data, len(answered) // resources.REFIT_AFTER, len(answered), left)
    if opened:
        photo_panel.panel(data, opened, among=[item.path for item in state["queue"][:PAGE_SIZE]])


def order_of(data: Dataset) -> list[str]:
    """The classes in the order of their keys: those of folders, then as they were typed, so that keys never move."""
    return [*(name for name in data.class_names if name not in data.typed.names), *data.typed.names]


def answered_photos(data: Dataset) -> set[str]:
    """sha256 of the usable photos that have a label or were answered with an exclusion."""
    excluded = {image for image, item in resources.decisions(data).items() if item.action == "exclude"}
    usable = data.usable
    return set(usable.loc[(usable["label"] != "") | usable["sha256"].isin(excluded), "sha256"])


def state_of(data: Dataset) -> dict[str, Any]:
    """What this visit knows: the browser's last acknowledged entry and the photos that come next."""
    empty = {"client": "", "acknowledged": 0, "failed": [], "picked": 0, "selected": [], "queue": [], "how": ""}
    return st.session_state.setdefault(f"label-{data.cache_dir.name}", empty)


def fill(state: dict[str, Any], model: LabelModel, answered: set[str], how: str) -> None:
    """Takes answered photos out of the queue and chooses more, look-alikes side by side, when a screen is missing."""
    queue: list[NextPhoto] = [item for item in state["queue"] if item.sha256 not in answered]
    if len(queue) < AHEAD:
        waiting = {item.path for item in queue}
        wanted = AHEAD + len(queue)
        if how == "alike":
            seeds = [item.path for item in next_photos(model, wanted) if item.path not in waiting][:1]
            found = [item for item in next_photos(model, wanted) if item.path in seeds]
            found += look_alikes(model, seeds, wanted)
        else:
            found = next_photos(model, wanted + len(answered), "random" if how == "random" else "model")
        new = [item for item in found if item.path not in waiting and item.sha256 not in answered]
        queue += side_by_side(model, new[: AHEAD - len(queue) + PAGE_SIZE // 2])
    state["queue"] = queue


def photo(data: Dataset, item: NextPhoto, model: LabelModel, is_there: bool) -> LabelPhoto:
    """A photo as the grid shows it, with what the model of now takes it for."""
    row = model.table.index[model.table["path"] == item.path]
    known = model.probabilities[row[0]] if len(row) else model.probabilities[:0].ravel()
    best = int(known.argmax()) if len(known) else -1
    name, probability = (model.class_names[best], float(known[best])) if len(known) else ("", 0.0)
    is_sure = probability >= SURE_FROM
    guess = f"{name}? {percent(probability)}" if name else ""
    return LabelPhoto(
        id=item.path,
        source="" if is_there else thumbnail(data, item.path, item.sha256),
        title=guess or "no label yet",
        note=REASONS[item.why],
        suggested=name if is_sure else "",
        color=class_colors(data.class_names).get(name, "") if name else "",
        alt=f"{item.path}, {guess or 'no label yet'}, {REASONS[item.why]}",
    )


def take(data: Dataset, model: LabelModel, sent: dict[str, Any] | None, state: dict[str, Any], reviewer: str) -> None:
    """Saves what the browser sent; what was taken before is passed over, so it may come as often as it likes.

    Args:
        data: The dataset.
        model: Knows look-alikes.
        sent: As `components.label_grid.label_grid` describes.
        state: Of the visit, changed: entries up to `acknowledged` are on disk or in `failed` with a sentence.
        reviewer: Who labels.
    """
    if not sent:
        return

    def save(entry: dict[str, Any]) -> None:
        label = entry["label"] if entry["action"] == "relabel" else ""
        decisions.decide_all(data, entry["paths"], entry["action"], label, reviewer, entry["note"])

    for entry in take_entries(sent, state, save):
        if entry["action"] == "undo":  # they come again, in front
            back = [item for item in known(model) if item.path in entry["paths"]]
            state["queue"] = [*back, *(item for item in state["queue"] if item.path not in entry["paths"])]
    if extend := sent.get("extend"):
        first = [item for item in state["queue"] if item.path in extend]
        more = look_alikes(model, extend, PAGE_SIZE - len(first))
        chosen = [*first, *more][:PAGE_SIZE]
        paths = [item.path for item in chosen]
        state["queue"] = [*chosen, *(item for item in state["queue"] if item.path not in paths)]
        state.update(picked=state["picked"] + 1, selected=paths)


def known(model: LabelModel) -> list[NextPhoto]:
    """All photos, as if they were to be labelled again."""
    rows = model.table[["path", "sha256"]].itertuples(index=False)
    return [NextPhoto(row.path, row.sha256, "random", "", None) for row in rows]
