"""Prepared backbones: a head of any number of classes is filled in without TensorFlow, and Keras agrees with it."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import COLOURS, draw_world, use_backbones

from core.errors import RunInvalidError
from core.networks.catalogue import BACKBONES
from core.networks.interpreter import Network
from core.networks.templates import fill, filled_litert, is_prepared, template

ROOT = Path(__file__).resolve().parents[2]
BACKBONE = "efficientnet-lite0"


@pytest.fixture
def prepared(paths, backbones):
    return template(BACKBONE, use_backbones(paths, backbones))


def head(num_classes: int) -> dict[str, list[np.ndarray]]:
    """Weights of every layer that a training fills, by chance."""
    random = np.random.default_rng(num_classes)

    def draw(*shape: int) -> np.ndarray:
        return random.normal(0, 0.05, shape).astype(np.float32)

    kernel = draw(1280, num_classes)
    return {
        "logits": [kernel, draw(num_classes)],
        "class_maps": [kernel],
        f"subject_mass_{BACKBONE}": [np.abs(draw(1000, 2))],
        f"subject_centres_{BACKBONE}": [draw(1000, num_classes)],
        f"subject_contrast_{BACKBONE}": [draw(1280, 1)],
        "subject": [draw(3, 1), draw(1)],
    }


@pytest.mark.parametrize("num_classes", [2, 5])
def test_the_filled_files_agree_with_a_network_that_keras_builds(prepared, tmp_path, num_classes):
    from keras.saving import load_model

    from core.networks.networks import linear_head_network

    fill(prepared, head(num_classes), num_classes, tmp_path)
    built = linear_head_network(BACKBONE, num_classes)
    for name, weights in head(num_classes).items():
        built.get_layer(name).set_weights(weights)
    photo = np.random.default_rng(0).uniform(0, 255, (224, 224, 3)).astype(np.float32)
    network = Network((tmp_path / "model.tflite").read_bytes(), 1)
    filled = network(photo, network.outputs)
    loaded = load_model(tmp_path / "model.keras", compile=False)
    assert loaded.get_config()["layers"] and loaded.output["probabilities"].shape == (None, num_classes)
    for name, value in built(photo[None]).items():
        assert np.array_equal(loaded(photo[None])[name], value)
        assert filled[name].shape == value.shape and np.allclose(filled[name], value, atol=1e-3)


def test_layers_that_are_not_named_are_zero(prepared):
    network = Network(filled_litert(prepared, {"class_maps": [np.ones((1280, 1), np.float32)]}, 1), 1)
    outputs = network(np.full((224, 224, 3), 90, np.uint8), network.outputs)
    assert outputs["class_maps"].shape == (1, 7, 7, 1) and outputs["class_maps"].max() > 0
    assert outputs["probabilities"].tolist() == [[1.0]] and outputs["subject"].item() == 0.5


@pytest.mark.parametrize("content", [b"", b"TFL3", b"\0" * 4096])
@pytest.mark.parametrize("suffix", [".tflite", ".keras"])
def test_a_damaged_template_is_named_in_one_sentence(paths, backbones, suffix, content):
    folder = paths.shared_cache_dir / "backbones"
    folder.mkdir(parents=True)
    for file in backbones.iterdir():
        if file.suffix != suffix:
            (folder / file.name).symlink_to(file)
        else:
            (folder / file.name).write_bytes(content)
    with pytest.raises(RunInvalidError, match="is damaged. Delete the folder .*backbones and retry"):
        fill(template(BACKBONE, paths), head(3), 3, paths.data_dir)


def test_quick_trains_any_number_of_classes_where_tensorflow_cannot_be_imported(paths, backbones):
    use_backbones(paths, backbones)
    colours = {**COLOURS, "Mammoth": (70, 170, 70), "Mastodon": (200, 200, 60), "Deinotherium": (30, 30, 30)}
    counts = (2, 3, 5)
    for count in counts:
        draw_world(paths.data_dir / f"world-{count}", 6, 2, dict(list(colours.items())[:count]))
    code = (
        "import sys\n"
        "sys.modules['tensorflow'] = sys.modules['keras'] = None\n"
        "from core.dataset.index import index_dataset\n"
        "from core.paths import Paths\n"
        "from core.prediction.predictor import Predictor\n"
        "from core.runs.presets import preset\n"
        "from core.workflows.train import train\n"
        "paths = Paths.from_env()\n"
        f"for count in {counts}:\n"
        "    dataset = index_dataset(paths.data_dir / f'world-{count}', paths)\n"
        "    run = train(preset('quick'), dataset, paths, run_id=f'run-{count}')\n"
        "    assert run.state == 'succeeded', run.message\n"
        "    Predictor(run)\n"
    )
    environment = {"TUSKSCOPE_MODELS": str(paths.models_dir), "TUSKSCOPE_DATA": str(paths.data_dir), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for count in counts:
        found = json.loads((paths.models_dir / f"run-{count}" / "run.json").read_text())
        assert len(found["class_names"]) == count


def test_a_template_of_other_weights_is_not_used(paths, backbones, monkeypatch):
    use_backbones(paths, backbones)
    assert is_prepared(BACKBONE, paths)
    monkeypatch.setitem(BACKBONES, BACKBONE, replace(BACKBONES[BACKBONE], sha256="0" * 64))
    assert not is_prepared(BACKBONE, paths)
