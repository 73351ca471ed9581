"""The tuned block on a tiny world: one graph, calibrated, honest about photos it has learned from."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import draw_world, use_backbones

from core.dataset.framing import framed
from core.dataset.images import decode, resize
from core.dataset.index import index_dataset
from core.errors import ConfigError
from core.features.embeddings import cached
from core.features.photo_features import Features
from core.paths import Paths
from core.prediction.predictor import Predictor
from core.runs.config import NETWORKS
from core.runs.presets import preset
from core.training.recipes import tuned_block
from core.training.soft_labels import SoftLabels, soft_labels
from core.workflows.train import train

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def two_folds():
    """Every fold costs twenty seconds of building and tracing networks, whatever the number of photos."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuned_block, "_FOLDS", 2)
        yield


@pytest.fixture(scope="module")
def strong_paths(tmp_path_factory, backbones):
    root = tmp_path_factory.mktemp("strong")
    return use_backbones(Paths(data_dir=root / "data", models_dir=root / "models"), backbones)


@pytest.fixture(scope="module")
def strong_run(strong_paths):
    dataset = index_dataset(draw_world(strong_paths.data_dir / "world"), strong_paths)
    return train(preset("strong", epochs=4, views=3, batch_size=8), dataset, strong_paths, run_id="strong-run")


@pytest.fixture(scope="module")
def photos(strong_paths):
    return [decode(path) for path in sorted((strong_paths.data_dir / "world" / "test").rglob("*.png"))]


def test_learns_two_colours_and_is_judged_on_photos_it_had_not_seen(strong_run):
    test, validation = (strong_run.evaluation[split] for split in ("test", "validation"))
    assert test.n == 8 and test.accuracy.value >= 0.75
    assert validation.n >= 2
    assert len(strong_run.history) == 4


def test_says_how_far_it_can_be_trusted(strong_run):
    found = strong_run.calibration
    assert found.temperature > 0 and found.n == 16
    assert strong_run.uncertain_below == found.uncertain_below >= 0.5
    assert len(found.label_noise) == 2 and found.curve["coverage"][-1] == 1.0


def test_keras_and_litert_agree_on_all_outputs(strong_run, photos):
    from keras.saving import load_model

    network = load_model(strong_run.folder / "model.keras", compile=False)
    seen = framed(photos[0], strong_run.framing)
    outputs = network(resize(seen, strong_run.image_size)[None].astype(np.float32))
    prediction = Predictor(strong_run).predict([photos[0]])[0]
    assert np.allclose(outputs["probabilities"][0], list(prediction.probabilities.values()), atol=2e-3)
    maps = outputs["class_maps"][0]
    assert np.abs(maps - prediction.class_maps).max() < 0.02 * np.ptp(maps)  # float16 weights in one of them
    assert np.allclose(outputs["embedding"][0], prediction.embedding, atol=0.02)


def test_the_mean_of_the_class_maps_and_the_bias_are_the_logits(strong_run, photos):
    """Zhou 2016: pooling and the linear head commute; the temperature is in both."""
    gaps = []
    for prediction in Predictor(strong_run).predict(photos):
        first, second = prediction.probabilities.values()
        means = prediction.class_maps.mean(axis=(0, 1))
        if min(first, second) > 1e-30:
            gaps.append(np.log(first / second) - (means[0] - means[1]))
    assert len(gaps) >= 4 and np.ptp(gaps) < 0.05


def test_grad_cam_agrees_with_the_class_map(strong_run, photos):
    from core.explanation.gradient_maps import gradient_map

    prediction = Predictor(strong_run).predict([photos[0]])[0]
    ours = np.maximum(prediction.class_maps[..., 0], 0)
    theirs = gradient_map("grad_cam", framed(photos[0], strong_run.framing), 0, strong_run)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] >= 0.999


def test_embeddings_are_those_of_the_frozen_backbone(strong_run, strong_paths, photos):
    dataset = index_dataset(strong_paths.data_dir / "world", strong_paths)
    known = cached(dataset, "efficientnet-lite0")  # made for the review; similar photos are found by them
    row = dataset.usable.query("split == 'train'").iloc[0]
    prediction = Predictor(strong_run).predict([decode(dataset.folder / row["path"])])[0]
    ours, theirs = prediction.embedding, known.read([row["sha256"]])[0]  # ours saw the photo at another size first
    assert ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs) > 0.8


@pytest.mark.long  # a whole training more
def test_the_same_seed_gives_the_same_figures(strong_run, strong_paths):
    dataset = index_dataset(strong_paths.data_dir / "world", strong_paths)
    again = train(strong_run.config, dataset, strong_paths, run_id="again")
    first, second = strong_run.predictions, again.predictions
    assert list(first["predicted_label"]) == list(second["predicted_label"])
    assert np.allclose(first["probability"], second["probability"], atol=0.02)


def test_the_head_knows_where_to_before_the_block_is_tuned(strong_run, strong_paths):
    from core.features.trunk import read_trunk
    from core.training.tune import predict, tune

    config = replace(strong_run.config, epochs=1, learning_rate=1e-7)  # hardly anything is tuned
    table = index_dataset(strong_paths.data_dir / "world", strong_paths).usable.query("split == 'train'")
    maps = read_trunk([strong_paths.data_dir / "world" / path for path in table["path"]], config, 2, strong_paths).maps
    labels = (table["label"] == table["label"].max()).to_numpy().astype(int)
    targets = SoftLabels(np.eye(2, dtype=np.float32)[labels], np.ones(len(labels), np.float32))
    model = tune(maps[0], targets, config, 0, maps[0].shape[2:4])
    assert (predict(model, maps[0][0]).argmax(axis=1) == labels).all()


def two_clouds(n=60, seed=0):
    """Features of two classes that lie apart; the subject is seen in all of them."""
    random = np.random.default_rng(seed)
    truth = np.arange(n) % 2
    points = random.normal(0, 0.3, (n, 6)) + np.where(truth, 1.0, -1.0)[:, None]
    features = Features(
        components=points.astype(np.float32),
        hints=points[:, :2].astype(np.float32),
        subject=random.normal(5, 0.5, n).astype(np.float32),
        colours=np.zeros(n, np.float32),
        groups=np.arange(n),
    )
    return features, truth


def test_a_label_that_contradicts_all_others_is_corrected_unless_a_person_decided_it():
    features, truth = two_clouds()
    labels = truth.copy()
    labels[:2] = 1 - labels[:2]
    decided = np.zeros(len(truth), bool)
    decided[0] = True
    found = soft_labels(features, labels, decided, 2, np.ones(len(truth), bool), seed=0)
    assert found.targets[0].argmax() == labels[0] and found.targets[0].max() == 1  # a person knows better
    assert found.targets[1].argmax() == truth[1]
    assert np.allclose(found.targets.sum(axis=1), 1, atol=1e-5)
    assert (found.targets[2:].argmax(axis=1) == truth[2:]).mean() == 1


def test_labels_that_do_not_teach_change_nothing():
    features, truth = two_clouds()
    teaches = np.arange(len(truth)) >= 10
    swapped = np.where(teaches, truth, 1 - truth)
    nobody = np.zeros(len(truth), bool)
    first, second = (soft_labels(features, labels, nobody, 2, teaches, 0) for labels in (truth, swapped))
    assert np.allclose(first.targets[teaches], second.targets[teaches], atol=1e-6)


def test_only_backbones_that_can_be_cut_are_accepted():
    with pytest.raises(ConfigError, match="backbone"):
        preset("strong", backbone="MobileNetV2")
    assert "tuned-block" in NETWORKS
