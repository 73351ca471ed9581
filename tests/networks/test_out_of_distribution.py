"""The out-of-distribution score: one-class evidence from the training photos, the same in NumPy, Keras and LiteRT."""

import numpy as np
import pytest

from core.dataset.framing import FRAMINGS
from core.networks import imagenet
from core.networks.contrast import foreign
from core.networks.others import Others, other_pictures
from core.networks.out_of_distribution import THRESHOLD, derive_score

BUILT_IN, DOWNLOADED = "efficientnet-lite0", "MobileNetV3Small"
RANDOM = np.random.default_rng(5)


def cloud(num: int, direction: int, features: int = 576, noise: float = 0.3) -> np.ndarray:
    """Embeddings around one axis; positive as after a ReLU."""
    values = np.abs(RANDOM.normal(0, noise / np.sqrt(features), (num, features)))
    values[:, direction] += RANDOM.uniform(0.5, 1.5, num)
    return values.astype(np.float32)


def two_classes(num: int = 100) -> tuple[dict[str, np.ndarray], np.ndarray]:
    return {DOWNLOADED: np.concatenate([cloud(num, 0), cloud(num, 1)])}, np.repeat([0, 1], num)


def imagenet_photos(classes: list[int], num: int) -> np.ndarray:
    """Embeddings that the built-in backbone's own head takes for these classes in turn."""
    kernel = imagenet.head(BUILT_IN)[0].T
    chosen = np.resize(classes, num)
    noise = np.abs(RANDOM.normal(0, 0.1, (num, kernel.shape[1])))
    return (np.maximum(kernel[chosen] * RANDOM.uniform(8, 14, (num, 1)), 0) + noise).astype(np.float32)


def test_photos_like_a_class_pass_and_others_do_not():
    embeddings, labels = two_classes()
    score = derive_score(embeddings, labels, 2)
    fresh, other = np.concatenate([cloud(200, 0), cloud(200, 1)]), cloud(200, 7)
    assert (score.scores({DOWNLOADED: fresh}) >= THRESHOLD).mean() >= 0.95
    assert (score.scores({DOWNLOADED: other}) >= THRESHOLD).mean() == 0
    assert score.facts["threshold"] == THRESHOLD and score.facts["imagenet_classes"] == {}


def test_the_median_training_photo_scores_95_percent():
    embeddings, labels = two_classes()
    assert np.median(derive_score(embeddings, labels, 2).scores(embeddings)) == pytest.approx(0.95, abs=0.01)


def test_photos_of_something_else_and_swapped_labels_in_training_do_not_let_others_pass():
    embeddings, labels = two_classes()
    labels[::5] = 1 - labels[::5]
    embeddings[DOWNLOADED][:10] = cloud(10, 7)  # 5 % show something else
    score = derive_score(embeddings, labels, 2)
    assert (score.scores({DOWNLOADED: np.concatenate([cloud(200, 0), cloud(200, 1)])}) >= THRESHOLD).mean() >= 0.95
    assert (score.scores({DOWNLOADED: cloud(200, 7)}) >= THRESHOLD).mean() <= 0.02


def test_imagenet_is_heard_only_where_its_classes_cover_every_class():
    known, unknown = imagenet_photos([385, 386], 60), cloud(60, 3, 1280) * 0.01
    covered = derive_score({BUILT_IN: known}, np.arange(60) % 2, 2)
    assert covered.facts["imagenet_classes"] == {BUILT_IN: [385, 386]}
    assert np.flatnonzero(imagenet.frequent_classes(imagenet.logits(known, BUILT_IN))).tolist() == [385, 386]
    mixed = np.concatenate([known, unknown * RANDOM.uniform(0, 1, (60, 1)).astype(np.float32)])
    for row in range(60):  # every photo of the second class is taken for another ImageNet class
        mixed[60 + row] = imagenet_photos([row * 7], 1)[0]
    score = derive_score({BUILT_IN: mixed}, np.repeat([0, 1], 60), 2)
    assert score.facts["imagenet_classes"] == {BUILT_IN: []} and score.kernel[0, 0] == 0


def test_equal_photos_and_one_photo_a_class_give_finite_weights():
    for embeddings in (np.ones((8, 576), np.float32), np.eye(2, 576, dtype=np.float32), np.zeros((4, 576), np.float32)):
        score = derive_score({DOWNLOADED: embeddings}, np.arange(len(embeddings)) % 2, 2)
        assert all(np.isfinite(value).all() for each in score.as_weights().values() for value in each)
        assert np.isfinite(score.scores({DOWNLOADED: embeddings})).all()


