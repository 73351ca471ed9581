"""Trains a network from scratch with Keras; photos are decoded once and augmented in batches."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from core.errors import TrainingError
from core.runs.config import TrainingConfig

OnBatch = Callable[[int, int], None]
OnEpoch = Callable[[dict[str, float]], None]


@dataclass(frozen=True)
class Arrays:
    """Photos and labels of one split.

    Attributes:
        images: `uint8`, shape `(photos, height, width, 3)`.
        labels: Class indices, shape `(photos,)`.
    """

    images: np.ndarray
    labels: np.ndarray


def fit(
    model: keras.Model,
    train: Arrays,
    validation: Arrays | None,
    config: TrainingConfig,
    weights: np.ndarray | None = None,
    on_batch: OnBatch | None = None,
    on_epoch: OnEpoch | None = None,
) -> None:
    """Trains a model's `probabilities` in place.

    Args:
        model: With outputs named `probabilities` and others that are not trained.
        train: Photos to learn from.
        validation: Photos that are only watched.
        config: Epochs, batch size, learning rate, augmentation, patience and seed.
        weights: Weight of each training photo.
        on_batch: Called with (photos seen, photos to see) over all epochs.
        on_epoch: Called with `epoch`, `loss`, `accuracy`, `val_loss`, `val_accuracy`.

    Raises:
        TrainingError: If the loss stops being a finite number.
    """
    keras.utils.set_random_seed(config.seed)
    trained = keras.Model(model.input, model.output["probabilities"])
    trained.compile(
        optimizer=keras.optimizers.Adam(config.learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    callbacks: list[keras.callbacks.Callback] = [EpochReport(len(train.images), config, on_batch, on_epoch)]
    if config.early_stopping_patience and validation is not None:
        callbacks.append(
            keras.callbacks.EarlyStopping(
                "val_loss", patience=config.early_stopping_patience, restore_best_weights=True
            )
        )
    trained.fit(
        batches(train, config, weights),
        validation_data=None if validation is None else _plain_batches(validation, config),
        epochs=config.epochs,
        callbacks=callbacks,
        verbose=0,
        shuffle=False,  # the data shuffle themselves
    )


def batches(arrays: Arrays, config: TrainingConfig, weights: np.ndarray | None = None) -> tf.data.Dataset:
    """Shuffled, augmented batches `(image, label, weight)`; decoded pixels stay in memory as bytes."""
    weights = np.ones(len(arrays.labels)) if weights is None else weights
    data = tf.data.Dataset.from_tensor_slices((arrays.images, arrays.labels, weights.astype(np.float32)))
    data = data.shuffle(len(arrays.labels), seed=config.seed).batch(config.batch_size)
    seeds = tf.data.Dataset.random(seed=config.seed).batch(2)

    def augmented(batch: tuple[tf.Tensor, ...], seed: tf.Tensor) -> tuple[tf.Tensor, ...]:
        images, labels, batch_weights = batch
        return augment(tf.cast(images, tf.float32), config, seed), labels, batch_weights

    return tf.data.Dataset.zip(data, seeds).map(augmented, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)


def augment(images: tf.Tensor, config: TrainingConfig, seed: tf.Tensor) -> tf.Tensor:
    """Mirrors, shears and zooms a whole batch with one projective transform.

    Args:
        images: `float32`, shape `(batch, height, width, 3)`.
        config: `flip`, `shear` (radians, either way) and `zoom` (fraction, in or out).
        seed: Two integers; the same seed gives the same pictures.

    Returns:
        Same shape; pixels from outside repeat the edge.
    """
    count = tf.shape(images)[0]
    height, width = config.image_size
    draw = tf.random.stateless_uniform((4, count), tf.cast(seed, tf.int32), -1.0, 1.0)
    mirror = tf.where(draw[0] < 0, -1.0, 1.0) if config.flip else tf.ones_like(draw[0])
    shear = draw[1] * config.shear
    zoom_x, zoom_y = 1 + draw[2] * config.zoom, 1 + draw[3] * config.zoom
    a, b = mirror * zoom_x, -tf.sin(shear) * zoom_x
    c, d = tf.zeros_like(a), tf.cos(shear) * zoom_y
    center_x, center_y = (width - 1) / 2, (height - 1) / 2
    transforms = tf.stack(
        [
            a,
            b,
            center_x - a * center_x - b * center_y,
            c,
            d,
            center_y - c * center_x - d * center_y,
            tf.zeros_like(a),
            tf.zeros_like(a),
        ],
        axis=1,
    )
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=transforms,
        output_shape=[height, width],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )


def _plain_batches(arrays: Arrays, config: TrainingConfig) -> tf.data.Dataset:
    data = tf.data.Dataset.from_tensor_slices((arrays.images, arrays.labels)).batch(config.batch_size)
    return data.map(lambda images, labels: (tf.cast(images, tf.float32), labels))


class EpochReport(keras.callbacks.Callback):
    """Passes Keras's progress on; stops a training that has diverged."""

    def __init__(self, num_photos: int, config: TrainingConfig, on_batch: OnBatch | None, on_epoch: OnEpoch | None):
        super().__init__()
        self._num_photos, self._config, self._epoch = num_photos, config, 0
        self._on_batch, self._on_epoch = on_batch, on_epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if not np.isfinite((logs or {}).get("loss", 0.0)):
            raise TrainingError("The loss is no longer a finite number: the training diverged. Lower learning_rate.")
        if self._on_batch:
            seen = min((batch + 1) * self._config.batch_size, self._num_photos)
            self._on_batch(self._epoch * self._num_photos + seen, self._config.epochs * self._num_photos)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._epoch = epoch + 1
        if self._on_epoch:
            self._on_epoch({"epoch": epoch + 1, **{key: float(value) for key, value in (logs or {}).items()}})
