"""What a run left behind, over HTTP: evaluation, learning curve, card, model, and the history of promotions."""

import hashlib
import io
import json
import zipfile
from dataclasses import asdict

import pytest
import tiny_run
from api_fakes import make_client, make_run, problem_of
from conftest import draw_photo

from core.export.check import ExportCheck
from core.export.files import digest
from core.export.formats import FORMATS
from core.files import sha256_of, write_json
from core.runs import registry

RUNS = "/api/v1/runs"


@pytest.fixture
def client(tmp_path):
    return make_client(tmp_path)


@pytest.fixture
def complete(client):
    """The folder of a run with a model in both formats."""
    contents = {"model.tflite": b"litert" * 1000, "model.keras": b"keras" * 1000}
    files = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    run = make_run(client.paths, "run-full", files=files)
    for name, content in contents.items():
        (run.folder / name).write_bytes(content)
    return run.folder


def test_an_evaluation_is_given_whole(client):
    evaluation, _ = tiny_run.evaluation()
    (client.paths.models_dir / "run-a" / "evaluation.json").write_text(json.dumps(evaluation))
    assert client.get(f"{RUNS}/run-a/evaluation").get_json() == {
        "run_id": "run-a",
        "evaluation": json.loads(json.dumps(evaluation)),
    }


def test_a_run_that_was_not_evaluated_has_no_splits(client):
    assert client.get(f"{RUNS}/run-a/evaluation").get_json()["evaluation"] == {}


def test_a_learning_curve_has_null_where_nothing_was_measured(client):
    lines = ["epoch,loss,accuracy,val_loss,val_accuracy", "1,0.5,0.7,,", "2,inf,nan,0.25,0.5"]
    (client.paths.models_dir / "run-a" / "history.csv").write_text("\n".join(lines))
    assert client.get(f"{RUNS}/run-a/history").get_json()["history"] == [
        {"epoch": 1, "loss": 0.5, "accuracy": 0.7, "val_loss": None, "val_accuracy": None},
        {"epoch": 2, "loss": None, "accuracy": None, "val_loss": 0.25, "val_accuracy": 0.5},
    ]


def test_a_run_without_a_learning_curve_has_no_rows(client):
    assert client.get(f"{RUNS}/run-a/history").get_json() == {"run_id": "run-a", "history": []}


def test_a_model_card_is_markdown_and_never_a_page(client):
    (client.paths.models_dir / "run-a" / "README.md").write_text("# Слон <script>alert(1)</script>", encoding="utf-8")
    response = client.get(f"{RUNS}/run-a/card")
    assert response.status_code == 200 and response.content_type == "text/markdown; charset=utf-8"
    assert response.get_data(as_text=True).startswith("# Слон")
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_card_of_an_old_run_is_made_when_asked_for(client):
    draw_photo(client.paths.data_dir / "photos" / "African" / "a.jpg", (180, 90, 60), 1)
    response = client.get(f"{RUNS}/run-a/card")
    assert response.status_code == 200 and response.content_type == "text/markdown; charset=utf-8"
    assert response.get_data(as_text=True).startswith("# Model card: run-a\n")
    assert not (client.paths.models_dir / "run-a" / "README.md").exists()  # a run folder is never written again


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_only_a_succeeded_run_has_a_card(client, state):
    make_run(client.paths, "run-other", state)
    response = client.get(f"{RUNS}/run-other/card")
    assert (response.status_code, problem_of(response)) == (409, "run-invalid")


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_live_run_has_no_card_yet(client, state):
    make_run(client.paths, "run-live", state)
    response = client.get(f"{RUNS}/run-live/card")
    assert (response.status_code, problem_of(response)) == (409, "not-finished")


@pytest.mark.parametrize(
    "query, name", [("", "model.tflite"), ("?format=litert", "model.tflite"), ("?format=keras", "model.keras")]
)
def test_a_model_is_downloaded_with_its_class_names_behind_it(client, complete, query, name):
    with client.get(f"{RUNS}/run-full/export{query}") as response:
        assert response.status_code == 200 and response.data.startswith((complete / name).read_bytes())
    archive = zipfile.ZipFile(io.BytesIO(response.data))
    assert archive.read("labels.txt") == b"African\nAsian\n"
    assert json.loads(archive.read("model.json"))["image_size"] == [30, 40]
    assert response.content_type == "application/octet-stream"
    assert response.headers["Content-Disposition"] == f"attachment; filename=run-full.{name.rpartition('.')[2]}"
    assert response.headers["ETag"] == f'"{hashlib.sha256(response.data).hexdigest()}"'


@pytest.mark.parametrize(
    "kind, code",
    [
        ("pickle", "invalid-field"),
        ("../x", "invalid-field"),
    ],
)
def test_unknown_formats_are_refused_in_a_sentence(client, complete, kind, code):
    response = client.get(f"{RUNS}/run-full/export", query_string={"format": kind})
    assert (response.status_code, problem_of(response)) == (422, code)


