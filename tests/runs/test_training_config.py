"""Settings are checked before anything starts."""

import json
from dataclasses import asdict

import pytest

from core.errors import ConfigError
from core.records import from_json
from core.runs.config import TrainingConfig
from core.runs.presets import PRESETS, preset


@pytest.mark.parametrize("name", PRESETS)
def test_presets_survive_json(name):
    config = preset(name)
    assert from_json(TrainingConfig, json.loads(json.dumps(asdict(config)))) == config


def test_the_baseline_is_the_classic_network():
    config = preset("baseline-cnn")
    assert (config.image_size, config.epochs, config.batch_size, config.learning_rate) == ((150, 150), 15, 32, 1e-4)
    assert (config.flip, config.shear, config.zoom, config.dropout) == (True, 0.2, 0.2, 0.5)


def test_text_is_read_as_the_settings_type():
    config = preset("baseline-cnn", epochs="3", learning_rate="0.01", flip="false", image_size="96x128")
    assert (config.epochs, config.learning_rate, config.flip, config.image_size) == (3, 0.01, False, (96, 128))


def test_another_backbone_brings_its_image_size():
    assert preset("quick", backbone="efficientnet-lite2").image_size == (260, 260)


@pytest.mark.parametrize(
    "bad",
    [
        {"epochs": 0},
        {"epochs": -1},
        {"epochs": 10**9},
        {"epochs": 1.5},
        {"epochs": True},
        {"epochs": "many"},
        {"learning_rate": float("nan")},
        {"learning_rate": 0},
        {"validation_fraction": 0.9},
        {"labels": "none"},
        {"dropout": 1.0},
        {"image_size": (8, 8)},
        {"image_size": "big"},
        {"seed": -1},
        {"nonsense": 1},
        {"preset": "x"},
        {"backbone": "efficientnet-lite0"},
    ],
)
def test_H4_refuses_impossible_settings_with_their_name(bad):
    with pytest.raises(ConfigError, match=next(iter(bad))):
        preset("baseline-cnn", **bad)


def test_refuses_unknown_presets_and_backbones():
    with pytest.raises(ConfigError, match="baseline-cnn"):
        preset("magic")
    with pytest.raises(ConfigError, match="efficientnet-lite0"):
        preset("quick", backbone="resnet")


def test_two_backbones_share_the_larger_input_and_one_can_be_left_out():
    assert preset("strong").image_size == (260, 260)
    assert preset("strong", second_backbone="").image_size == (224, 224)
    assert preset("strong", backbone="efficientnet-lite2", second_backbone="").backbones == ("efficientnet-lite2",)
    with pytest.raises(ConfigError, match="second_backbone"):
        preset("strong", backbone="efficientnet-lite2")
