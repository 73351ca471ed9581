"""Clients of TensorFlow Serving and of the Open Inference Protocol work unchanged; real ones where installed."""

import base64
import io
import json
import struct
import threading

import numpy as np
import pytest
from api_fakes import client_of, empty_source, make_client, make_paths, picture
from PIL import Image

from api.server import Server
from api.settings import Settings

TF, OPEN = "/v1/models/tuskscope", "/v2/models/tuskscope"
RED, BLUE = picture((250, 10, 10), kind="PNG"), picture((10, 10, 250), kind="PNG")
HEADER = "Inference-Header-Content-Length"


@pytest.fixture
def client(tmp_path):
    return make_client(tmp_path)


@pytest.fixture
def address(client):
    """A real server of this machine, for clients that know nothing but an address."""
    server = Server(client.application, "127.0.0.1", 0, Settings())
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"127.0.0.1:{server.port}"
    server.stop()
    thread.join(15)


def text_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def pixels_of(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def expected(client, *contents: bytes) -> list[list[float]]:
    body = {"images": [text_of(content) for content in contents]}
    answer = client.post("/api/v1/predictions", json=body).get_json()
    return [list(record["probabilities"].values()) for record in answer["predictions"]]


def error_of(response, status: int) -> str:
    """The sentence of an error, after checking its shape."""
    assert response.status_code == status and response.content_type == "application/json", response.data[:300]
    body = response.get_json()
    assert list(body) == ["error"] and body["error"].endswith(".")
    return body["error"]


def predict(client, body, **options):
    return client.post(TF + ":predict", data=json.dumps(body), content_type="application/json", **options)


def tensor(content: list, datatype: str = "BYTES", shape: list | None = None, **changes) -> dict:
    shape = [len(content)] if shape is None else shape
    return {"inputs": [{"name": "image", "datatype": datatype, "shape": shape, "data": content, **changes}]}


def infer(client, body, **options):
    return client.post(OPEN + "/infer", data=json.dumps(body), content_type="application/json", **options)


# TensorFlow Serving


@pytest.mark.parametrize(
    "shape",
    [
        lambda file: {"instances": [{"b64": text_of(file)}]},
        lambda file: {"instances": [{"image": {"b64": text_of(file)}}]},
        lambda file: {"instances": [pixels_of(file).tolist()], "signature_name": "serving_default"},
        lambda file: {"instances": [{"image": pixels_of(file).astype(float).tolist()}]},
        lambda file: {"inputs": [pixels_of(file).tolist()]},
        lambda file: {"inputs": {"image": [{"b64": text_of(file)}]}},
    ],
)
def test_every_format_of_a_picture_gives_the_same_probabilities(client, shape):
    body = shape(RED)
    key = "predictions" if "instances" in body else "outputs"
    assert predict(client, body).get_json() == {key: expected(client, RED)}


def test_several_instances_keep_their_order_and_may_mix_formats(client):
    found = predict(client, {"instances": [{"b64": text_of(RED)}, pixels_of(BLUE).tolist()]}).get_json()
    assert found["predictions"] == expected(client, RED, BLUE)


def test_the_content_type_is_not_looked_at_as_in_tensorflow_serving(client):
    body = json.dumps({"instances": [{"b64": text_of(RED)}]})
    for kind in ("application/x-www-form-urlencoded", "text/plain", None):  # the first is what curl -d sends
        assert client.post(TF + ":predict", data=body, content_type=kind).status_code == 200


@pytest.mark.parametrize("model", ["tuskscope", "run-a", "tuskscope/versions/1"])
def test_the_model_has_a_status_and_a_signature(client, model):
    status = client.get(f"/v1/models/{model}").get_json()["model_version_status"][0]
    assert status == {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    body = client.get(f"/v1/models/{model}/metadata").get_json()
    signature = body["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert list(signature["inputs"]) == ["image"] and list(signature["outputs"]) == ["probabilities"]
    assert body["class_names"] == ["African", "Asian"]
    assert client.post(f"/v1/models/{model}:predict", json={"instances": [{"b64": text_of(RED)}]}).status_code == 200


@pytest.mark.parametrize("model", ["other", "tuskscope/versions/2", "run-b", "..", "tuskscope/versions/x"])
def test_another_model_or_version_is_not_found_in_the_other_words(client, model):
    error_of(client.get(f"/v1/models/{model}"), 404)
    error_of(client.get(f"/v2/models/{model}"), 404)
    error_of(client.post(f"/v1/models/{model}:predict", json={"instances": [1]}), 404)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"instances": []},
        {"instances": 5},
        {"instances": [5]},
        {"instances": ["x"]},
        {"instances": [[1, 2]]},
        {"instances": [[[[1, 2]]]]},
        {"instances": [[[[1, 2, 3]], [[1, 2, 3], [1, 2, 3]]]]},
        {"instances": [{"b64": 5}]},
        {"instances": [{"b64": "?"}]},
        {"instances": [{"other": []}]},
        {"instances": [[[[0, 0, 256]]]]},
        {"instances": [[[[0, -1, 0]]]]},
        {"instances": [[[["a", "b", "c"]]]]},
        {"instances": [[[[True, True, True]]]]},
        {"instances": [[[[False, 0.5, 1]]]]},
        {"instances": [[[[10**400, 0, 0]]]]},
        {"instances": [{"b64": ""}], "inputs": []},
        {"inputs": {"x": []}},
        {"instances": [[[[1, 2, 3]]]], "signature_name": "other"},
        {"instances": [[[[1, 2, 3]]]], "extra": 1},
        {"instances": [[[[0, 0, 0]]]] * 17},
        {"instances": [{"b64": "YnJva2Vu"}]},
        {"instances": [[[[1, 2, None]]]]},
        {"instances": [[[[0.2, 0.5, 1.0]]]]},
    ],
)
def test_H5_H8_a_wrong_request_is_a_sentence(client, body):
    error_of(predict(client, body), 400)


