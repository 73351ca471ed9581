"""Predictions beyond the plain form: base64 in JSON, `?top` and `?explain`."""

import base64

import numpy as np
import pandas as pd
import pytest
from api_fakes import (
    FakePredictor,
    answers_of,
    client_of,
    encode,
    make_client,
    make_paths,
    make_run,
    multipart,
    picture,
    predict,
    problem_of,
)
from PIL import Image

URL = "/api/v1/predictions"
TOO_LARGE = 10 * 2**20 + 65_536


@pytest.fixture
def client(tmp_path):
    return make_client(tmp_path)


def text_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def post(client, *images, **changes):
    return client.post(URL, json={"images": list(images), **changes})


def test_base64_in_json_is_the_same_as_a_form(client):
    files = [picture((250, 10, 10)), picture((10, 10, 250))]
    assert answers_of(post(client, *map(text_of, files))) == answers_of(predict(client, *files))


def test_a_bad_picture_in_json_is_an_error_alone_and_a_record_among_many(client):
    response = post(client, text_of(b"broken"))
    assert (response.status_code, problem_of(response)) == (415, "not-an-image")
    records = post(client, text_of(b"broken"), text_of(picture())).get_json()["predictions"]
    assert "not a JPEG" in records[0]["error"] and records[1]["error"] is None


@pytest.mark.parametrize(
    "images",
    [
        [],
        ["a"] * 17,
        ["no base64!"],
        [5],
        [None],
        [["x"]],
        ["YWJjZ"],
        ["data:image/png;base64"],
        ["data:image/png,abcd"],
        ["https://example.org/photo.jpg"],
        ["ÿÿ=="],
        "text",
        None,
        [{"b64": "YQ=="}],
    ],
)
def test_H5_what_is_no_list_of_base64_is_refused(client, images):
    response = client.post(URL, json={"images": images})
    assert (response.status_code, problem_of(response)) == (422, "invalid-field")


@pytest.mark.parametrize(
    "write",
    [
        lambda content: "data:image/jpeg;base64," + text_of(content),
        lambda content: "data:;base64," + text_of(content),
        lambda content: base64.encodebytes(content).decode(),
        lambda content: base64.encodebytes(content).decode().replace("\n", "\r\n"),
        lambda content: "\t " + text_of(content) + " ",
        lambda content: text_of(content).rstrip("="),
    ],
    ids=["data address", "data address without a type", "lines", "lines of Windows", "spaces", "no padding"],
)
@pytest.mark.parametrize("length", [0, 1, 2])
def test_base64_is_taken_as_it_is_usually_written(client, write, length):
    content = picture((250, 10, 10)) + bytes(length)
    assert answers_of(post(client, write(content))) == answers_of(predict(client, content))


@pytest.mark.parametrize(
    "body, words",
    [
        ({"image": "A" * 5000}, "Unknown field image. Known: images."),
        ({"images": ["YQ=="], "file": "A" * 5000}, "Unknown field file. Known: images."),
        ({"images": "A" * 5000}, "Expected images to be a list."),
        ({"images": {"b64": "A" * 5000}}, "Expected images to be a list."),
        ({}, "The field images is missing."),
        ({"a\nb": 1}, "Unknown field with a name that cannot be shown. Known: images."),
        ({"x" * 65: 1}, "Unknown field with a name that cannot be shown. Known: images."),
        ({"images": ["a-b_"]}, "images holds web-safe base64"),
        ({"images": ["https://example.org/a.jpg"]}, "Addresses are not fetched"),
        ({"images": ["b'" + "A" * 80 + "'"]}, "call .decode()"),
        ({"images": ["data:image/jpeg,AAAA"]}, "to end with ;base64"),
        ({"images": [{"b64": "AAAA"}]}, "Expected images to hold base64 text"),
    ],
)
def test_H8_a_slip_gets_the_true_reason(client, body, words):
    response = client.post(URL, json=body)
    assert (response.status_code, problem_of(response)) == (422, "invalid-field")
    assert words in response.get_json(force=True)["detail"]


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/a.jpg", "https://example.org/a.jpg", "file:///etc/passwd"])
@pytest.mark.parametrize("field", ["url", "image_url", "images"])
def test_D7_a_picture_by_address_is_never_fetched(client, monkeypatch, field, address):
    connected = []
    monkeypatch.setattr("socket.socket.connect", lambda _, where: connected.append(where))
    for response in (
        client.post(URL, json={field: [address]}),
        client.post(URL, json={"images": [text_of(picture())], field: address}),
        client.post(f"{URL}?{field}={address}", data=picture(), content_type="image/jpeg"),
        client.post(URL, **multipart(**{field: address})),
    ):
        assert response.status_code in (400, 422)
    assert connected == []


