"""The networks, each one flat Functional graph (tf-keras-vis cannot look into nested ones)."""

import keras
from keras import layers

from core.networks.applications import build_application
from core.networks.backbones import build_last_block, build_trunk
from core.networks.catalogue import BACKBONES
from core.networks.imagenet import centred_head
from core.networks.out_of_distribution import LEAST_MASS


def baseline_cnn(image_size: tuple[int, int], num_classes: int, dropout: float, seed: int) -> keras.Model:
    """The classic small CNN of tutorials: three convolutions, one hidden layer, softmax.

    Args:
        image_size: `(height, width)`.
        num_classes: At least 2.
        dropout: Share of the hidden units that are dropped in training, 0-0.9.
        seed: Same seed, same first weights.

    Returns:
        A model from `image` (RGB 0-255) to `probabilities` and `embedding` (the 128 hidden units).
    """
    keras.utils.set_random_seed(seed)
    image = keras.Input((*image_size, 3), name="image")
    x = layers.Rescaling(1 / 255, name="rescale")(image)
    for number, filters in enumerate((32, 64, 128), start=1):
        x = layers.Conv2D(filters, 3, activation="relu", name=f"conv_{number}")(x)
        x = layers.MaxPooling2D(2, name=f"pool_{number}")(x)
    x = layers.Flatten(name="flatten")(x)
    embedding = layers.Dense(128, activation="relu", name="embedding")(x)
    x = layers.Dropout(dropout, name="dropout")(embedding)
    probabilities = layers.Dense(num_classes, activation="softmax", name="probabilities")(x)
    return keras.Model(image, {"probabilities": probabilities, "embedding": embedding}, name="baseline_cnn")


def linear_head_network(backbone: str, num_classes: int, weights: str | None = "imagenet") -> keras.Model:
    """A frozen backbone with a linear head and everything a prediction needs in one pass.

    The class maps (class activation maps, Zhou 2016) use the head's kernel on every position of the last feature
    map before pooling; their mean plus the bias is the logit. For `subject` see `out_of_distribution_output`.

    Args:
        backbone: A key of `BACKBONES`.
        num_classes: At least 2.
        weights: Of a network of `keras.applications`; tests pass `None` for random ones.

    Returns:
        A model from `image` (RGB 0-255) to `probabilities` (classes), `class_maps` (rows, columns, classes),
        `embedding` (features) and `subject` (1), with a head of random weights to be replaced: layers `logits`,
        `class_maps` and those of `out_of_distribution_output`.

    Raises:
        ConfigError: If the backbone's weights are not there and cannot be downloaded.
    """
    if BACKBONES[backbone].package:
        image, trunk = build_trunk(backbone)
        features = build_last_block(backbone, trunk)
    else:
        image, features = build_application(backbone, weights)
    embedding = layers.GlobalAveragePooling2D(name="embedding")(features)
    outputs = head_outputs(features, embedding, {backbone: embedding}, num_classes)
    return keras.Model(image, outputs, name=backbone.replace("-", "_"))


def head_outputs(
    features: keras.KerasTensor,
    pooled: keras.KerasTensor,
    embeddings: dict[str, keras.KerasTensor],
    num_classes: int,
) -> dict[str, keras.KerasTensor]:
    """All that a prediction needs.

    Args:
        features: The last feature maps.
        pooled: Their mean over all places.
        embeddings: By backbone its pooled features as ImageNet left it; the first one is that of the run.
        num_classes: At least 2.
    """
    logits = layers.Dense(num_classes, name="logits")(pooled)
    return {
        "probabilities": layers.Softmax(name="probabilities")(logits),
        "class_maps": layers.Dense(num_classes, use_bias=False, name="class_maps")(features),
        "embedding": next(iter(embeddings.values())),
        "subject": out_of_distribution_output(embeddings, num_classes),
    }


def out_of_distribution_output(embeddings: dict[str, keras.KerasTensor], num_classes: int) -> keras.KerasTensor:
    """The out-of-distribution score (see `derive_score`) from known embeddings.

    Args:
        embeddings: By backbone: shape `(features,)` a photo.
        num_classes: Number of class centres.

    Returns:
        The score, 0-1, shape `(1,)` a photo. To be filled: `subject`, `subject_mass_<backbone>`,
        `subject_centres_<backbone>` and `subject_contrast_<backbone>`, from `OutOfDistributionScore.as_weights`.
    """
    evidence, contrasts = [], []
    for name, embedding in embeddings.items():
        descriptors = embedding
        if BACKBONES[name].package:
            imagenet_head = layers.Dense(1000, name=f"imagenet_{name}")
            descriptors = imagenet_head(embedding)
            imagenet_head.set_weights(centred_head(name))
            imagenet = layers.Softmax(name=f"imagenet_shares_{name}")(descriptors)
            masses = layers.Dense(2, use_bias=False, name=f"subject_mass_{name}")(imagenet)
            shares = keras.ops.log(masses + LEAST_MASS)
            evidence.append(shares[:, :1] - shares[:, 1:])
            contrasts.append(layers.Dense(1, use_bias=False, name=f"subject_contrast_{name}")(embedding))
        unit = layers.UnitNormalization(name=f"subject_unit_{name}")(descriptors)
        cosines = layers.Dense(num_classes, use_bias=False, name=f"subject_centres_{name}")(unit)
        evidence.append(keras.ops.max(cosines, axis=-1, keepdims=True))
    evidence += contrasts
    joined = layers.Concatenate(name="subject_evidence")(evidence) if len(evidence) > 1 else evidence[0]
    return layers.Dense(1, activation="sigmoid", name="subject")(joined)
