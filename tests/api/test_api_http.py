"""HTTP and JSON: the troubles of docs/reliability.md, rows H1 to H25, without a port."""

import json
import logging
import threading
import time

import pytest
from api_fakes import (
    BrokenSource,
    ask_page,
    client_of,
    explain,
    make_client,
    make_paths,
    multipart,
    picture,
    predict,
    problem_of,
)

from api import limits
from core.runs.folder import RUN_ID

RUNS = "/api/v1/runs"
MUTATIONS = [
    ("POST", RUNS),
    ("DELETE", RUNS + "/run-a"),
    ("POST", RUNS + "/run-a/promote"),
    ("POST", "/api/v1/rollback"),
    ("POST", "/api/v1/datasets/photos/decisions"),
]
GOOD = {"dataset": "photos", "preset": "quick"}
TRAVERSALS = [
    "..",
    "../x",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "%2e%2e%2f",
    "%252e%252e%252f",
    "..\\x",
    "..%5cx",
    "..%00",
    "%00",
    "run-a%00",
    "run-a%0a",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "~",
    "~root",
    "%5c%5cserver%5cshare",
    "CON",
    "con.png",
    "NUL",
    "a" * 5000,
    ".",
    "...",
    ".staging-run-a",
    ".deleted-run-a",
    "-run",
    "_run",
    "RUN-A",
    "run-a/",
    "run-a/..",
    "run-a/../run-a",
    "run a",
    "run-a%20",
    "%E2%80%AE",
    "ｒｕｎ-ａ",
    "run-a;x",
    "run-a%23",
    "run-a%3f",
    "active",
    "history.jsonl",
    "file:%2f%2f%2fetc",
    "C:%5c",
]


@pytest.fixture
def client(tmp_path):
    return make_client(tmp_path)


def start(client, body, **options):
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.post(RUNS, data=data, **{"content_type": "application/json", **options})


def refuses(client, body, status, code=None, **options) -> dict:
    """Expects a refusal and that nothing was queued."""
    response = start(client, body, **options)
    assert response.status_code == status, response.data
    assert code is None or problem_of(response) == code
    assert client.jobs.asked == []
    return response.get_json(force=True)


@pytest.mark.parametrize("opening, depth", [("[", 60_000), ('{"a":', 12_000), ("[", 2_000)])
def test_H1_deeply_nested_json_is_a_bad_request(client, opening, depth):
    refuses(client, opening * depth, 400, "invalid-json")


def test_H1_json_above_64_kilobytes_is_not_parsed(client):
    refuses(client, "[" * 100_000, 413, "too-large")


@pytest.mark.parametrize("body", ["[]", '"text"', "null", "7", "true"])
def test_H2_other_json_than_an_object_is_refused(client, body):
    refuses(client, body, 422, "invalid-field")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_H3_numbers_that_are_none_are_refused_and_never_echoed(client, number):
    body = refuses(client, f'{{"dataset":"photos","preset":"quick","settings":{{"epochs":{number}}}}}', 422)
    assert number not in body["detail"].replace("no NaN and no Infinity", "")


@pytest.mark.parametrize(
    "epochs",
    [2**63, 10**20, "1" * 5000, "-" + "1" * 5000, -1, 0, 10**9, 1.5, '"5"', "true", "null", "[5]", "{}"],
)
def test_H4_impossible_epochs_are_refused_by_name(client, epochs):
    body = refuses(client, f'{{"dataset":"photos","preset":"quick","settings":{{"epochs":{epochs}}}}}', 422)
    assert "epochs" in body["detail"]


@pytest.mark.parametrize(
    "key, value",
    [
        ("backbone", ["x"]),
        ("backbone", 5),
        ("labels", "both"),
        ("name", "x"),
        ("image_size", [32]),
        ("image_size", "150"),
        ("preset", "quick"),
        ("image_size", [10**30, 5]),
        ("flip", 1),
        ("seed", -1),
    ],
)
def test_H4_other_impossible_settings_are_refused(client, key, value):
    refuses(client, {**GOOD, "settings": {key: value}}, 422, "invalid-setting")


