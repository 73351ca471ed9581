"""The Label page's queue and saving, and the map's selection, without a browser."""

import numpy as np
import pandas as pd
import pytest
from conftest import COLOURS, draw_photo

from core.dataset.classes import add_classes
from core.dataset.index import index_dataset
from core.dataset.labelling import labelled
from core.features.embeddings import remember
from core.features.photo_map import VIEW
from core.review.label_model import learn
from streamlit_app.charts.photo_map import photo_map_chart
from streamlit_app.parts.label import grid
from streamlit_app.parts.map.view import groups, selected

NUM = 40


@pytest.fixture
def data(paths):
    """Eighty photos without labels that the network has seen, and two classes."""
    for number, (name, colour) in enumerate(COLOURS.items()):
        for index in range(NUM):
            draw_photo(paths.data_dir / "card" / f"{name}_{index:03d}.png", colour, number * 1000 + index)
    dataset = index_dataset(paths.data_dir / "card", paths)
    random = np.random.default_rng(0)
    seen = {
        row.sha256: (random.normal(size=8) + 4 * row.path.startswith("Asian")).astype(np.float32)
        for row in dataset.usable.itertuples()
    }
    remember(dataset, VIEW, seen)
    add_classes(dataset, ["Asian", "African"])
    return labelled(dataset)


@pytest.fixture
def model(data, paths):
    return learn(data, paths)


def state():
    return {"client": "", "acknowledged": 0, "failed": [], "picked": 0, "selected": [], "queue": [], "how": "model"}


def entry(number, paths, action="relabel", label="African", note=""):
    return {"number": number, "paths": paths, "action": action, "label": label, "note": note}


def test_keys_follow_the_order_in_which_the_classes_were_typed(data):
    assert grid.order_of(data) == ["Asian", "African"]


@pytest.mark.parametrize("how", ["model", "alike", "random"])
def test_two_screens_wait_and_no_photo_comes_twice(data, model, how):
    visit = state()
    grid.fill(visit, model, set(), how)
    paths = [item.path for item in visit["queue"]]
    assert len(paths) == len(set(paths)) >= grid.AHEAD
    answered = {item.sha256 for item in visit["queue"][:30]}
    grid.fill(visit, model, answered, how)
    assert not answered & {item.sha256 for item in visit["queue"]}
    assert [item.path for item in visit["queue"]][:10] == paths[30:40]  # what waits stays as it is


def test_what_the_browser_sends_twice_is_saved_once(data, model):
    visit, first, second = state(), ["African_000.png", "African_001.png"], ["African_002.png"]
    entries = [entry(1, first), entry(2, second, "exclude", "", "cannot tell")]
    sent = {"client": "a", "entries": entries}
    grid.take(data, model, sent, visit, "Ada")
    grid.take(data, model, sent, visit, "Ada")
    log = data.decision_log()
    assert [(item.path, item.action, item.label, item.note) for item in log] == [
        *((path, "relabel", "African", "") for path in first),
        (second[0], "exclude", "", "cannot tell"),
    ]
    assert visit["acknowledged"] == 2 and {item.reviewer for item in log} == {"Ada"}
    assert len(grid.answered_photos(labelled(data))) == 3


def test_an_answer_that_cannot_be_saved_is_told_and_the_next_ones_are(data, model):
    visit = state()
    grid.take(data, model, {"client": "a", "entries": [entry(1, ["gone.png"]), entry(2, ["Asian_000.png"])]}, visit, "")
    assert [failure["number"] for failure in visit["failed"]] == [1]
    assert [item.path for item in data.decision_log()] == ["Asian_000.png"]


def test_undone_photos_come_back_first_and_look_alikes_are_picked(data, model):
    visit = state()
    grid.fill(visit, model, set(), "model")
    paths = [item.path for item in visit["queue"][:3]]
    grid.take(data, model, {"client": "a", "entries": [entry(1, paths)]}, visit, "")
    grid.take(data, model, {"client": "a", "entries": [entry(2, paths, "undo", "")]}, visit, "")
    assert {item.path for item in visit["queue"][:3]} == set(paths)
    assert grid.answered_photos(labelled(data)) == set()
    asian = next(item.path for item in visit["queue"] if item.path.startswith("Asian"))
    grid.take(data, model, {"client": "a", "entries": [], "extend": [asian]}, visit, "")
    assert visit["picked"] == 1 and len(visit["selected"]) == grid.PAGE_SIZE and visit["selected"][0] == asian
    assert all(path.startswith("Asian") for path in visit["selected"])


def test_the_lasso_gives_the_photos_inside_and_colours_say_what_was_asked():
    rows = pd.DataFrame(
        {
            "path": ["a.jpg", "b.jpg", "c.jpg"],
            "x": [0.0, 0.5, 1.0],
            "y": [0.0, 0.5, 1.0],
            "label": ["African", "Asian", ""],
            "split": ["train", "test", "train"],
            "predicted_label": ["African", "African", ""],
        }
    )
    event = {"selection": {"points": [{"customdata": ["c.jpg"]}, {"customdata": "a.jpg"}]}}
    assert selected(rows, event)["path"].tolist() == ["a.jpg", "c.jpg"]
    assert selected(rows, None).empty
    assert groups(rows, "wrong").tolist() == ["agrees", "contradicts the label", ""]
    assert groups(rows, "split").tolist() == ["train", "test", "train"]
    figure = photo_map_chart(rows.assign(group=groups(rows, "label")), {"African": "#123456"})
    assert {trace.type for trace in figure.data} == {"scattergl"}
    assert [trace.name for trace in figure.data] == ["no label", "African", "Asian"]
