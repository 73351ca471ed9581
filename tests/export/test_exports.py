"""Exports: every format is opened again and compared before it is offered, and nothing is offered that fails."""

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import draw_world
from tiny_run import publish_run, tiny_network

from core.errors import DatasetError, MethodUnavailableError, ProcessFailedError, RunInvalidError
from core.export import exports, formats
from core.export.check import ExportCheck, check_export
from core.export.formats import FORMATS, open_model
from core.export.labels import write_labels
from core.export.photos import ExportPhotos, export_photos
from core.paths import Paths

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    from core.networks.conversion import keras_bytes, litert_bytes

    model = tiny_network()
    return {"model.keras": keras_bytes(model), "model.tflite": litert_bytes(model)}


@pytest.fixture(scope="module")
def tiny_paths(tmp_path_factory) -> Paths:
    root = tmp_path_factory.mktemp("exports")
    found = Paths(root / "data", root / "models")
    found.models_dir.mkdir()
    draw_world(found.data_dir / "world")
    return found


@pytest.fixture(scope="module")
def run(tiny_paths, files):
    return publish_run(tiny_paths, files, image_size=(32, 32))


def photos(count: int = 4, side: int = 32) -> ExportPhotos:
    images = np.random.default_rng(0).integers(0, 256, (count, side, side, 3), np.uint8)
    return ExportPhotos(images, images, f"{count} drawn pictures")


def said(path: Path) -> dict[str, str]:
    """Class names and facts as somebody finds them who knows nothing but the format."""
    if path.is_dir():
        return {name: (path / name).read_text() for name in ("labels.txt", "model.json")}
    if path.suffix == ".onnx":
        return {prop.key: prop.value for prop in pytest.importorskip("onnx").load(path).metadata_props}
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in ("labels.txt", "model.json")}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_names_its_classes_and_what_it_takes(run, tiny_paths, tmp_path, name):
    pytest.importorskip("onnxruntime") if name == "onnx" else None
    stored = exports.stored_export(run, name, tiny_paths) or exports.work_on_export(run, name, tiny_paths)
    for path in (stored.path, exports.export_run(run, name, tmp_path, tiny_paths).path):
        found = said(path)
        facts = found if name == "onnx" else json.loads(found["model.json"])
        names = json.loads(facts["class_names"]) if name == "onnx" else facts["class_names"]
        assert names == list(run.class_names) and "NHWC" in facts["input_layout"] and "0-255" in facts["input_scaling"]
        assert facts["image_size"] == ("[32, 32]" if name == "onnx" else [32, 32])
        assert name == "onnx" or found["labels.txt"].splitlines() == names
        assert open_model(name, path)(photos().compared[0])["probabilities"].shape == (2,)


def test_labels_of_another_run_in_the_same_folder_stay(run, tiny_paths, tmp_path):
    odd = replace(run, run_id="odd", class_names=("two\nlines", "\udcff"))
    assert write_labels(run, tmp_path) == write_labels(run, tmp_path) == tmp_path / "labels.txt"
    assert write_labels(odd, tmp_path).name == "odd-labels.txt"
    assert (tmp_path / "odd-labels.txt").read_bytes() == b"two lines\n\xff\n"
    assert (tmp_path / "labels.txt").read_text() == "African\nAsian\n"


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_answers_as_the_served_file_does(run, tiny_paths, name):
    pytest.importorskip("onnxruntime") if name == "onnx" else None
    before = sorted((path.name, path.stat().st_mtime_ns) for path in run.folder.iterdir())
    export = exports.work_on_export(run, name, tiny_paths)
    check = export.check
    assert check.outputs == ("class_maps", "embedding", "probabilities")
    assert check.n == 16 and check.photos == "16 train and validation photos of world"
    assert check.largest_difference < (1e-5 if FORMATS[name].is_exact else 0.05)
    assert check.is_within_limit and check.milliseconds > 0 and check.num_bytes > 0
    assert exports.stored_export(run, name, tiny_paths) == export
    after = sorted((path.name, path.stat().st_mtime_ns) for path in run.folder.iterdir())
    assert after == before  # a run folder is never written again


def test_int8_keeps_float_input_and_outputs_and_named_outputs(run, tiny_paths):
    from ai_edge_litert.interpreter import Interpreter

    export = exports.stored_export(run, "litert-int8", tiny_paths)
    export = export or exports.work_on_export(run, "litert-int8", tiny_paths)
    interpreter = Interpreter(model_path=str(export.path))
    signature = interpreter.get_signature_runner()
    assert signature.get_input_details()["image"]["dtype"] is np.float32
    assert {item["dtype"] for item in signature.get_output_details().values()} == {np.float32}
    assert any(item["dtype"] is np.int8 for item in interpreter.get_tensor_details())