def test_weights_have_the_shapes_that_the_graph_expects():
    import keras

    from core.networks.networks import out_of_distribution_output

    embeddings = {BUILT_IN: imagenet_photos([385, 386], 30), DOWNLOADED: cloud(30, 0)}
    score = derive_score(embeddings, np.arange(30) % 3, 3)
    inputs = {name: keras.Input((values.shape[1],)) for name, values in embeddings.items()}
    model = keras.Model(list(inputs.values()), out_of_distribution_output(inputs, 3))
    found = {name: [value.shape for value in each] for name, each in score.as_weights().items()}
    assert found == {name: [value.shape for value in model.get_layer(name).get_weights()] for name in found}
    assert len(found) == 5
    assert all(value.dtype == np.float32 for each in score.as_weights().values() for value in each)


def others_like(classes: dict[str, list[int]], num: int = 40) -> Others:
    """Pictures of kinds, each from sources of its own."""
    kinds = np.repeat(list(classes), num)
    embeddings = np.concatenate([imagenet_photos(chosen, num) for chosen in classes.values()])
    return Others({BUILT_IN: embeddings}, kinds, np.arange(len(kinds)))


def test_what_imagenet_confuses_with_the_subject_is_refused_once_it_was_shown():
    """A kind that ImageNet takes for the subject itself, as it takes rhinos for elephants, but that looks different."""
    photos, mark = imagenet_photos([385, 386], 120), np.zeros(1280, np.float32)
    mark[:64] = 0.5
    lookalike, others = imagenet_photos([385, 386], 120) + mark, others_like({"car": [817, 511], "rhino": [385, 386]})
    others.embeddings[BUILT_IN][40:] += mark
    labels = np.arange(120) % 2
    alone, contrasted = derive_score({BUILT_IN: photos}, labels, 2), derive_score({BUILT_IN: photos}, labels, 2, others)
    assert alone.facts["num_others"] == 0 and contrasted.facts["num_others"] == 80
    fresh = imagenet_photos([385, 386], 200)
    assert (contrasted.scores({BUILT_IN: lookalike}) >= THRESHOLD).mean() <= 0.1
    assert (alone.scores({BUILT_IN: lookalike}) >= THRESHOLD).mean() >= 0.5
    assert (contrasted.scores({BUILT_IN: fresh}) >= THRESHOLD).mean() >= 0.95
    easy = imagenet_photos([100, 500, 900], 60)  # a kind that nobody has shown
    assert (contrasted.scores({BUILT_IN: easy}) >= THRESHOLD).mean() <= 0.05


def test_others_that_show_the_datasets_own_subject_are_no_negatives():
    photos, others = imagenet_photos([817], 60), others_like({"car": [817], "rhino": [385, 386], "food": [924]})
    score = derive_score({BUILT_IN: photos}, np.arange(60) % 2, 2, others)
    assert score.facts["num_others"] == 80
    assert (score.scores({BUILT_IN: imagenet_photos([817], 100)}) >= THRESHOLD).mean() >= 0.95


def test_the_shipped_pictures_are_numbers_of_both_backbones_for_both_framings():
    for framing in FRAMINGS:
        found = other_pictures((BUILT_IN, "efficientnet-lite2"), (260, 260), framing)
        assert found is not None and len(found.kinds) == len(found.sources) > 150
        assert all(np.isfinite(values).all() for values in found.embeddings.values())
        assert (foreign(found.embeddings[BUILT_IN][:20], found, found.embeddings[BUILT_IN])).sum() < len(found.kinds)
    assert other_pictures((BUILT_IN,), (224, 224), "squash") is not None
    assert other_pictures((DOWNLOADED,), (224, 224), "squash") is None


@pytest.mark.parametrize("contrasted", [False, True])
@pytest.mark.parametrize("backbones", [[BUILT_IN], [DOWNLOADED], [BUILT_IN, "efficientnet-lite2"]])
def test_the_graph_gives_the_score_that_was_derived(backbones, contrasted, tmp_path):
    import keras

    from core.networks.catalogue import BACKBONES
    from core.networks.networks import out_of_distribution_output

    labels, embeddings = np.arange(40) % 2, {}
    for name in backbones:
        embeddings[name] = imagenet_photos([385, 386], 40) if BACKBONES[name].package else cloud(40, 0)
    others = other_pictures(backbones, (260, 260), "centre") if contrasted else None
    score = derive_score(embeddings, labels, 2, others)
    inputs = {name: keras.Input((values.shape[1],)) for name, values in embeddings.items()}
    model = keras.Model(list(inputs.values()), out_of_distribution_output(inputs, 2))
    for name, weights in score.as_weights().items():
        model.get_layer(name).set_weights(weights)
    found = np.asarray(model([values for values in embeddings.values()]))[:, 0]
    assert np.allclose(found, score.scores(embeddings), atol=1e-4)
    model.save(tmp_path / "score.keras")
    again = keras.saving.load_model(tmp_path / "score.keras")
    assert np.allclose(np.asarray(again([values for values in embeddings.values()]))[:, 0], found, atol=1e-6)
