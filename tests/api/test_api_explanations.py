"""Explanations over HTTP: PNG, numbers, trust, and what a server without TensorFlow refuses."""

import io

import numpy as np
import pytest
from api_fakes import FakePredictor, client_of, encode, explain, make_client, make_paths, make_run, picture, problem_of
from PIL import Image

from api.explanations import allowed_methods


@pytest.fixture
def client(tmp_path):
    return make_client(tmp_path)


def half_red(size=(120, 60)) -> bytes:
    image = Image.new("RGB", size, (0, 0, 200))
    image.paste((250, 0, 0), (0, 0, size[0] // 2, size[1]))
    return encode(image, "PNG")


def test_png_is_the_default_and_json_comes_on_request(client):
    assert explain(client, picture()).content_type == "image/png"
    for options in ({"query": "?format=json"}, {"format": "json"}):
        assert explain(client, picture(), **options).content_type == "application/json"
    upload = {"data": half_red(), "content_type": "image/png"}
    accepted = client.post("/api/v1/explanations", headers={"Accept": "application/json"}, **upload)
    assert accepted.get_json()["class"] in ("African", "Asian") and accepted.headers["Vary"] == "Accept"
    assert client.post("/api/v1/explanations", headers={"Accept": "*/*"}, **upload).content_type == "image/png"


def test_json_holds_the_map_and_the_trust_numbers(client):
    response = explain(client, half_red(), format="json", **{"class": "African"})
    body = response.get_json()
    heatmap = np.array(body["heatmap"])
    assert heatmap.shape == (32, 64) and heatmap.min() >= 0 and heatmap.max() <= 1
    assert heatmap[:, :20].mean() > 0.9 and heatmap[:, -20:].mean() < 0.1
    assert (body["class"], body["method"], body["image_size"]) == ("African", "class_map", [60, 120])
    trust = body["trust"]
    assert trust["verdict"] in ("clearly", "barely", "not") and trust["sentence"]
    assert {"deletion", "insertion", "gain", "random_gain", "centre_gain"} <= set(trust)
    assert -1 <= trust["flip_stability"] <= 1 and -1 <= trust["shift_stability"] <= 1
    assert response.headers["X-Verdict"] == trust["verdict"]
    assert sum(body["probabilities"].values()) == pytest.approx(1)


def test_trust_can_be_left_out_or_asked_for(client):
    assert explain(client, picture(), format="json", trust="0").get_json()["trust"] is None
    assert len(client.predictor.seen) == 1
    assert "X-Verdict" not in explain(client, picture()).headers
    assert explain(client, picture(), trust="1").headers["X-Verdict"] in ("clearly", "barely", "not")


def test_npy_is_the_bare_map_of_the_photo(client):
    response = explain(client, half_red(), format="npy", **{"class": "African"})
    heatmap = np.load(io.BytesIO(response.data), allow_pickle=False)
    assert response.content_type == "application/x-npy"
    assert heatmap.dtype == np.float32 and heatmap.shape == (60, 120)
    assert heatmap[:, :40].mean() > 0.9 > 0.1 > heatmap[:, -40:].mean()


@pytest.mark.parametrize("kind", ["png", "npy", "json"])
def test_size_is_the_longer_side(client, kind):
    response = explain(client, half_red(), f"?format={kind}&size=40&trust=0")
    if kind == "png":
        shape = Image.open(io.BytesIO(response.data)).size[::-1]
    elif kind == "npy":
        shape = np.load(io.BytesIO(response.data), allow_pickle=False).shape
    else:
        shape = np.array(response.get_json()["heatmap"]).shape
    assert shape == (20, 40)


@pytest.mark.parametrize("query", ["format=gif", "size=15", "size=1025", "size=1e2", "trust=2", "opacity=2", "sise=40"])
def test_wrong_fields_are_refused(client, query):
    response = explain(client, picture(), "?" + query)
    assert (response.status_code, problem_of(response)) == (422, "invalid-field")


@pytest.mark.parametrize("method", ["grad_cam", "grad_cam_plus_plus", "score_cam", "smooth_grad"])
def test_methods_of_tensorflow_are_refused_with_what_to_do(client, method):
    response = explain(client, picture(), method=method)
    assert (response.status_code, problem_of(response)) == (422, "method-unavailable")
    assert "TensorFlow" in response.get_json(force=True)["detail"] and client.predictor.seen == []


def test_methods_of_tensorflow_are_served_where_they_are_enabled(client, monkeypatch):
    monkeypatch.setenv("TUSKSCOPE_API_TENSORFLOW", "1")
    assert "grad_cam" in allowed_methods()
    monkeypatch.setenv("TUSKSCOPE_API_TENSORFLOW", "0")
    assert "grad_cam" not in allowed_methods()


@pytest.mark.parametrize("method", ["occlusion", "rise"])
def test_methods_that_only_ask_the_run_are_served(tmp_path, method):
    paths = make_paths(tmp_path)
    client = client_of(paths, FakePredictor(make_run(paths, image_size=(32, 32))))
    response = explain(client, half_red(), method=method, format="npy", **{"class": "African"})
    heatmap = np.load(io.BytesIO(response.data), allow_pickle=False)
    assert response.headers["X-Method"] == method and heatmap.shape == (60, 120)


@pytest.mark.parametrize("size", [(1, 1), (600, 4), (4, 600)])
@pytest.mark.parametrize("colour", [0, 255])
def test_I24_blank_and_tiny_pictures_have_finite_numbers(client, size, colour):
    response = explain(client, picture((colour,) * 3, size=size, kind="PNG"), format="json")
    assert response.status_code == 200 and np.isfinite(np.array(response.get_json()["heatmap"])).all()