@pytest.mark.parametrize(
    "request_, words",
    [
        (multipart(picture(), name="file"), "no other field, but got file"),
        (multipart(image="text"), "it came as text"),
        (multipart(), "no field that can be read"),
        (multipart(*[picture()] * 17), "but got 17"),
        ({"data": b"abc", "headers": {"Content-Type": "multipart/form-data"}}, "name the boundary?"),
        ({"data": picture(), "content_type": "application/x-www-form-urlencoded"}, "but got application/x-www-form-"),
        ({"data": picture(), "headers": {"Content-Type": ""}}, "but got none"),
    ],
    ids=["name", "text", "nothing", "many", "boundary", "curl's default", "no type"],
)
def test_I28_I29_a_slip_of_a_form_or_its_type_gets_the_true_reason(client, request_, words):
    response = client.post(URL, **request_)
    assert response.status_code in (400, 415) and words in response.get_json(force=True)["detail"]


def test_an_unknown_option_is_named(client):
    response = client.post(URL + "?tpo=1", data=picture(), content_type="image/jpeg")
    assert response.get_json(force=True)["detail"] == "Unknown query parameter tpo. Known: top, explain, sets."


def test_H8_unknown_fields_of_the_json_are_refused(client):
    assert problem_of(post(client, text_of(picture()), run="run-b")) == "invalid-field"


def test_I27_json_of_one_picture_may_be_as_large_as_the_picture_and_no_larger(client):
    noise = np.random.default_rng(0).integers(0, 255, (1500, 1500, 3), dtype=np.uint8)
    large = encode(Image.fromarray(noise), "PNG")  # 6.7 MB, 9 MB as text
    assert len(large) > 2**22 and post(client, text_of(large)).status_code == 200
    response = client.post(URL, data=b'{"images":["' + b"A" * TOO_LARGE + b'"]}', content_type="application/json")
    assert (response.status_code, problem_of(response)) == (413, "too-large")


def test_top_leaves_the_most_probable_classes(client):
    def ask(query):
        return client.post(URL + query, data=picture((10, 10, 250)), content_type="image/jpeg").get_json()

    assert list(ask("")["predictions"][0]["probabilities"]) == ["African", "Asian"]
    assert list(ask("?top=1")["predictions"][0]["probabilities"]) == ["Asian"]
    assert list(ask("?top=9")["predictions"][0]["probabilities"]) == ["Asian", "African"]


def test_explain_adds_the_heat_map_of_the_predicted_class(client):
    response = client.post(URL + "?explain=1", data=picture((250, 10, 10), size=(320, 160)), content_type="image/jpeg")
    record = response.get_json()["predictions"][0]
    found = record["explanation"]
    assert (found["class"], found["method"]) == (record["label"], "class_map")
    heatmap = np.array(found["heatmap"])
    assert heatmap.shape == (32, 64) and heatmap.min() >= 0 and heatmap.max() <= 1


def test_explain_works_for_a_network_without_class_maps_and_beside_bad_pictures(tmp_path):
    paths = make_paths(tmp_path)
    client = client_of(paths, FakePredictor(make_run(paths, image_size=(32, 32)), has_maps=False))
    response = client.post(URL + "?explain=1", json={"images": [text_of(picture()), text_of(b"x")]})
    good, bad = response.get_json()["predictions"]
    assert good["explanation"]["method"] == "occlusion" and "explanation" not in bad


@pytest.mark.parametrize("query", ["top=0", "top=x", "top=-1", "top=1&top=1", "explain=2", "explain=yes", "explain="])
def test_H12_options_are_read_strictly(client, query):
    response = client.post(f"{URL}?{query}", data=picture(), content_type="image/jpeg")
    assert (response.status_code, problem_of(response)) == (422, "invalid-field")


def test_options_belong_into_the_query(client):
    response = predict(client, picture(), top="1")
    assert (response.status_code, problem_of(response)) == (400, "image-field")


def test_prediction_sets_are_added_when_asked_for_and_refused_in_a_sentence(tmp_path, client):
    def ask(sets=None):
        query = f"?sets={sets}" if sets else ""
        return client.post(URL + query, data=picture(), content_type="image/jpeg")

    assert "prediction_set" not in ask().get_json()["predictions"][0]
    refused = ask(90)
    assert (refused.status_code, problem_of(refused)) == (409, "run-invalid")
    folder = next(tmp_path.rglob("run.json")).parent
    table = pd.DataFrame({"split": "validation", "given_label": ["African", "Asian"] * 10})
    for name in ("African", "Asian"):
        table[f"probability_{name}"] = (table["given_label"] == name) * 0.8 + 0.1
    table.to_parquet(folder / "predictions.parquet")
    found = ask(90).get_json()["predictions"][0]
    assert found["prediction_set"] == [found["label"]]
    assert ask(100).status_code == 422
