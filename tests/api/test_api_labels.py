"""Labelling over HTTP."""

import numpy as np
import pytest
from api_fakes import FakePredictor, client_of, make_paths, make_run, problem_of
from conftest import COLOURS, draw_photo

from core.dataset.index import index_dataset
from core.features.embeddings import remember
from core.features.photo_map import VIEW, photo_map

URL = "/api/v1/datasets/card"
NUM = 20


@pytest.fixture
def paths(tmp_path):
    """A folder without labels, and what the network would have seen of it."""
    found = make_paths(tmp_path)
    for number, (name, colour) in enumerate(COLOURS.items()):
        for index in range(NUM):
            draw_photo(found.data_dir / "card" / f"{name}_{index:03d}.png", colour, number * 1000 + index)
    return found


@pytest.fixture
def client(paths):
    return client_of(paths, FakePredictor(make_run(paths, "run-a")))


@pytest.fixture
def seen(paths):
    dataset = index_dataset(paths.data_dir / "card", paths)
    random = np.random.default_rng(0)
    remember(
        dataset,
        VIEW,
        {
            row.sha256: (random.normal(size=8) + 4 * row.path.startswith("Asian")).astype(np.float32)
            for row in dataset.usable.itertuples()
        },
    )
    return dataset


def files(name, count):
    return [f"{name}_{index:03d}.png" for index in range(count)]


def test_labels_are_given_in_bulk_and_the_model_suggests_the_rest(client, seen):
    assert client.post(f"{URL}/classes", json={"names": ["African", "Asian"]}).status_code == 201
    body = client.get(f"{URL}/next?limit=3").get_json()
    assert (body["verdict"], len(body["photos"]), body["photos"][0]["suggestion"]) == ("begin", 3, "")
    for name in COLOURS:
        answer = client.post(
            f"{URL}/decisions/bulk", json={"paths": files(name, 15), "action": "relabel", "label": name}
        )
        assert answer.status_code == 201 and len(answer.get_json()["decisions"]) == 15
    body = client.get(f"{URL}/next").get_json()
    assert (body["labelled"], body["left"], body["test"], body["accuracy"]["value"]) == (30, 10, 10, 1.0)
    assert all(photo["path"].startswith(photo["suggestion"]) for photo in body["photos"])
    assert client.get(URL).get_json()["counts"]["test"] == {"African": 5, "Asian": 5}
    assert client.get(f"{URL}/next?limit=2&choose=random").get_json()["photos"][1]["why"] == "random"


def test_photos_that_nobody_looked_at_give_no_choice_and_no_map(client):
    assert problem_of(client.get(f"{URL}/next")) == "not-looked-at"
    assert problem_of(client.get(f"{URL}/map")) == "not-mapped"


def test_the_map_has_a_place_for_every_photo(client, seen, paths):
    photo_map(seen, paths)
    photos = client.get(f"{URL}/map").get_json()["photos"]
    assert len(photos) == 2 * NUM and set(photos[0]) == {"path", "x", "y", "label", "split"}


@pytest.mark.parametrize(
    "body, problem",
    [
        ({"paths": [], "action": "exclude"}, "invalid-field"),
        ({"paths": [1], "action": "exclude"}, "invalid-field"),
        ({"paths": ["nowhere.png"], "action": "exclude"}, "unknown-photo"),
        ({"paths": ["African_000.png"], "action": "burn"}, "invalid-field"),
        ({"paths": ["African_000.png"], "action": "relabel", "label": "Lion"}, "unknown-class"),
        ({"paths": ["African_000.png", "nowhere.png"], "action": "exclude"}, "unknown-photo"),
    ],
)
def test_a_bulk_decision_that_cannot_be_is_refused_whole(client, seen, body, problem):
    assert problem_of(client.post(f"{URL}/decisions/bulk", json=body)) == problem
    assert client.get(URL).get_json()["num_decided"] == 0


@pytest.mark.parametrize("names", [[], [""], ["../up"], [3], "African", ["x"] * 101])
def test_class_names_that_cannot_be_are_refused(client, seen, names):
    assert client.post(f"{URL}/classes", json={"names": names}).status_code == 422
    assert client.get(URL).get_json()["class_names"] == []