@pytest.mark.parametrize(
    "body",
    [
        r'{"dataset":"\ud800","preset":"quick"}',
        r'{"dataset":"a\u0000","preset":"quick"}',
        r'{"dataset":"\u202etxt","preset":"quick"}',
        '{"dataset":"%s","preset":"quick"}' % ("a" * 60_000),
        '{"dataset":"photos","dataset":"photos","preset":"quick"}',
        json.dumps({f"k{number}": 1 for number in range(5_000)}),
        r'{"\ud800":1}',
        '{"dataset":5,"preset":"quick"}',
        '{"dataset":{"a":1},"preset":"quick"}',
        '{"dataset":"photos","preset":"quick","settings":[]}',
        "{}",
    ],
)
def test_H5_strange_texts_and_fields_are_refused(client, body):
    refuses(client, body, 422)


@pytest.mark.parametrize(
    "body", [b'{"dataset":"\xff"}', json.dumps(GOOD).encode("utf-16"), b"", b"{", b"\xef\xbb\xbf{}"]
)
def test_H6_what_is_not_utf8_json_is_a_bad_request(client, body):
    refuses(client, body, 400, "invalid-json")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "GZIP", "gzip, identity"])
def test_H6_a_compressed_body_is_refused_with_that_reason_everywhere(client, encoding):
    headers = {"Content-Encoding": encoding}
    assert f"Content-Encoding: {encoding.lower()}" in refuses(client, GOOD, 415, headers=headers)["detail"]
    for address in ("/api/v1/predictions", "/api/v1/explanations"):
        response = client.post(address, data=picture(), content_type="image/jpeg", headers=headers)
        assert response.status_code == 415 and "is compressed" in response.get_json(force=True)["detail"]
    for address in ("/v1/models/tuskscope:predict", "/v2/models/tuskscope/infer"):
        response = client.post(address, data=b"\x1f\x8b", headers=headers)
        assert response.status_code == 400 and "is compressed" in response.get_json()["error"]
    response = client.post("/", **multipart(picture()), headers=headers)
    assert response.status_code == 415 and "is compressed" in response.get_data(as_text=True)
    assert predict(client, picture()).status_code == 200


def test_H6_identity_is_no_encoding(client):
    headers = {"Content-Encoding": "identity"}
    assert client.post("/api/v1/predictions", **multipart(picture()), headers=headers).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
def test_H7_json_in_another_wrapping_changes_nothing(client, kind):
    refuses(client, GOOD, 415, "unsupported-media-type", content_type=kind)


@pytest.mark.parametrize("method, path", MUTATIONS[1:])
def test_H7_a_form_cannot_change_anything(client, method, path):
    response = client.open(path, method=method, data=b"a=b", content_type="text/plain")
    assert response.status_code == 415


def test_H8_unknown_fields_are_refused(client):
    refuses(client, {**GOOD, "epochs": 3}, 422, "invalid-field")
    assert client.get(RUNS + "?page=2").status_code == 422
    assert client.post("/api/v1/predictions?run=x", **multipart(picture())).status_code == 422
    assert explain(client, picture(), "?colour=red").status_code == 422


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/api/v1/predictions"),
        ("PUT", RUNS),
        ("PATCH", RUNS + "/run-a"),
        ("POST", "/health/live"),
        ("DELETE", "/api/v1/rollback"),
    ],
)
def test_H9_a_wrong_method_is_named_with_the_right_ones(client, method, path):
    response = client.open(path, method=method)
    assert (response.status_code, problem_of(response)) == (405, "method-not-allowed")
    assert response.headers["Allow"]


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/api",
        "/api/v1",
        "/api/v2/runs",
        RUNS + "/",
        "/api//v1/runs",
        "/health",
        "/health/live/",
        "/static/x",
        "/api/v1/models",
    ],
)
def test_H9_an_unknown_address_is_a_problem_and_never_a_redirect(client, path):
    response = client.get(path)
    assert (response.status_code, problem_of(response)) == (404, "not-found")


def test_H9_head_and_options_work_as_usual(client):
    assert client.head("/health/live").status_code == 200
    response = client.options(RUNS)
    assert response.status_code == 200 and "POST" in response.headers["Allow"]


@pytest.mark.parametrize("name", TRAVERSALS)
def test_H10_a_run_id_never_leaves_the_folder(client, name):
    canary = client.paths.models_dir.parent / "canary"
    canary.mkdir()
    for method in ("GET", "DELETE"):
        response = client.open(f"{RUNS}/{name}", method=method)
        assert response.status_code in (404, 405), response.data
        problem_of(response)
    assert client.post(f"{RUNS}/{name}/promote").status_code in (404, 405)
    assert canary.is_dir() and (client.paths.models_dir / "run-a" / "run.json").is_file()


