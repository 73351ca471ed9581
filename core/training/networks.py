"""The networks, each one flat Functional graph (tf-keras-vis cannot look into nested ones)."""

import keras
from keras import layers

from core.training.applications import build_application
from core.training.backbones import build_features, imagenet_head, load_weights
from core.training.config import BACKBONES, TrainingConfig


def baseline_cnn(config: TrainingConfig, num_classes: int) -> keras.Model:
    """The classic small CNN of tutorials: three convolutions, one hidden layer, softmax.

    Args:
        config: `image_size`, `dropout` and `seed` are used.
        num_classes: At least 2.

    Returns:
        A model from `image` (RGB 0-255) to `probabilities` and `embedding` (the 128 hidden units).
    """
    keras.utils.set_random_seed(config.seed)
    image = keras.Input((*config.image_size, 3), name="image")
    x = layers.Rescaling(1 / 255, name="rescale")(image)
    for number, filters in enumerate((32, 64, 128), start=1):
        x = layers.Conv2D(filters, 3, activation="relu", name=f"conv_{number}")(x)
        x = layers.MaxPooling2D(2, name=f"pool_{number}")(x)
    x = layers.Flatten(name="flatten")(x)
    embedding = layers.Dense(128, activation="relu", name="embedding")(x)
    x = layers.Dropout(config.dropout, name="dropout")(embedding)
    probabilities = layers.Dense(num_classes, activation="softmax", name="probabilities")(x)
    return keras.Model(image, {"probabilities": probabilities, "embedding": embedding}, name="baseline_cnn")


def linear_head_network(backbone: str, num_classes: int, weights: str | None = "imagenet") -> keras.Model:
    """A frozen backbone with a linear head and everything a prediction needs in one pass.

    The class maps (class activation maps, Zhou 2016) use the head's kernel on every position of the last feature
    map before pooling; their mean plus the bias is the logit. `subject` sums ImageNet's own probabilities over the
    classes that stand for the dataset's subject.

    Args:
        backbone: A key of `BACKBONES`.
        num_classes: At least 2.
        weights: Of a network of `keras.applications`; tests pass `None` for random ones.

    Returns:
        A model from `image` (RGB 0-255) to `probabilities` (classes), `class_maps` (rows, columns, classes),
        `embedding` (features) and, where ImageNet's head is at hand, `subject` (1), with a head of random weights to
        be replaced: layers `logits`, `class_maps` and `subject`.

    Raises:
        ConfigError: If the backbone's weights are not there and cannot be downloaded.
    """
    is_built_in = bool(BACKBONES[backbone].package)
    if is_built_in:
        image, features, state = build_features(backbone)
    else:
        image, features = build_application(backbone, weights)
    embedding = layers.GlobalAveragePooling2D(name="embedding")(features)
    logits = layers.Dense(num_classes, name="logits")(embedding)
    outputs = {
        "probabilities": layers.Softmax(name="probabilities")(logits),
        "class_maps": layers.Dense(num_classes, use_bias=False, name="class_maps")(features),
        "embedding": embedding,
    }
    if is_built_in:
        imagenet = layers.Dense(1000, activation="softmax", name="imagenet")(embedding)
        outputs["subject"] = layers.Dense(1, use_bias=False, name="subject")(imagenet)
    model = keras.Model(image, outputs, name=backbone.replace("-", "_"))
    if is_built_in:
        load_weights(model, state)
        model.get_layer("imagenet").set_weights(list(imagenet_head(state)))
    return model
