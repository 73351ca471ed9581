"""Predictions, explanations, runs and health: what a program gets, and rows R8 to R11, R14, R19 and R20."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest
import tiny_run
from api_fakes import (
    FakePredictor,
    FakeSource,
    answers_of,
    client_of,
    empty_source,
    explain,
    make_client,
    make_paths,
    make_run,
    multipart,
    picture,
    predict,
    problem_of,
)
from PIL import Image

from api.settings import Settings
from core.errors import ConfigError, RunInvalidError
from core.runs import registry, staging
from core.runs.promotions import history

RUNS = "/api/v1/runs"
GOOD = {"dataset": "photos", "preset": "quick"}


@pytest.fixture
def client(tmp_path):
    return make_client(tmp_path)


@pytest.fixture
def following(tmp_path):
    """A client whose predictor follows the registry, with three succeeded runs and nothing promoted."""
    paths = make_paths(tmp_path)
    for run_id in ("run-a", "run-b", "run-c"):
        make_run(paths, run_id)
    return client_of(paths, FakeSource(paths))


def promote(client, run_id: str):
    return client.post(f"{RUNS}/{run_id}/promote")


def test_a_picture_is_predicted_as_the_contract_says(client):
    body = predict(client, picture((250, 10, 20)), filename="my photo \u202e.jpg").get_json()
    assert set(body) == {"run_id", "predictions"} and body["run_id"] == "run-a"
    record = body["predictions"][0]
    assert list(record) == [
        "path",
        "answer",
        "label",
        "probability",
        "probabilities",
        "subject_score",
        "is_subject",
        "uncertain",
        "run_id",
        "error",
    ]
    assert record["path"] == "my photo \\u202e.jpg" and record["label"] == "African" and record["error"] is None
    assert record["probability"] == record["probabilities"]["African"] > 0.8 and record["uncertain"] is False


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_raw_body_is_the_same_as_a_form(client, kind):
    content = picture((10, 10, 250), kind=kind)
    raw = client.post("/api/v1/predictions", data=content, content_type=f"image/{kind.lower()}")
    assert raw.get_json()["predictions"][0]["path"] == "image-1"
    assert answers_of(raw) == answers_of(predict(client, content))


def test_many_pictures_give_many_records_and_a_bad_one_stops_nothing(client):
    body = predict(client, picture((250, 0, 0)), b"broken", b"", picture((0, 0, 250))).get_json()
    assert [record["path"] for record in body["predictions"]] == ["photo.jpg"] * 4
    assert [record["label"] for record in body["predictions"]] == ["African", None, None, "Asian"]
    assert "not a JPEG" in body["predictions"][1]["error"] and "empty" in body["predictions"][2]["error"]


def test_sixteen_pictures_equal_their_single_answers(client):
    files = [picture((16 * number, 80, 120)) for number in range(16)]
    batch = predict(client, *files).get_json()["predictions"]
    singles = [predict(client, file).get_json()["predictions"][0] for file in files]
    assert [record["probability"] for record in batch] == [record["probability"] for record in singles]


def test_an_explanation_is_the_picture_with_its_heat_map(client):
    image = Image.new("RGB", (60, 40), (128, 128, 128))
    image.paste((250, 0, 0), (0, 0, 30, 40))  # the left half is red: it is evidence for African
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    response = explain(client, buffer.getvalue(), **{"class": "African", "method": "class_map", "opacity": "1"})
    assert response.status_code == 200 and response.content_type == "image/png"
    assert (response.headers["X-Run-Id"], response.headers["X-Label"]) == ("run-a", "African")
    assert response.headers["X-Method"] == "class_map"
    pixels = np.asarray(Image.open(io.BytesIO(response.data))).astype(int)
    assert pixels.shape == (40, 60, 3)
    assert pixels[:, :20, 0].mean() > 200  # yellow where the evidence is
    assert np.abs(pixels[:, -20:] - 128).max() <= 1  # the photo itself where there is none


def test_an_explanation_without_opacity_is_the_picture(client):
    response = explain(client, picture((9, 90, 200), kind="PNG"), "?opacity=0")
    assert np.unique(np.asarray(Image.open(io.BytesIO(response.data))).reshape(-1, 3), axis=0).tolist() == [
        [9, 90, 200]
    ]


def test_a_network_without_class_maps_is_explained_by_occlusion(tmp_path):
    paths = make_paths(tmp_path)
    client = client_of(paths, FakePredictor(make_run(paths, image_size=(32, 32)), has_maps=False))
    assert explain(client, picture()).headers["X-Method"] == "occlusion"
    response = explain(client, picture(), method="class_map")
    assert (response.status_code, problem_of(response)) == (422, "method-unavailable")


@pytest.mark.parametrize("method", ["grad_cam", "magic", "../x"])
def test_methods_that_need_tensorflow_are_not_served(client, method):
    response = explain(client, picture(), method=method)
    assert (response.status_code, problem_of(response)) == (422, "method-unavailable")


def test_a_label_in_other_letters_is_percent_encoded_in_its_header(tmp_path):
    paths = make_paths(tmp_path)
    client = client_of(paths, FakePredictor(make_run(paths, class_names=("слон", "b"))))
    assert explain(client, picture()).headers["X-Label"] == "%D1%81%D0%BB%D0%BE%D0%BD"


def test_runs_are_listed_newest_first_with_the_served_one_marked(following):
    promote(following, "run-b")
    body = following.get(RUNS).get_json()
    assert [run["run_id"] for run in body["runs"]] == ["run-c", "run-b", "run-a"]
    assert body["active"] == "run-b" and body["total"] == 3
    assert [run["active"] for run in body["runs"]] == [False, True, False]
    assert following.get(RUNS + "?limit=1").get_json()["runs"][0]["run_id"] == "run-c"


def test_a_run_tells_its_facts_and_no_folder(client):
    evaluation, _ = tiny_run.evaluation()
    (client.paths.models_dir / "run-a" / "evaluation.json").write_text(json.dumps(evaluation))
    body = client.get(f"{RUNS}/run-a").get_json()
    assert body["run_id"] == "run-a" and body["active"] is True and body["job"] is None
    assert body["evaluation"]["test"]["accuracy"]["value"] == 0.875 and "roc" not in body["evaluation"]["test"]
    assert body["dataset"]["name"] == "photos" and "folder" not in body["dataset"]
    assert str(client.paths.data_dir) not in json.dumps(body)


def test_an_unknown_run_is_not_found(client):
    calls = (client.get(f"{RUNS}/nope"), client.delete(f"{RUNS}/nope"), client.post(f"{RUNS}/nope/cancel"))
    for response in (*calls, promote(client, "nope")):
        assert (response.status_code, problem_of(response)) == (404, "run-not-found")


def test_a_training_is_queued_with_its_settings(client):
    response = client.post(RUNS, json={**GOOD, "settings": {"epochs": 3, "learning_rate": 1, "labels": "given"}})
    body = response.get_json()
    assert response.status_code == 202 and response.headers["Location"] == f"{RUNS}/{body['run_id']}"
    assert body["job"]["state"] == "queued" and "pid" not in body["job"]
    folder, config = client.jobs.asked[0]
    assert folder == client.paths.data_dir / "photos"
    assert (config.preset, config.epochs, config.learning_rate, config.labels) == ("quick", 3, 1, "given")


def test_a_new_training_gets_an_id_that_no_run_has(client, monkeypatch):
    make_run(client.paths, "2026-11-23-quick-0001")
    make_run(client.paths, "2026-11-23-quick-0002", "queued")
    numbers = iter(("0001", "0002", "0003"))
    monkeypatch.setattr(staging, "new_run_id", lambda preset: f"2026-11-23-{preset}-{next(numbers)}")
    assert staging.free_run_id(client.paths, "quick") == "2026-11-23-quick-0003"


def test_a_full_training_queue_is_busy(client):
    client.jobs.capacity = 0
    response = client.post(RUNS, json=GOOD)
    assert (response.status_code, problem_of(response)) == (503, "busy")


def test_an_unknown_preset_is_refused(client):
    response = client.post(RUNS, json={**GOOD, "preset": "enormous"})
    assert (response.status_code, problem_of(response)) == (422, "invalid-setting")


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_live_training_is_shown_and_cancelled(client, state):
    make_run(client.paths, "run-live", state)
    assert client.get(f"{RUNS}/run-live").get_json()["job"]["state"] == "running"
    response = client.post(f"{RUNS}/run-live/cancel")
    assert response.status_code == 202 and response.get_json()["job"]["state"] == "cancelled"


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_a_finished_run_cannot_be_cancelled_and_is_kept(client, state):
    run = make_run(client.paths, "run-done", state)
    response = client.post(f"{RUNS}/run-done/cancel")
    assert (response.status_code, problem_of(response)) == (409, "run-finished")
    assert run.folder.is_dir()


def test_cancelling_twice_is_the_same_as_once(client):
    run = make_run(client.paths, "run-done", "cancelled")
    client.jobs.states["run-done"] = "cancelled"
    response = client.post(f"{RUNS}/run-done/cancel", json={})
    assert response.status_code == 202 and response.get_json()["job"]["state"] == "cancelled"
    assert run.folder.is_dir()


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled"])
def test_a_finished_run_is_deleted_for_good(client, state):
    run = make_run(client.paths, "run-done", state)
    response = client.delete(f"{RUNS}/run-done")
    assert (response.status_code, response.data) == (204, b"")
    assert not run.folder.exists()
    assert (
        problem_of(client.get(f"{RUNS}/run-done")) == problem_of(client.delete(f"{RUNS}/run-done")) == "run-not-found"
    )
    assert [line["run_id"] for line in client.get(RUNS).get_json()["runs"]] == ["run-a"]


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_live_run_is_not_deleted(client, state):
    run = make_run(client.paths, "run-live", state)
    response = client.delete(f"{RUNS}/run-live")
    assert (response.status_code, problem_of(response)) == (409, "run-invalid")
    assert run.folder.is_dir() and client.get(f"{RUNS}/run-live").status_code == 200


def test_deleting_and_cancelling_take_no_input(client):
    make_run(client.paths, "run-done", "failed")
    for response in (
        client.delete(f"{RUNS}/run-done?force=1"),
        client.delete(f"{RUNS}/run-done", json={"force": True}),
        client.post(f"{RUNS}/run-done/cancel", json={"force": True}),
    ):
        assert (response.status_code, problem_of(response)) == (422, "invalid-field")
    assert client.get(f"{RUNS}/run-done").status_code == 200


def test_R8_a_lost_pointer_serves_the_newest_run_and_says_degraded(following):
    pointer = registry.active_file(following.paths)
    promote(following, "run-b")
    assert following.get("/health/ready").get_json() == {"status": "ready", "run_id": "run-b"}
    for content in (None, b"", b"\xff\xfe garbage", b"deleted-run", b"../../etc", b"run-b/../run-a"):
        pointer.unlink(missing_ok=True)
        if content is not None:
            pointer.write_bytes(content)
        response = following.get("/health/ready")
        assert response.status_code == 200
        body = response.get_json()
        assert body == {"status": "degraded", "run_id": "run-c", "reason": body["reason"]}
        assert body["reason"].startswith("models/active names")
        assert predict(following, picture()).get_json()["run_id"] == "run-c"


def test_R3_R4_damaged_runs_are_listed_with_their_reason_and_refused_by_name(following):
    promote(following, "run-a")
    promote(following, "run-b")
    models = following.paths.models_dir
    (models / "run-b" / "model.tflite").write_bytes(b"litter")
    (models / "run-c" / "run.json").write_text('{"schema_version": 1, "run_id": "run-c", "created_at": 5}')
    body = following.get(RUNS).get_json()
    assert {line["run_id"]: (line["state"], line["active"]) for line in body["runs"]} == {
        "run-a": ("succeeded", True),
        "run-b": ("damaged", False),
        "run-c": ("damaged", False),
    }
    reasons = {line["run_id"]: line["message"] for line in body["runs"]}
    assert "model.tflite of run run-b" in reasons["run-b"] and "created_at: Expected str" in reasons["run-c"]
    assert body["active"] == predict(following, picture()).get_json()["run_id"] == "run-a"
    ready = following.get("/health/ready").get_json()
    assert ready == {"status": "degraded", "run_id": "run-a", "reason": reasons["run-b"]}
    for run_id in ("run-b", "run-c"):
        assert problem_of(promote(following, run_id)) == "run-invalid"
    assert problem_of(following.get(f"{RUNS}/run-c")) == "run-invalid"
    assert following.post("/api/v1/rollback").get_json() == {"active": "run-a"}
    assert following.get("/health/ready").get_json() == {"status": "ready", "run_id": "run-a"}


def test_R9_without_a_run_it_lives_but_is_not_ready(tmp_path):
    paths = make_paths(tmp_path)
    for client in (client_of(paths, empty_source()), client_of(paths, None)):  # the second is the real source
        assert client.get("/health/live").get_json() == {"status": "live"}
        for response in (client.get("/health/ready"), predict(client, picture()), explain(client, picture())):
            assert (response.status_code, problem_of(response)) == (503, "no-model")
        assert client.get(RUNS).get_json() == {"active": None, "total": 0, "runs": []}
        assert client.get("/").status_code == 200
        assert client.post("/", **multipart(picture())).status_code == 503


def test_R9_a_served_run_that_cannot_be_loaded_is_no_model(following):
    promote(following, "run-a")
    client = client_of(following.paths, None)  # the real predictor finds no model.tflite
    response = predict(client, picture())
    assert (response.status_code, problem_of(response)) == (503, "no-model")


def test_R10_the_served_run_cannot_be_deleted(client):
    assert client.delete(f"{RUNS}/run-a").status_code == 409
    with pytest.raises(RunInvalidError):
        registry.delete(client.paths, "run-a")
    assert predict(client, picture()).status_code == 200


def test_R10_the_run_that_serves_in_place_of_a_lost_pointer_cannot_be_deleted(following):
    response = following.delete(f"{RUNS}/run-c")  # nothing was promoted: the newest run serves
    assert (response.status_code, problem_of(response)) == (409, "run-invalid")
    assert following.delete(f"{RUNS}/run-b").status_code == 204
    assert predict(following, picture()).get_json()["run_id"] == "run-c"


def test_R11_promoting_twice_is_the_same_as_once(following):
    for _ in range(2):
        response = promote(following, "run-a")
        assert response.status_code == 200 and response.get_json() == {"active": "run-a"}
    assert len(history(following.paths)) == 1


def test_R11_rolling_back_goes_back_and_then_says_that_there_is_no_more(following):
    for run_id in ("run-a", "run-b"):
        promote(following, run_id)
    assert following.post("/api/v1/rollback").get_json() == {"active": "run-a"}
    response = following.post("/api/v1/rollback")
    assert (response.status_code, problem_of(response)) == (409, "run-invalid")
    assert following.get(RUNS).get_json()["active"] == "run-a"


def test_R2_a_run_that_failed_or_changed_is_not_promoted(following):
    promote(following, "run-a")
    make_run(following.paths, "run-failed", "failed")
    make_run(following.paths, "run-changed", files={"model.tflite": "0" * 64})
    for run_id in ("run-failed", "run-changed"):
        response = promote(following, run_id)
        assert (response.status_code, problem_of(response)) == (409, "run-invalid")
    assert following.get(RUNS).get_json()["active"] == "run-a"


def test_R14_a_promotion_elsewhere_is_followed_by_the_next_prediction(following):
    promote(following, "run-a")
    assert predict(following, picture()).get_json()["run_id"] == "run-a"
    registry.promote(following.paths, "run-b")
    assert predict(following, picture()).get_json()["run_id"] == "run-b"


@pytest.mark.parametrize(
    "method, path",
    [
        ("POST", "/api/v1/models"),
        ("PUT", f"{RUNS}/run-a"),
        ("POST", f"{RUNS}/run-a"),
        ("PUT", f"{RUNS}/run-a/model.keras"),
    ],
)
def test_R20_a_model_file_cannot_be_uploaded(client, method, path):
    assert client.open(path, method=method, data=b"x").status_code in (404, 405)


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("TUSKSCOPE_API_QUEUE", "0")
    monkeypatch.setenv("TUSKSCOPE_API_KEY", "k")
    monkeypatch.setenv("TUSKSCOPE_API_HOSTS", "a.example, b.example")
    settings = Settings.from_env()
    assert (settings.queue, settings.key, settings.predict_slots) == (0, "k", Settings().predict_slots)
    assert settings.trusted_hosts == ["localhost", "127.0.0.1", "a.example", "b.example"]


@pytest.mark.parametrize("name, text", [("QUEUE", "-1"), ("QUEUE", "many"), ("PREDICT_SLOTS", "0"), ("RATE", "٣")])
def test_an_impossible_setting_is_refused(monkeypatch, name, text):
    monkeypatch.setenv(f"TUSKSCOPE_API_{name}", text)
    with pytest.raises(ConfigError, match=name):
        Settings.from_env()


def test_importing_the_api_loads_neither_tensorflow_nor_streamlit():
    code = (
        "import sys, api.app, api.__main__\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} "
        "& {'tensorflow', 'keras', 'streamlit', 'plotly', 'streamlit_app', 'tf_keras_vis'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_T2_the_same_idempotency_key_gets_the_first_run(client):
    body = {"dataset": "photos", "preset": "quick"}
    answers = [
        client.post("/api/v1/runs", json=body, headers={"Idempotency-Key": key}) for key in ("one", "one", "two")
    ]
    assert [answer.status_code for answer in answers] == [202] * 3
    first, again, other = (answer.get_json()["run_id"] for answer in answers)
    assert first == again != other and len(client.jobs.asked) == 2
    refused = client.post("/api/v1/runs", json=body, headers={"Idempotency-Key": "x" * 256})
    assert refused.status_code == 400 and "1 to 255 characters" in refused.get_json()["detail"]


@pytest.mark.parametrize("number", [28, 30])
def test_T9_a_disk_that_takes_nothing_is_507_with_a_sentence(client, monkeypatch, number):
    def refuses(*_, **__):
        raise OSError(number, "the system's words", "/secret/path")

    monkeypatch.setattr(client.jobs, "enqueue", refuses)
    monkeypatch.setattr(registry, "promote", refuses)
    for answer in (
        client.post("/api/v1/runs", json={"dataset": "photos", "preset": "quick"}),
        client.post("/api/v1/runs/run-a/promote"),
    ):
        assert answer.status_code == 507
        assert answer.get_json()["detail"].startswith("The disk is ") and "secret" not in answer.get_data(as_text=True)