@pytest.mark.parametrize(
    "name", ["..", ".", "", "../data", "/etc", "~", ".tuskscope", "photos/..", "photos/African", "CON"]
)
def test_H10_a_dataset_name_never_leaves_the_folder(client, name):
    (client.paths.data_dir / ".tuskscope").mkdir()
    refuses(client, {**GOOD, "dataset": name}, 422, "unknown-dataset")


@pytest.mark.parametrize("name", ["../African", "African/..", "<b>", "a" * 900])
def test_H10_a_class_name_is_looked_up(client, name):
    response = explain(client, picture(), **{"class": name})
    assert (response.status_code, problem_of(response)) == (422, "unknown-class")


def test_H11_only_ids_of_the_grammar_are_looked_up(client):
    outside = client.paths.models_dir / "Upper Case"
    (client.paths.models_dir / "run-a").rename(outside)
    for name in ("Upper Case", "Upper%20Case"):
        assert not RUN_ID.fullmatch("Upper Case") and client.get(f"{RUNS}/{name}").status_code == 404


@pytest.mark.parametrize("text", ["abc", "٣", "9" * 4400, "-1", "0", "1001", "1e2", "1.0", "", "+5", " 5"])
def test_H12_query_numbers_are_read_strictly(client, text):
    response = client.get(RUNS, query_string={"limit": text})
    assert (response.status_code, problem_of(response)) == (422, "invalid-field")


@pytest.mark.parametrize("text", ["abc", "2", "-0.1", "nan", "inf", "0x1", "", "٠", "1e-1"])
def test_H12_an_opacity_is_read_strictly(client, text):
    response = explain(client, picture(), opacity=text)
    assert (response.status_code, problem_of(response)) == (422, "invalid-field")


def test_H12_a_value_may_come_once(client):
    assert problem_of(explain(client, picture(), "?opacity=0.5", opacity="0.4")) == "invalid-field"
    assert client.get(RUNS + "?limit=1&limit=2").status_code == 422


def test_H16_a_request_that_fails_gives_its_slots_back(tmp_path):
    client = make_client(tmp_path, queue=0, predict_slots=1, decode_slots=1)
    for _ in range(50):
        assert predict(client, b"broken").status_code == 415
        assert (
            client.post(
                "/api/v1/predictions",
                data=b"--limit\r\nConte",
                content_type="multipart/form-data; boundary=limit",
            ).status_code
            == 400
        )  # the client left in the middle
    assert predict(client, picture()).status_code == 200


def test_H17_huge_text_fields_and_many_parts_are_refused(client):
    assert problem_of(explain(client, picture(), **{"class": "a" * 600_000})) == "too-large"
    many = {f"field{number}": "x" for number in range(1_500)}
    assert problem_of(predict(client, picture(), **many)) == "too-large"


def test_H17_a_long_boundary_or_file_name_does_no_harm(client):
    body = multipart(picture(), filename="x" * 64_000 + ".jpg")
    assert client.post("/api/v1/predictions", **body).status_code in (200, 400, 413)
    kind = "multipart/form-data; boundary=" + "b" * 200_000
    assert client.post("/api/v1/predictions", data=b"x", content_type=kind).status_code in (400, 413)


@pytest.mark.parametrize(
    "host", ["evil.test", "evil.test:8000", "localhost.evil.test", "127.0.0.1.evil.test", "a b", ""]
)
def test_H18_an_unknown_host_is_refused(client, host):
    for path in ("/health/live", RUNS):
        response = client.get(path, headers={"Host": host}, environ_overrides={"SERVER_NAME": host or "x"})
        assert (response.status_code, problem_of(response)) == (400, "bad-request")


def test_H18_further_hosts_can_be_allowed(tmp_path):
    client = make_client(tmp_path, hosts="tusk.example, other.example")
    assert client.get("/health/live", headers={"Host": "tusk.example:8000"}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.test", "null", "http://localhost.evil.test", "http://localhost:99", ""]
)
@pytest.mark.parametrize("method, path", [*MUTATIONS, ("POST", "/api/v1/predictions"), ("POST", "/")])
def test_H19_a_foreign_site_changes_nothing(client, method, path, origin):
    response = client.open(path, method=method, json=GOOD, headers={"Origin": origin})
    assert response.status_code == 403 and client.jobs.asked == []
    assert path == "/" or problem_of(response) == "foreign-origin"


