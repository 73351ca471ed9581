"""Networks of keras.applications as backbones: flat, preprocessing inside; with random weights, so no download."""

import importlib
import socketserver
import threading
from http.server import BaseHTTPRequestHandler

import numpy as np
import pytest
from conftest import draw_world

from core.dataset.index import index_dataset
from core.errors import ConfigError
from core.networks.applications import APPLICATIONS, build_application, download_note
from core.networks.catalogue import BACKBONES
from core.prediction.predictor import Predictor
from core.runs.presets import preset
from core.workflows.train import train

MODULES = {
    "MobileNetV2": "mobilenet_v2",
    "MobileNetV3Small": "mobilenet_v3",
    "MobileNetV3Large": "mobilenet_v3",
    "EfficientNetV2B0": "efficientnet_v2",
    "EfficientNetV2B3": "efficientnet_v2",
    "ResNet50": "resnet",
    "DenseNet121": "densenet",
    "Xception": "xception",
}
SMALL = "MobileNetV3Small"
DAILY = {SMALL: [], "MobileNetV2": pytest.mark.slow, "ResNet50": pytest.mark.slow}  # building the others costs a minute
EACH = [pytest.param(name, marks=DAILY.get(name, pytest.mark.long)) for name in APPLICATIONS]
EACH_CONVERTED = [
    pytest.param(name, marks=pytest.mark.slow if name == SMALL else pytest.mark.long) for name in APPLICATIONS
]


def random_photo(image_size) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (1, *image_size, 3)).astype(np.float32)


def assert_close(found, expected, share: float = 1e-4) -> None:
    """Equal to a share of the largest number: random networks give numbers of any size."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert np.abs(found - expected).max() <= share * np.abs(expected).max()


@pytest.mark.parametrize("name", EACH)
def test_the_graph_is_flat_and_preprocesses_as_keras_does(name):
    import keras

    module, application = importlib.import_module(f"keras.applications.{MODULES[name]}"), APPLICATIONS[name]
    keras.utils.set_random_seed(1)
    shape = (*application.image_size, 3)
    theirs = getattr(keras.applications, name)(include_top=False, weights=None, input_shape=shape)
    keras.utils.set_random_seed(1)
    image, features = build_application(name, weights=None)
    ours = keras.Model(image, features)
    weights = theirs.get_weights()
    if application.is_bgr:
        first = next(place for place, value in enumerate(weights) if value.ndim == 4)
        weights[first] = weights[first][:, :, ::-1]
    ours.set_weights(weights)
    photo = random_photo(application.image_size)
    assert_close(ours(photo), theirs(module.preprocess_input(photo.copy())))
    assert features.shape[-1] == application.embedding_size == BACKBONES[name].embedding_size
    assert not any(isinstance(layer, keras.Model) for layer in ours.layers)
    assert ours.trainable_weights == []


@pytest.mark.parametrize("name", EACH)
def test_class_maps_explain_the_logits(name):
    model, kernel, bias = network_with_head(name)
    outputs = answers(model, random_photo(APPLICATIONS[name].image_size))
    assert set(outputs) == {"probabilities", "class_maps", "embedding", "subject"}
    logits = outputs["class_maps"].mean(axis=(0, 1)) + bias  # Zhou 2016
    expected = outputs["embedding"] @ kernel + bias
    assert_close(logits, expected)
    shares = np.exp(expected - expected.max())
    assert np.allclose(outputs["probabilities"], shares / shares.sum(), atol=1e-4)


@pytest.mark.parametrize("name", EACH_CONVERTED)
def test_the_litert_file_agrees(name, tmp_path):
    from core.export.formats import open_model
    from core.networks.conversion import litert_bytes

    model, _, _ = network_with_head(name)
    photo = random_photo(APPLICATIONS[name].image_size)
    (tmp_path / "model.tflite").write_bytes(litert_bytes(model))
    lite = open_model("litert", tmp_path / "model.tflite")(photo[0])
    for key, value in answers(model, photo).items():
        assert_close(lite[key], value, 1e-3)


def network_with_head(name: str):
    """A network of random weights with a known head: the model, the kernel and the bias."""
    import keras

    from core.networks.networks import linear_head_network

    keras.utils.set_random_seed(2)
    model = linear_head_network(name, 3, weights=None)
    kernel = np.random.default_rng(1).normal(size=(APPLICATIONS[name].embedding_size, 3)).astype(np.float32)
    bias = np.array([0.1, -0.2, 0.3], np.float32)
    model.get_layer("logits").set_weights([kernel, bias])
    model.get_layer("class_maps").set_weights([kernel])
    return model, kernel, bias


def answers(model, photo: np.ndarray) -> dict[str, np.ndarray]:
    return {key: np.asarray(value)[0] for key, value in model(photo).items()}


@pytest.mark.slow
def test_a_run_on_such_a_backbone_trains_predicts_and_explains(paths, monkeypatch):
    import keras

    from core.explanation.heatmap import explain
    from core.networks import networks

    keras.utils.set_random_seed(3)
    monkeypatch.setattr(networks, "build_application", lambda name, weights: build_application(name, weights=None))
    dataset = index_dataset(draw_world(paths.data_dir / "world"), paths)
    run = train(preset("quick", backbone="MobileNetV3Small"), dataset, paths)
    assert run.config.image_size == (224, 224) and run.subject.threshold == 0.5
    prediction = Predictor(run).predict([np.zeros((20, 30, 3), np.uint8)])[0]
    assert 0 <= prediction.subject_score <= 1 and prediction.embedding.shape == (576,)
    assert prediction.class_maps.shape == (7, 7, 2)
    assert explain(np.zeros((40, 60, 3), np.uint8), None, "class_map", Predictor(run)).heatmap.shape == (40, 60)
    assert explain(np.zeros((40, 60, 3), np.uint8), None, "grad_cam", Predictor(run)).heatmap.shape == (40, 60)


def test_backbones_of_keras_are_chosen_by_name_and_say_that_they_download():
    assert preset("quick", backbone="EfficientNetV2B3").image_size == (300, 300)
    assert "about 13 MB" in download_note("MobileNetV3Large")
    assert download_note("efficientnet-lite0") == download_note("") == ""
    with pytest.raises(ConfigError, match="Expected backbone to be one of .*ResNet50"):
        preset("quick", backbone="ResNet9000")


class Garbage(BaseHTTPRequestHandler):
    """Answers every download with a page of a hotel's network."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Please log in</html>")

    def log_message(self, *_):
        pass


@pytest.fixture
def keras_home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    from keras.src.utils import file_utils

    monkeypatch.setattr(file_utils.config, "keras_home", lambda: str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["MobileNetV3Small", "MobileNetV2"])
def test_without_internet_the_weights_fail_in_one_sentence(name, keras_home, monkeypatch):
    monkeypatch.setattr(f"keras.src.applications.{MODULES[name]}.BASE_WEIGHT_PATH", "http://127.0.0.1:9/")
    with pytest.raises(ConfigError, match="could not be downloaded from storage.googleapis.com. Connect"):
        build_application(name)


@pytest.mark.parametrize("name", ["MobileNetV3Small", "MobileNetV2"])
def test_a_download_that_is_something_else_fails_in_one_sentence(name, keras_home, monkeypatch):
    with socketserver.TCPServer(("127.0.0.1", 0), Garbage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        monkeypatch.setattr(f"keras.src.applications.{MODULES[name]}.BASE_WEIGHT_PATH", address)
        with pytest.raises(ConfigError, match=f"came damaged. Delete them from the folder {keras_home}/models"):
            build_application(name)
        server.shutdown()
