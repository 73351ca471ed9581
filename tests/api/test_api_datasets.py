"""Suspects and decisions over HTTP."""

import json
from dataclasses import asdict

import pytest
from api_fakes import FakePredictor, client_of, make_paths, make_run, problem_of
from conftest import draw_world

from core.dataset import decisions
from core.dataset.index import index_dataset
from core.dataset.statistics import statistics
from core.files import write_parquet
from core.review.stored import ranking_file, stored_ranking, suspicious_left

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
        given_label=table["label"],
        suggested_label="Asian",
        score=0.9,
        reason="looks like Asian",
        kind="class",
    )
    write_parquet(ranking_file(dataset), ranking)
    return dataset


def test_datasets_are_listed_by_name(client, paths):
    (paths.data_dir / ".tuskscope").mkdir(exist_ok=True)
    (paths.data_dir / "file.txt").write_text("no dataset")
    assert client.get("/api/v1/datasets").get_json() == {"datasets": [{"name": "photos"}]}


def test_a_dataset_is_described_by_its_index(client, ranked):
    decisions.decide(ranked, ranked.usable["path"].iloc[0], "keep")
    body = client.get(URL).get_json()
    assert body["class_names"] == ["African", "Asian"] and body["fingerprint"] == ranked.fingerprint
    assert (body["num_photos"], body["num_problems"], body["num_decided"], body["num_unfit"]) == (24, 0, 1, 0)
    assert body["counts"]["train"] == {"African": 8, "Asian": 8} and body["is_plain"] is False


def test_decisions_that_fit_nothing_are_counted(client, ranked):
    decisions.decide(ranked, ranked.usable["path"].iloc[0], "relabel", "Asian")
    for split in ("train", "test"):
        (ranked.folder / split / "Asian").rename(ranked.folder / split / "Forest")
    body = client.get(URL).get_json()
    assert (body["num_decided"], body["num_unfit"]) == (0, 1)


def test_statistics_are_those_of_the_command_line(client, paths):
    (paths.data_dir / "photos" / "train" / "Asian" / "broken.jpg").write_bytes(b"x")
    body = client.get(f"{URL}/statistics").get_json()
    assert body == json.loads(json.dumps(asdict(statistics(index_dataset(paths.data_dir / "photos", paths)))))
    assert body["total"] == 24 and body["problems"][0]["problem"] == "not-an-image"


def test_photos_are_listed_in_parts(client):
    def ask(query):
        return client.get(f"{URL}/photos?{query}").get_json()

    everything = ask("")["photos"]
    assert len(everything) == ask("")["total"] == 24 and "mtime_ns" not in everything[0]
    assert ask("limit=5&offset=20")["photos"] == everything[20:] and ask("offset=24")["photos"] == []
    chosen = ask("split=test&label=Asian")
    assert chosen["total"] == 4 and {photo["label"] for photo in chosen["photos"]} == {"Asian"}
    assert ask("label=Lion") == {"dataset": "photos", "total": 0, "photos": []}


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "offset=-1", "split=valid", "page=2", "split=test&split=test"])
def test_H12_the_part_of_the_photos_is_read_strictly(client, query):
    response = client.get(f"{URL}/photos?{query}")
    assert (response.status_code, problem_of(response)) == (422, "invalid-field")


def test_the_decisions_that_count_are_listed_latest_first(client, ranked):
    first, second = ranked.usable["path"].iloc[[0, 1]]
    decisions.decide(ranked, first, "keep")
    decisions.decide(ranked, first, "exclude")
    decisions.decide(ranked, second, "keep")
    body = client.get(f"{URL}/decisions?limit=9").get_json()
    assert body["total"] == 2
    assert [(item["path"], item["action"]) for item in body["decisions"]] == [(second, "keep"), (first, "exclude")]


@pytest.mark.parametrize("name", ["..", "%2e%2e", "..%2f..", ".tuskscope", "photos%00", "photos%2ftrain", "PHOTOS"])
@pytest.mark.parametrize("part", ["", "/statistics", "/photos", "/suspects", "/decisions"])
def test_H10_a_dataset_in_the_address_is_looked_up(client, paths, name, part):
    (paths.data_dir / ".tuskscope").mkdir(exist_ok=True)
    assert client.get(f"/api/v1/datasets/{name}{part}").status_code == 404


def test_suspects_are_listed_without_the_decided_ones(client, ranked):
    first = client.get(f"{URL}/suspects?limit=2").get_json()
    assert (first["total"], first["decided"], len(first["suspects"])) == (16, 0, 2)
    decisions.decide(ranked, first["suspects"][0]["path"], "keep")
    second = client.get(f"{URL}/suspects?limit=2").get_json()
    assert (second["total"], second["decided"]) == (15, 1)
    assert second["suspects"][0] == first["suspects"][1]


def test_the_suspicious_photos_are_counted_as_everywhere(client, ranked):
    body = client.get(f"{URL}/suspects").get_json()
    assert body["suspicious"] == suspicious_left(ranked) <= body["total"]


def test_a_dataset_that_nobody_ranked_says_so(client):
    response = client.get(f"{URL}/suspects")
    assert (response.status_code, problem_of(response)) == (409, "not-ranked")


def test_a_decision_is_on_disk_when_it_is_answered(client, ranked):
    path = ranked.usable["path"].iloc[0]
    body = {"path": path, "action": "relabel", "label": "Asian", "reviewer": "Ada"}
    response = client.post(f"{URL}/decisions", json=body)
    assert response.status_code == 201
    assert response.get_json()["decision"]["label"] == "Asian"
    assert [(item.path, item.label, item.reviewer) for item in ranked.decision_log()] == [(path, "Asian", "Ada")]


def test_a_decision_is_undone(client, ranked):
    path = ranked.usable["path"].iloc[0]
    for body in ({"action": "exclude"}, {"action": "relabel", "label": "Asian"}, {"action": "undo"}):
        assert client.post(f"{URL}/decisions", json={"path": path, **body}).status_code == 201
    (left,) = client.get(f"{URL}/decisions").get_json()["decisions"]
    assert (left["path"], left["action"]) == (path, "exclude")  # the one before counts again
    client.post(f"{URL}/decisions", json={"path": path, "action": "undo"})
    assert client.get(f"{URL}/decisions").get_json()["total"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"path": "../../etc/passwd"},
        {"path": "train/African"},
        {"action": "delete"},
        {"label": "Lion"},
        {"extra": "x"},
        {"path": 7},
    ],
)
def test_H4_H10_bad_decisions_are_refused_and_nothing_is_written(client, ranked, change):
    body = {"path": ranked.usable["path"].iloc[0], "action": "relabel", "label": "Asian"}
    assert client.post(f"{URL}/decisions", json={**body, **change}).status_code == 422
    assert ranked.decision_log() == []


def test_unknown_datasets_are_refused(client):
    for part in ("", "/statistics", "/photos", "/suspects", "/decisions"):
        response = client.get(f"/api/v1/datasets/nothing{part}")
        assert (response.status_code, problem_of(response)) == (404, "unknown-dataset")


def test_photos_that_are_gone_leave_the_ranking(paths, ranked):
    (ranked.folder / ranked.usable["path"].iloc[0]).unlink()
    assert len(stored_ranking(index_dataset(ranked.folder, paths))) <= 16