def test_H19_no_origin_is_ever_allowed_to_read(client):
    headers = {"Origin": "https://evil.test", "Access-Control-Request-Method": "POST"}
    for response in (client.options(RUNS, headers=headers), client.get(RUNS, headers=headers)):
        assert not any(name.startswith("Access-Control") for name in response.headers.keys())


def test_H19_the_own_page_may_post(client):
    assert start(client, GOOD, headers={"Origin": "http://localhost"}).status_code == 202


@pytest.mark.parametrize("method, path", MUTATIONS)
@pytest.mark.parametrize(
    "headers, query",
    [
        ({}, ""),
        ({"Authorization": "Bearer wrong"}, ""),
        ({}, "?key=secret"),
        ({"Authorization": "Basic secret"}, ""),
        ({"Authorization": "secret"}, ""),
        ({"Authorization": "Bearer sécret"}, ""),
    ],
)
def test_H20_a_change_needs_the_key(tmp_path, caplog, method, path, headers, query):
    client = make_client(tmp_path, key="secret")
    with caplog.at_level(logging.INFO):
        response = client.open(path + query, method=method, json=GOOD, headers=headers)
    assert (response.status_code, problem_of(response)) == (401, "unauthorized")
    assert response.headers["WWW-Authenticate"] == "Bearer" and client.jobs.asked == []
    assert "secret" not in caplog.text


def test_H20_the_right_key_opens_and_reading_needs_none(tmp_path):
    client = make_client(tmp_path, key="secret")
    assert start(client, GOOD, headers={"Authorization": "Bearer secret"}).status_code == 202
    assert client.get(RUNS).status_code == 200 and predict(client, picture()).status_code == 200


def test_H20_without_a_key_only_this_machine_may_change(client):
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    refuses(client, GOOD, 403, "forbidden", environ_overrides=elsewhere)
    assert client.get(RUNS, environ_overrides=elsewhere).status_code == 200
    assert start(client, GOOD, environ_overrides={"REMOTE_ADDR": "::1"}).status_code == 202


