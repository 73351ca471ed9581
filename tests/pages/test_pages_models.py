"""The Models page: the card of a run, and its exports, compared before they are offered."""

import zipfile
from dataclasses import asdict
from io import BytesIO

import pytest
from test_pages import app, open_dialog, sample, served, words  # noqa: F401  (fixtures)

from core.errors import RunInvalidError
from core.export import exports
from core.export.check import ExportCheck
from core.export.files import digest, download_bytes, download_name
from core.files import write_json
from streamlit_app.parts.models import exports as exports_part


def store(run, paths, name: str, changed: int = 0) -> None:
    """Puts a checked export beside the caches, as a conversion would."""
    path = exports._path(run, name, paths)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.parent != run.folder:
        path.write_bytes(b"a model")
    check = ExportCheck(
        run.run_id,
        name,
        5_280_000,
        6.5,
        0.0858,
        0.02,
        changed,
        1,
        200,
        "200 train and validation photos of sample",
        ("probabilities",),
    )
    write_json(
        exports._note(run, name, paths), {**asdict(check), "sha256": digest(path), "class_names": run.class_names}
    )


def test_nothing_is_offered_before_it_was_compared(app, served):  # noqa: F811
    test = app("models")
    table = test.dataframe[1].value
    assert table["Format"].tolist()[:3] == ["LiteRT", "LiteRT float16", "LiteRT int8"]
    assert set(table["Changed decisions"]) == {"not compared yet"}
    assert not test.get("download_button")
    assert test.button("prepare-export").label == "Convert and compare"


def test_a_compared_export_is_offered_with_its_figures(app, served, paths):  # noqa: F811
    store(served, paths, "litert")
    test = app("models")
    assert "200 train and validation photos of sample" in words(test)
    assert test.dataframe[1].value["Changed decisions"][0] == "0 of 200 (0.0 %; 0.0–1.9)"
    assert test.get("download_button")


def test_an_export_that_decides_otherwise_carries_its_warning(app, served, paths):  # noqa: F811
    store(served, paths, "litert-int8", changed=6)
    test = app("models")
    test.segmented_control(f"format-{served.run_id}").select("litert-int8").run()
    assert not test.exception
    assert "more than the 1 % that are tolerated" in words(test)
    assert test.get("download_button")


def test_a_conversion_that_fails_is_one_sentence_and_offers_nothing(app, served, monkeypatch):  # noqa: F811
    def fails(*_):
        raise RunInvalidError("The ONNX export differs. It is not offered.")

    monkeypatch.setattr(exports_part, "prepare_export", fails)
    test = app("models")
    test.button("prepare-export").click().run()
    assert not test.exception
    assert "It is not offered" in words(test)
    assert not test.get("download_button")


def test_a_conversion_is_offered_at_once(app, served, paths, monkeypatch):  # noqa: F811
    monkeypatch.setattr(exports_part, "prepare_export", lambda run, name, paths: store(run, paths, name))
    test = app("models")
    test.button("prepare-export").click().run()
    assert test.get("download_button")
    assert test.button("prepare-export").label == "Compare again"


def test_the_card_opens(app, sample, served, paths):  # noqa: F811
    test = app("models")
    test.button("card").click().run()
    assert not test.exception
    assert "# Model card: fake-run" in words(test)
    assert "n = 8, given labels, test)" in words(test)


def test_a_saved_model_is_saved_as_a_zip(tmp_path, served):  # noqa: F811
    (tmp_path / "model-saved_model" / "variables").mkdir(parents=True)
    (tmp_path / "model-saved_model" / "saved_model.pb").write_bytes(b"graph")
    content = download_bytes(tmp_path / "model-saved_model")
    assert "saved_model.pb" in zipfile.ZipFile(BytesIO(content)).namelist()
    assert download_name(served, "saved_model") == "fake-run-saved_model.zip"
    assert download_name(served, "litert-int8") == "fake-run-int8.tflite"


@pytest.mark.parametrize(("name", "said"), [("MobileNetV2", True), ("efficientnet-lite2", False)])
def test_the_training_form_says_which_backbone_is_downloaded(app, sample, name, said):  # noqa: F811
    test = app("training")
    test.selectbox("quick-backbone").select(name).run()
    assert not test.exception
    assert ("Keras downloads the ImageNet weights" in words(test)) is said