def test_an_export_is_written_once_and_never_over_something(run, tiny_paths, tmp_path):
    exports.work_on_export(run, "litert", tiny_paths)
    export = exports.export_run(run, "litert", tmp_path / "out", tiny_paths)
    assert export.path == tmp_path / "out" / "tiny.tflite"
    assert export.path.read_bytes().startswith((run.folder / "model.tflite").read_bytes())
    assert (tmp_path / "out" / "labels.txt").read_text() == "African\nAsian\n"
    with pytest.raises(RunInvalidError, match="Expected a free name"):
        exports.export_run(run, "litert", tmp_path / "out", tiny_paths)


def test_a_changed_export_is_not_offered_again(run, tiny_paths):
    export = exports.work_on_export(run, "litert-float16", tiny_paths)
    export.path.write_bytes(export.path.read_bytes()[:-1])
    assert exports.stored_export(run, "litert-float16", tiny_paths) is None
    assert exports.stored_check(run, "litert-float16", tiny_paths) is not None


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (lambda: tiny_network(with_maps=False), "has other outputs"),
        (lambda: tiny_network(seed=5), "only rounding"),
        (lambda: broken_network(), "not finite"),
    ],
)
def test_R5_an_export_that_answers_differently_is_refused(run, tmp_path, network, reason):
    from core.networks.conversion import litert_bytes

    path = tmp_path / "other.tflite"
    path.write_bytes(litert_bytes(network()))
    with pytest.raises(RunInvalidError, match=reason):
        check_export(run, "litert", path, photos())


def broken_network():
    model = tiny_network()
    model.get_layer("logits").set_weights([np.full((6, 2), np.nan, np.float32), np.zeros(2, np.float32)])
    return model


def test_decisions_that_change_are_counted_and_warned_about():
    def made(changed: int, sure: int = 0) -> ExportCheck:
        return ExportCheck("tiny", "litert-int8", 5_000_000, 6.5, 0.09, 0.02, changed, sure, 200, "200 photos", ())

    assert made(2).is_within_limit and not made(3).is_within_limit
    assert made(6).changed_text == "6 of 200 (3.0 %; 1.4–6.4)"
    assert "more than the 1 %" in made(6, 1).sentence and "on 5 of the 6" in made(6, 1).sentence
    assert "tolerated" not in made(2).sentence
    assert made(0).sentence.startswith("LiteRT int8 decides all of the 200 photos")


def test_test_photos_are_never_used_and_drawn_ones_are_said_to_be(run, tiny_paths, tmp_path):
    assert len(export_photos(run, tiny_paths).compared) == 16
    elsewhere = export_photos(run, Paths(tmp_path / "data", tmp_path / "models"))
    assert elsewhere.description.startswith("100 drawn pictures, because the photos of the dataset are not there")
    given = export_photos(run, tiny_paths, [tiny_paths.data_dir / "world" / "test" / "Asian"])
    assert (len(given.compared), given.description) == (4, "4 given photos")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="Expected readable photos"):
        export_photos(run, tiny_paths, [tmp_path / "empty"])


def test_T13_only_a_whole_succeeded_run_is_exported(paths, files, tmp_path):
    failed = publish_run(paths, {}, "failed", state="failed", image_size=(32, 32))
    with pytest.raises(RunInvalidError, match="only a succeeded run"):
        exports.export_run(failed, "litert", tmp_path, paths)
    damaged = publish_run(paths, files, "damaged", image_size=(32, 32))
    (damaged.folder / "model.keras").write_bytes(b"x")
    with pytest.raises(RunInvalidError, match="missing or changed"):
        exports.export_run(damaged, "litert", tmp_path, paths)
    assert list(tmp_path.glob("*.tflite")) == []


def test_a_missing_package_is_named(monkeypatch, run, tiny_paths, tmp_path):
    monkeypatch.setattr(formats, "find_spec", lambda name: None if name == "onnxruntime" else object())
    monkeypatch.setattr(exports, "stored_export", lambda *_: None)
    with pytest.raises(MethodUnavailableError, match="ONNX needs one more package. Install with: pip install onnxr"):
        exports.export_run(run, "onnx", tmp_path, tiny_paths)