def test_H21_too_many_requests_of_one_address_are_refused_and_others_are_not(tmp_path):
    client = make_client(tmp_path, rate=20)
    answers = [client.get(RUNS) for _ in range(60)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused and problem_of(refused[0]) == "too-many-requests" and refused[0].headers["Retry-After"] == "1"
    assert client.get(RUNS, environ_overrides={"REMOTE_ADDR": "127.0.0.2"}).status_code == 200
    assert client.get("/health/live").status_code == 200 and predict(client, picture()).status_code == 200


def test_H21_the_allowance_grows_back_and_addresses_are_forgotten():
    rate = limits.Rate(2)
    assert [rate.take("a", 0.0) for _ in range(3)] == [True, True, False]
    assert rate.take("a", 0.5) and not rate.take("a", 0.6)
    for number in range(2 * limits.MAX_ADDRESSES):
        rate.take(str(number), 1.0)
    assert len(rate._buckets) == limits.MAX_ADDRESSES


def test_H22_a_full_queue_is_said_at_once_and_health_still_answers(tmp_path):
    client = make_client(tmp_path, queue=3, predict_slots=1)
    client.predictor.let_go.clear()
    answers = []
    app = client.application
    threads = [
        threading.Thread(target=lambda: answers.append(predict(app.test_client(), picture()).status_code))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: app.extensions["slots"].admitted._value == 0)
    response = predict(app.test_client(), picture())  # comes while all the others still wait
    assert (response.status_code, problem_of(response)) == (503, "busy")
    assert response.headers["Retry-After"] == "1"
    assert app.test_client().get("/health/live").status_code == 200
    assert app.test_client().get("/health/ready").status_code == 200
    client.predictor.let_go.set()
    for thread in threads:
        thread.join()
    assert answers == [200] * 4 and predict(app.test_client(), picture()).status_code == 200


def test_H22_a_request_gives_up_at_its_deadline(tmp_path):
    client = make_client(tmp_path, predict_slots=1, queue=5, predict_seconds=0)
    client.predictor.let_go.clear()
    slots = client.application.extensions["slots"]
    slots.predicting.acquire()
    response = predict(client, picture())
    assert (response.status_code, problem_of(response)) == (503, "busy")
    slots.predicting.release()
    client.predictor.let_go.set()
    assert predict(client, picture()).status_code == 200


def test_H23_every_answer_carries_the_security_headers(client):
    answers = [
        client.get("/"),
        ask_page(client, picture()),
        ask_page(client, b""),
        client.get("/nothing"),
        client.get(RUNS),
        predict(client, picture()),
        predict(client, b""),
        explain(client, picture()),
        client.get("/health/live"),
        client.get("/metrics"),
        client.get("/openapi.json"),
        client.get("/docs"),
        client.get("/docs/swagger-ui.css"),
        client.get("/v1/models/tuskscope"),
        client.post("/v2/models/tuskscope/infer"),
        client.options(RUNS),
        client.get("/", headers={"Host": "evil.test"}),
    ]
    for response in answers:
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert response.headers["Cache-Control"] == "no-store" and response.headers["X-Frame-Options"] == "DENY"
        assert "Server" not in response.headers
    assert len({response.headers["X-Request-ID"] for response in answers}) == len(answers)


def test_H23_the_request_id_is_never_the_clients(client):
    response = client.get("/health/live", headers={"X-Request-ID": "forged"})
    assert response.headers["X-Request-ID"] != "forged"


def test_H24_what_clients_send_is_logged_on_one_escaped_line(client, caplog):
    with caplog.at_level(logging.INFO, logger="tuskscope.api"):
        predict(client, picture(), filename="x\u2028\x1b[31m.jpg")
        client.get("/nothing/%0d%0aX-Evil:%201%1b[31m%E2%80%A8", headers={"User-Agent": "a\tb\x1b[31m"})
    assert len(caplog.messages) == 2
    for line in caplog.messages:
        assert line.isascii() and line.isprintable()
        assert set(json.loads(line)) == {
            "request_id",
            "method",
            "path",
            "status",
            "seconds",
            "address",
            "user_agent",
        }


def test_H24_client_texts_do_not_reach_headers(client):
    response = explain(client, picture(), **{"class": "a\r\nX-Evil: 1"})
    assert response.status_code == 422 and "X-Evil" not in response.headers


SECRETS = ("secret-path", "KeyError", "Traceback", "/srv", ".py")


@pytest.mark.parametrize(
    "method, path",
    [
        ("POST", "/api/v1/predictions"),
        ("POST", "/api/v1/explanations"),
        ("GET", "/health/ready"),
        ("POST", "/"),
        ("GET", "/"),
    ],
)
def test_H25_an_unexpected_error_tells_nothing(tmp_path, caplog, method, path):
    client = client_of(make_paths(tmp_path), BrokenSource(KeyError("/srv/secret-path/x.py")))
    response = client.open(path, method=method, **(multipart(picture()) if method == "POST" else {}))
    assert response.status_code == 500
    if path != "/":
        assert problem_of(response) == "internal-error"
    assert not any(secret in response.get_data(as_text=True) for secret in SECRETS)
    assert response.headers["X-Request-ID"] in caplog.text and "secret-path" in caplog.text


def test_H25_an_error_in_predicting_or_queueing_tells_nothing(client):
    client.predictor.failure = OSError("/srv/secret-path")
    for response in (predict(client, picture()), explain(client, picture()), ask_page(client, picture())):
        assert response.status_code == 500
        assert not any(secret in response.get_data(as_text=True) for secret in SECRETS)
    client.jobs.enqueue = None  # not callable: a TypeError inside the route
    assert problem_of(start(client, GOOD)) == "internal-error"


def test_H25_dataset_errors_do_not_name_folders(client):
    from core.errors import DatasetError

    def enqueue(*_, **__):
        raise DatasetError("Expected class folders with photos in /srv/secret-path.")

    client.jobs.enqueue = enqueue
    response = start(client, GOOD)
    assert (response.status_code, problem_of(response)) == (422, "dataset-unusable")
    assert "secret-path" not in response.get_data(as_text=True)


def wait_until(condition, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "The condition never came true."
        time.sleep(0.005)