@pytest.mark.parametrize("length", [0, 1, 2])
def test_base64_is_read_as_the_original_reads_it(client, length):
    content = picture((250, 10, 10)) + bytes(length)
    for text in (base64.encodebytes(content).decode(), text_of(content).rstrip("=")):
        assert predict(client, {"instances": [{"b64": text}]}).status_code == 200
        tensor = {"name": "image", "datatype": "BYTES", "shape": [1], "data": [text]}
        assert client.post(OPEN + "/infer", json={"inputs": [tensor]}).status_code == 200


@pytest.mark.parametrize(
    "body, words",
    [
        ({"instances": [{"b64": "ab-_"}]}, "web-safe base64"),
        ({"instances": [{"image_bytes": {"b64": "AAAA"}}]}, "but got an object with image_bytes"),
        ({"instance": []}, "Unknown field instance. Known: instances, inputs, signature_name."),
        ({"instances": {"b64": "AAAA"}}, "Expected instances to be a list"),
        ({"inputs": "AAAA"}, "Expected inputs to be a list"),
    ],
)
def test_H8_a_slip_gets_the_true_reason(client, body, words):
    assert words in error_of(predict(client, body), 400)


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, '{"instances": [[[[NaN, 0, 0]]]]}', "\udcff"])
def test_H1_H3_H6_what_is_no_json_is_a_sentence(client, text):
    content = text.encode("utf-8", "surrogateescape")
    error_of(client.post(TF + ":predict", data=content), 400)
    error_of(client.post(OPEN + "/infer", data=content), 400)


def test_I27_too_much_is_refused_in_the_other_words(client):
    error_of(client.post(TF + ":predict", data=b" " * (11 * 2**20)), 413)


def test_R9_without_a_run_both_say_unavailable(tmp_path):
    client = client_of(make_paths(tmp_path), empty_source())
    for path in ("/v1/models/tuskscope", "/v2/health/ready", "/v2/models/tuskscope/ready", "/v2/models/tuskscope"):
        error_of(client.get(path), 503)
    assert client.get("/v2/health/live").get_json() == {"live": True}


def test_H9_H25_unknown_addresses_methods_and_bugs_have_the_other_error_too(client):
    error_of(client.get("/v1/nothing"), 404)
    error_of(client.get("/v2/nothing"), 404)
    assert client.delete("/v2").headers["Allow"] and error_of(client.delete("/v2"), 405)
    client.predictor.failure = OSError("/srv/secret-path")
    assert "secret" not in error_of(predict(client, {"instances": [{"b64": text_of(RED)}]}), 500)