@pytest.mark.parametrize("kind", ["onnx", "saved_model", "litert-float16", "litert-int8"])
def test_a_conversion_that_nobody_made_is_refused_with_the_command_that_makes_it(client, complete, kind):
    response = client.get(f"{RUNS}/run-full/export", query_string={"format": kind})
    assert (response.status_code, problem_of(response)) == (404, "not-exported")
    assert f"python -m core export run-full --format {kind} DIR" in response.get_json()["detail"]


def store_export(client, format_name: str, content: dict[str, bytes]):
    """A checked export of `run-full` as `core.export` leaves it behind: one file, or a folder of several."""
    run = registry.load(client.paths, "run-full")
    folder = registry.exports_folder(run, client.paths)
    path = folder / f"model{FORMATS[format_name].suffix}"
    for name, part in content.items():
        file = path / name if name else path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(part)
    check = ExportCheck("run-full", format_name, 1, 1.0, 0.0, 0.0, 0, 0, 9, "9 photos", ("probabilities",))
    write_json(
        folder / f"{format_name}.json", {**asdict(check), "sha256": digest(path), "class_names": run.class_names}
    )
    return path


def test_a_stored_export_is_downloaded_without_tensorflow(client, complete):
    path = store_export(client, "onnx", {"": b"onnx" * 1000})
    with client.get(f"{RUNS}/run-full/export?format=onnx") as response:
        assert response.status_code == 200 and response.data == b"onnx" * 1000
    assert response.content_type == "application/octet-stream"
    assert response.headers["Content-Disposition"] == "attachment; filename=run-full.onnx"
    assert response.headers["ETag"] == f'"{sha256_of(path)}"'


def test_a_stored_folder_is_downloaded_as_a_zip(client, complete):
    store_export(client, "saved_model", {"saved_model.pb": b"graph", "variables/index": b"numbers"})
    with client.get(f"{RUNS}/run-full/export?format=saved_model") as response:
        archive = zipfile.ZipFile(io.BytesIO(response.data))
        assert {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")} == {
            "saved_model.pb": b"graph",
            "variables/index": b"numbers",
        }
    assert response.headers["Content-Disposition"] == "attachment; filename=run-full-saved_model.zip"


def test_an_export_from_before_the_class_names_were_in_it_is_made_again(client, complete):
    note = store_export(client, "onnx", {"": b"onnx"}).with_name("onnx.json")
    write_json(note, {key: value for key, value in json.loads(note.read_text()).items() if key != "class_names"})
    assert problem_of(client.get(f"{RUNS}/run-full/export?format=onnx")) == "not-exported"


def test_R2_a_stored_export_that_changed_is_not_given_away(client, complete):
    store_export(client, "onnx", {"": b"onnx"}).write_bytes(b"changed")
    response = client.get(f"{RUNS}/run-full/export?format=onnx")
    assert (response.status_code, problem_of(response)) == (404, "not-exported")


def test_R2_a_changed_model_is_not_given_away(client, complete):
    (complete / "model.keras").write_bytes(b"changed")
    response = client.get(f"{RUNS}/run-full/export")
    assert (response.status_code, problem_of(response)) == (409, "run-invalid")


@pytest.mark.parametrize("state", ["queued", "running", "failed", "cancelled"])
def test_only_a_succeeded_run_is_exported(client, state):
    make_run(client.paths, "run-other", state)
    response = client.get(f"{RUNS}/run-other/export")
    assert (response.status_code, problem_of(response)) == (409, "run-invalid")


def test_a_run_whose_model_is_gone_is_not_exported(client):
    (client.paths.models_dir / "run-a" / "model.tflite").unlink()
    assert problem_of(client.get(f"{RUNS}/run-a/export")) == "run-invalid"


@pytest.mark.parametrize("part", ["evaluation", "history", "card", "export"])
def test_H10_H11_an_unknown_run_has_no_files(client, part):
    for name in ("nope", "..", "%2e%2e", "RUN-A", ".staging-run-a"):
        assert client.get(f"{RUNS}/{name}/{part}").status_code == 404
    assert client.get(f"{RUNS}/run-a/{part}?x=1").status_code == 422


def test_promotions_are_listed_latest_first(client):
    make_run(client.paths, "run-b")
    registry.promote(client.paths, "run-b")
    registry.rollback(client.paths)
    body = client.get("/api/v1/promotions?limit=2").get_json()
    assert (body["active"], body["total"]) == ("run-a", 3)
    assert [(item["action"], item["run_id"]) for item in body["promotions"]] == [
        ("rollback", "run-a"),
        ("promote", "run-b"),
    ]