def test_R5_a_conversion_that_dies_ends_in_one_sentence(monkeypatch, run, tiny_paths):
    def dies(words, paths, title, seconds):
        assert words == ("work-on-export", "tiny", "saved_model") and paths == tiny_paths
        raise ProcessFailedError(f"{title} was killed (SIGSEGV). Try again.")

    monkeypatch.setattr(exports, "run_core", dies)
    with pytest.raises(RunInvalidError, match="The SavedModel export was killed .SIGSEGV."):
        exports.prepare_export(run, "saved_model", tiny_paths)


def test_what_lies_checked_is_found_without_tensorflow_or_the_packages_of_its_format(run, tiny_paths):
    code = """
import sys
for name in ("tensorflow", "keras", "tf2onnx", "onnx", "onnxruntime"):
    sys.modules[name] = None  # an import of it fails
from core.export.exports import stored_check, stored_export
from core.export.files import download_bytes, download_name
from core.paths import Paths
from core.runs import registry
paths = Paths.from_env()
run = registry.load(paths, "tiny")
for name in sys.argv[1:]:
    export = stored_export(run, name, paths)
    assert export.check == stored_check(run, name, paths) and download_bytes(export.path)
    print(download_name(run, name))
assert stored_export(run, "litert-int8", Paths(paths.data_dir / "nowhere", paths.models_dir)) is None
"""
    names = ["keras", "onnx", "saved_model"]
    for name in names:
        exports.stored_export(run, name, tiny_paths) or exports.work_on_export(run, name, tiny_paths)
    environment = {"TUSKSCOPE_MODELS": str(tiny_paths.models_dir), "TUSKSCOPE_DATA": str(tiny_paths.data_dir)}
    done = subprocess.run(
        [sys.executable, "-c", code, *names], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.stdout.split() == ["tiny.keras", "tiny.onnx", "tiny-saved_model.zip"], done.stderr


def test_nothing_stays_of_a_deleted_run_or_of_a_killed_conversion(paths, files):
    import os

    from core.runs import registry

    doomed = publish_run(paths, files, "doomed", image_size=(32, 32))
    folder = registry.exports_folder(doomed, paths)
    left, fresh = folder / "draft-left", folder / "draft-fresh"
    for path in (left, fresh):
        path.mkdir(parents=True)
    os.utime(left, (0, 0))
    exports.work_on_export(doomed, "litert", paths)
    assert not left.exists() and fresh.exists()
    registry.promote(paths, publish_run(paths, files, "served", image_size=(32, 32)).run_id)
    registry.delete(paths, "doomed")
    assert not folder.exists()


@pytest.mark.slow
def test_the_command_line_exports_and_prints_the_comparison(run, tiny_paths, tmp_path):
    environment = {"TUSKSCOPE_MODELS": str(tiny_paths.models_dir), "TUSKSCOPE_DATA": str(tiny_paths.data_dir)}

    def core(*words):
        return subprocess.run(
            [sys.executable, "-m", "core", *words], cwd=ROOT, env=environment, capture_output=True, text=True
        )

    done = core("export", "tiny", "--format", "litert-float16", str(tmp_path), "--json")
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["within_limit"] is True and content["n"] == 16
    assert Path(content["path"]).name == "tiny-float16.tflite"
    assert open_model("litert", Path(content["path"]))(photos().compared[0])["probabilities"].shape == (2,)
    done = core("export", "tiny", "--check", "--format", "litert", "--format", "keras")
    assert done.returncode == 0, done.stderr
    assert "0 of 16 (0.0 %; 0.0–19.4)" in done.stdout
    assert "16 train and validation photos of world" in done.stdout
    for words in (("export", "tiny"), ("export", "tiny", str(tmp_path)), ("export", "tiny", "--check", str(tmp_path))):
        assert core(*words).returncode == 2
    done = core("export", "tiny", "--format", "litert-float16", str(tmp_path))
    assert done.returncode == 1 and done.stderr.startswith("error: Expected a free name")


def test_onnx_gives_the_size_that_a_resize_was_meant_to_have(tmp_path):
    pytest.importorskip("onnxruntime")
    import keras

    from core.networks.conversion import write_onnx

    image = keras.Input((9, 9, 3), name="image")
    small = keras.layers.Resizing(7, 7)(image)
    joined = keras.layers.Concatenate()([keras.layers.Resizing(9, 9)(small), image])  # 9 / 7 is a hair less in float32
    model = keras.Model(image, {"class_maps": keras.layers.Conv2D(2, 1, name="class_maps")(joined)})
    write_onnx(model, tmp_path / "model.onnx")
    photo = np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8)
    found = open_model("onnx", tmp_path / "model.onnx")(photo)["class_maps"]
    assert found == pytest.approx(model(photo[None].astype(np.float32))["class_maps"].numpy()[0], abs=0.05)
