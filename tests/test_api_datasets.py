"""Suspects and decisions over HTTP."""

import pytest
from api_fakes import FakePredictor, client_of, make_paths, make_run, problem_of
from conftest import draw_world

from core.dataset.index import index_dataset
from core.files import write_parquet
from core.review import decisions
from core.review.stored import ranking_file, stored_ranking

URL = "/api/v1/datasets/photos"


@pytest.fixture
def paths(tmp_path):
    found = make_paths(tmp_path)
    draw_world(found.data_dir / "photos")
    return found


@pytest.fixture
def client(paths):
    return client_of(paths, FakePredictor(make_run(paths, "run-a")))


@pytest.fixture
def ranked(paths):
    """A dataset with a ranking by hand: the order of the table."""
    dataset = index_dataset(paths.data_dir / "photos", paths)
    table = dataset.usable[dataset.usable["split"] == "train"]
    ranking = table[["path", "split", "sha256"]].assign(
        given_label=table["label"], suggested_label="Asian", score=0.9, reason="looks like Asian"
    )
    write_parquet(ranking_file(dataset), ranking)
    return dataset


def test_suspects_are_listed_without_the_decided_ones(client, ranked):
    first = client.get(f"{URL}/suspects?limit=2").get_json()
    assert (first["total"], first["decided"], len(first["suspects"])) == (16, 0, 2)
    decisions.decide(ranked, first["suspects"][0]["path"], "keep")
    second = client.get(f"{URL}/suspects?limit=2").get_json()
    assert (second["total"], second["decided"]) == (15, 1)
    assert second["suspects"][0] == first["suspects"][1]


def test_a_dataset_that_nobody_ranked_says_so(client):
    response = client.get(f"{URL}/suspects")
    assert (response.status_code, problem_of(response)) == (409, "not-ranked")


def test_a_decision_is_on_disk_when_it_is_answered(client, ranked):
    path = ranked.usable["path"].iloc[0]
    body = {"path": path, "action": "relabel", "label": "Asian", "reviewer": "Ada"}
    response = client.post(f"{URL}/decisions", json=body)
    assert response.status_code == 201
    assert response.get_json()["decision"]["label"] == "Asian"
    assert [(item.path, item.label, item.reviewer) for item in decisions.log(ranked)] == [(path, "Asian", "Ada")]


@pytest.mark.parametrize("change", [
    {"path": "../../etc/passwd"}, {"path": "train/African"}, {"action": "delete"}, {"label": "Lion"}, {"extra": "x"},
    {"path": 7},
])  # fmt: skip
def test_H4_H10_bad_decisions_are_refused_and_nothing_is_written(client, ranked, change):
    body = {"path": ranked.usable["path"].iloc[0], "action": "relabel", "label": "Asian"}
    assert client.post(f"{URL}/decisions", json={**body, **change}).status_code == 422
    assert decisions.log(ranked) == []


def test_unknown_datasets_are_refused(client):
    assert client.get("/api/v1/datasets/nothing/suspects").status_code == 422


def test_photos_that_are_gone_leave_the_ranking(paths, ranked):
    (ranked.folder / ranked.usable["path"].iloc[0]).unlink()
    assert len(stored_ranking(index_dataset(ranked.folder, paths))) <= 16