def test_H19_another_site_cannot_use_them(client):
    response = infer(client, tensor([text_of(RED)]), headers={"Origin": "https://evil.test"})
    error_of(response, 403)


def test_H22_they_wait_in_the_same_queue(tmp_path):
    client = make_client(tmp_path, queue=0, predict_slots=1)
    with client.application.extensions["slots"].admitted:
        for response in (predict(client, {"instances": []}), infer(client, {})):
            error_of(response, 503)
            assert response.headers["Retry-After"] == "1"


def test_a_documented_call_of_tensorflow_serving_works(client, address):
    """As https://www.tensorflow.org/tfx/tutorials/serving/rest_simple does it."""
    import requests

    data = json.dumps({"signature_name": "serving_default", "instances": [pixels_of(RED).tolist()]})
    headers = {"content-type": "application/json"}
    response = requests.post(f"http://{address}/v1/models/tuskscope:predict", data=data, headers=headers, timeout=10)
    assert json.loads(response.text)["predictions"] == expected(client, RED)


# The Open Inference Protocol


def test_files_and_pixels_are_inferred_alike(client):
    first = infer(client, tensor([text_of(RED), text_of(BLUE)])).get_json()
    assert (first["model_name"], first["model_version"]) == ("tuskscope", "1")
    probabilities, label = first["outputs"]
    assert probabilities["shape"] == [2, 2] and label == {
        "name": "label",
        "datatype": "BYTES",
        "shape": [2],
        "data": ["African", "Asian"],
    }
    assert np.allclose(np.reshape(probabilities["data"], (2, 2)), expected(client, RED, BLUE), atol=1e-6)
    stack = np.stack([pixels_of(RED), pixels_of(BLUE)])
    for datatype in ("UINT8", "FP32"):
        for data in (stack.tolist(), stack.ravel().tolist()):
            found = infer(client, tensor(data, datatype, list(stack.shape))).get_json()
            assert found["outputs"] == first["outputs"]


def test_an_id_comes_back_and_only_wanted_outputs_do(client):
    body = {**tensor([text_of(RED)]), "id": "42", "outputs": [{"name": "label"}]}
    found = infer(client, body).get_json()
    assert found["id"] == "42" and [item["name"] for item in found["outputs"]] == ["label"]


def test_the_server_and_the_model_describe_themselves(client):
    assert client.get("/v2").get_json()["extensions"] == ["binary_tensor_data"]
    assert client.get("/v2/health/ready").get_json() == {"ready": True}
    for path in (OPEN, OPEN + "/versions/1", "/v2/models/run-a"):
        body = client.get(path).get_json()
        assert body["versions"] == ["1"] and body["inputs"][0]["name"] == "image"
        assert body["parameters"] == {"run_id": "run-a", "class_names": ["African", "Asian"]}
        assert client.get(path + "/ready").status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"name": "x"},
        {"datatype": "FP64"},
        {"datatype": None},
        {"shape": [2]},
        {"shape": []},
        {"shape": [0]},
        {"shape": "1"},
        {"shape": [1, 1, 1]},
        {"shape": [True]},
        {"shape": [2**40] * 4},
        {"data": "x"},
        {"data": [5]},
        {"data": ["?"]},
        {"data": []},
        {"parameters": []},
        {"parameters": {"shared_memory_region": "x"}},
        {"parameters": {"binary_data_size": 4}},
        {"datatype": "UINT8"},
        {"datatype": "FP32", "shape": [1, 2, 2, 3], "data": [1] * 11},
        {"datatype": "UINT8", "shape": [1, 1, 1, 3], "data": [1, 2, 256]},
        {"datatype": "FP32", "shape": [1], "data": [1]},
        {"datatype": "UINT8", "shape": [1, 1, 1, 3], "data": ["a", "b", "c"]},
        {"datatype": "UINT8", "shape": [1, 0, 1, 3]},
    ],
)
def test_H4_H5_a_wrong_tensor_is_a_sentence(client, change):
    error_of(infer(client, tensor([text_of(RED)], **change)), 400)


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": []},
        {"inputs": 5},
        {"inputs": [5]},
        {"extra": 1},
        {"id": 5},
        {"outputs": 5},
        {"outputs": [{"name": "x"}]},
        {"outputs": [{"name": "label"}] * 2},
        {"parameters": 5},
        {"outputs": [{"name": "label", "parameters": {"classification": 2}}]},
    ],
)
def test_H5_H8_a_wrong_inference_is_a_sentence(client, change):
    error_of(infer(client, {**tensor([text_of(RED)]), **change}), 400)


