"""The methods of tf-keras-vis: known answers on hand-made networks, and agreement with the class map."""

import json
import shutil
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core.dataset.images import decode
from core.errors import RunInvalidError
from core.explanation.heatmap import explain, normalize
from core.explanation.methods import NEEDS_TENSORFLOW
from core.export.exports import export_run

pytestmark = pytest.mark.slow  # importing TensorFlow alone takes five seconds
MAPS = ("grad_cam", "grad_cam_plus_plus", "score_cam")


def saved(model, folder, image_size) -> SimpleNamespace:
    """A run that is nothing but a model file."""
    model.save(folder / "model.keras")
    return SimpleNamespace(
        folder=folder,
        image_size=image_size,
        framing="squash",
        class_names=("African", "Asian"),
        files={},
        run_id="fake",
        verify=lambda: None,
    )


@pytest.fixture(scope="module")
def red_run(tmp_path_factory):
    """Its last maps are red and blue by place; African reads red, Asian blue."""
    import keras
    from keras import layers

    image = keras.Input((56, 56, 3), name="image")
    x = layers.AveragePooling2D(8, name="shrink")(image)
    maps = layers.Conv2D(2, 1, activation="relu", use_bias=False, name="maps")(x)
    scores = layers.Dense(2, name="logits")(layers.GlobalAveragePooling2D(name="embedding")(maps))
    model = keras.Model(image, {"probabilities": layers.Softmax(name="probabilities")(scores)})
    model.get_layer("maps").set_weights([np.array([[[[1, 0], [-1, -1], [0, 1]]]], np.float32) / 255])
    model.get_layer("logits").set_weights([np.array([[9, -9], [-9, 9]], np.float32), np.zeros(2, np.float32)])
    return saved(model, tmp_path_factory.mktemp("red"), (56, 56))


@pytest.fixture(scope="module")
def cnn_run(tmp_path_factory):
    """The baseline network, untrained: no class map, softmax without a layer of logits."""
    from core.networks.networks import baseline_cnn

    model = baseline_cnn((64, 64), 2, 0.5, 0)
    return saved(model, tmp_path_factory.mktemp("cnn"), (64, 64))


def red_patch() -> np.ndarray:
    image = np.zeros((112, 224, 3), np.uint8)
    image[16:48, 128:192, 0] = 250  # rows 1-2 and columns 4-5 of the 7 x 7 maps
    return image


@pytest.mark.parametrize("what", ["code", "gigabytes"])
def test_R6_R7_a_network_that_the_training_did_not_write_is_never_opened(
    quick_run, trained_paths, tmp_path, monkeypatch, what
):
    """A few kilobytes can name a function to call, or weights of gigabytes."""
    import h5py
    import keras

    from core.explanation.gradient_maps import gradient_map

    run = replace(quick_run, folder=tmp_path / "run")
    shutil.copytree(quick_run.folder, run.folder)
    with zipfile.ZipFile(run.folder / "model.keras", "w") as archive, h5py.File(tmp_path / "bomb.h5", "w") as weights:
        weights.create_dataset("w", (2**28,), "float32", chunks=True, compression="gzip")
        weights.flush()
        called = {"class_name": "Lambda", "module": "keras.layers", "config": {"function": "open('canary', 'w')"}}
        archive.writestr("config.json", json.dumps(called if what == "code" else {}))
        archive.write(tmp_path / "bomb.h5", "model.weights.h5")
    opened = []
    monkeypatch.setattr(keras.saving, "load_model", lambda *words, **options: opened.append(words))
    with pytest.raises(RunInvalidError, match="model.keras of run quick-run is missing or changed"):
        gradient_map("grad_cam", red_patch(), 0, run)
    with pytest.raises(RunInvalidError, match="model.keras of run quick-run is missing or changed"):
        export_run(run, "onnx", tmp_path / "out", trained_paths)
    assert opened == []


@pytest.mark.parametrize("method", MAPS)
def test_a_planted_patch_is_found(red_run, method):
    from core.explanation.gradient_maps import gradient_map

    found = normalize(gradient_map(method, red_patch(), 0, red_run))
    assert found.shape == (7, 7)
    assert found[1:3, 4:6].min() > 0.9 and np.delete(found, [1, 2], axis=0).max() < 0.1


def test_smooth_grad_marks_the_pixels_whose_change_counts(red_run):
    from core.explanation.gradient_maps import gradient_map

    image = np.full((56, 56, 3), 100, np.uint8)
    image[..., 1] = 0
    image[:, 28:, 1] = 255  # green silences both maps there: nothing changes, no gradient
    found = gradient_map("smooth_grad", image, 0, red_run)
    assert found.shape == (56, 56) and found[:, :24].mean() > 10 * found[:, 32:].mean()
    assert np.array_equal(found, gradient_map("smooth_grad", image, 0, red_run))


@pytest.mark.parametrize("method", [*MAPS, "smooth_grad"])
def test_I25_a_network_that_sees_nothing_gives_a_flat_finite_map(red_run, method):
    from core.explanation.gradient_maps import gradient_map

    image = np.zeros((30, 40, 3), np.uint8)
    image[..., 1] = 255  # green kills all units
    found = gradient_map(method, image, 0, red_run)
    assert np.isfinite(found).all() and found.max() == 0
    assert normalize(found).max() == 0


@pytest.mark.parametrize("method", sorted(NEEDS_TENSORFLOW))
def test_every_method_works_on_the_baseline_network(cnn_run, method):
    from core.explanation.gradient_maps import gradient_map

    image = np.random.default_rng(5).integers(0, 256, (40, 90, 3), dtype=np.uint8)
    found = [gradient_map(method, image, index, cnn_run) for index in (0, 1)]
    assert all(np.isfinite(item).all() and item.min() >= 0 and item.ndim == 2 for item in found)
    assert max(item.max() for item in found) > 0


def test_explaining_draws_nothing_from_the_global_generator(cnn_run):
    from core.explanation.gradient_maps import gradient_map

    np.random.seed(3)
    expected = np.random.random()
    np.random.seed(3)
    gradient_map("smooth_grad", np.zeros((9, 9, 3), np.uint8), 0, cnn_run)
    assert np.random.random() == expected


@pytest.mark.parametrize("method", MAPS)  # smooth_grad takes ten seconds to compile here
def test_explain_gives_every_method_in_the_photo_s_geometry(predictor, method, capfd):
    image = np.random.default_rng(6).integers(0, 256, (50, 120, 3), dtype=np.uint8)
    explanation = explain(image, None, method, predictor)
    assert explanation.heatmap.shape == (50, 120) and explanation.heatmap.dtype == np.float32
    assert 0 <= explanation.heatmap.min() and explanation.heatmap.max() <= 1
    assert capfd.readouterr().out == ""  # Keras's progress bars would spoil --json


def test_grad_cam_equals_the_class_map_and_leaves_the_model_alone(predictor, trained_paths):
    """With global average pooling and a linear head both methods are the same sum (Selvaraju 2017, section 3)."""
    from core.explanation.gradient_maps import gradient_map

    image = decode(next((trained_paths.data_dir / "world" / "test").rglob("*.png")))
    before = predictor.predict([image])[0]
    for index in (0, 1):
        own = normalize(before.class_maps[..., index])
        theirs = normalize(gradient_map("grad_cam", image, index, predictor.run))
        if own.max() > 0 and theirs.max() > 0:
            assert np.corrcoef(own.ravel(), theirs.ravel())[0, 1] >= 0.999
    assert predictor.predict([image])[0] == before