def raw_request(client, head: dict, raw: bytes, length: str | None = None):
    text = json.dumps(head).encode()
    headers = {HEADER: str(len(text)) if length is None else length}
    return client.post(OPEN + "/infer", data=text + raw, headers=headers, content_type="application/octet-stream")


def raw_head(size: int, count: int = 1) -> dict:
    facts = {"name": "image", "datatype": "BYTES", "shape": [count], "parameters": {"binary_data_size": size}}
    return {"inputs": [facts], "outputs": [{"name": "label"}]}


def test_the_binary_extension_reads_raw_elements(client):
    raw = b"".join(struct.pack("<I", len(file)) + file for file in (RED, BLUE))
    assert raw_request(client, raw_head(len(raw), 2), raw).get_json()["outputs"][0]["data"] == ["African", "Asian"]


@pytest.mark.parametrize("raw", [b"", b"\x01", b"\xff" * 4, struct.pack("<I", 1), struct.pack("<I", 0) * 2])
def test_H5_raw_elements_that_do_not_fit_are_a_sentence(client, raw):
    error_of(raw_request(client, raw_head(len(raw)), raw), 400)


@pytest.mark.parametrize("length", ["-1", "x", "99999999", "٣", "1" * 30, "", "1e2"])
def test_H12_a_wrong_length_of_the_head_is_a_sentence(client, length):
    error_of(raw_request(client, raw_head(4), b"\0\0\0\0", length), 400)


@pytest.fixture
def triton(address):
    """NVIDIA's client, which is also KServe's."""
    http = pytest.importorskip("tritonclient.http", reason="tritonclient[http] is not installed")
    found = http.InferenceServerClient(address)
    yield http, found
    found.close()


def test_the_triton_client_asks_for_health_and_metadata(triton):
    _, found = triton
    assert found.is_server_live() and found.is_server_ready() and found.is_model_ready("tuskscope")
    assert found.get_server_metadata()["name"] == "tuskscope"
    (given,) = found.get_model_metadata("tuskscope", "1")["inputs"]
    assert given == {"name": "image", "datatype": "BYTES", "shape": [-1]}
    assert not found.is_model_ready("other")


@pytest.mark.parametrize("outputs", [None, True, False])
def test_the_triton_client_infers_files_with_its_binary_tensors(client, triton, outputs):
    http, found = triton
    given = http.InferInput("image", [2], "BYTES")
    given.set_data_from_numpy(np.array([RED, BLUE], dtype=object))
    wanted = (
        outputs
        if outputs is None
        else [http.InferRequestedOutput(name, binary_data=outputs) for name in ("probabilities", "label")]
    )
    result = found.infer("tuskscope", [given], outputs=wanted, request_id="7")
    assert np.allclose(result.as_numpy("probabilities"), expected(client, RED, BLUE), atol=1e-6)
    labels = [item.decode() if isinstance(item, bytes) else item for item in result.as_numpy("label")]
    assert labels == ["African", "Asian"] and result.get_response()["id"] == "7"


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("datatype, kind", [("UINT8", np.uint8), ("FP32", np.float32)])
def test_the_triton_client_infers_pixels(client, triton, datatype, kind, binary):
    http, found = triton
    stack = np.stack([pixels_of(RED), pixels_of(BLUE)]).astype(kind)
    given = http.InferInput("image", list(stack.shape), datatype)
    given.set_data_from_numpy(stack, binary_data=binary)
    result = found.infer("tuskscope", [given])
    assert np.allclose(result.as_numpy("probabilities"), expected(client, RED, BLUE), atol=1e-6)


def test_the_triton_client_shows_our_sentence(triton):
    http, found = triton
    from tritonclient.utils import InferenceServerException

    given = http.InferInput("image", [1], "BYTES")
    given.set_data_from_numpy(np.array([b"broken"], dtype=object))
    with pytest.raises(InferenceServerException, match="not a JPEG"):
        found.infer("tuskscope", [given])
