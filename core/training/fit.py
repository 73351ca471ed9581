"""Trains a network from scratch with Keras; photos are decoded once and augmented in batches."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import keras
import numpy as np
import tensorflow as tf

from core.errors import TrainingError
from core.runs.config import TrainingConfig
from core.training.checkpoint import Checkpoint, Reached

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
    checkpoint: Checkpoint | None = None,
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
        checkpoint: Where what is reached is kept after every epoch. A training that was interrupted goes on from it
            and tells `on_epoch` its earlier epochs again; its further epochs draw other batches than it would have
            drawn without the interruption.

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
    stopping = None
    if config.early_stopping_patience and validation is not None:
        stopping = keras.callbacks.EarlyStopping(
            "val_loss", patience=config.early_stopping_patience, restore_best_weights=True
        )
        callbacks.append(stopping)
    done = 0
    if checkpoint:
        keeper = Keeper(checkpoint, stopping)  # last: it keeps what the others have come to
        callbacks.append(keeper)
        reached = keeper.restore(trained)
        done = len(reached.rows) if reached else 0
        if reached and on_epoch:
            for row in reached.rows:
                on_epoch(row)
        if reached and reached.stopped:
            done = config.epochs
    trained.fit(
        batches(train, replace(config, seed=config.seed + done), weights),
        validation_data=validation and (validation.images, validation.labels),
        validation_batch_size=config.batch_size,
        epochs=config.epochs,
        initial_epoch=done,
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


class EpochReport(keras.callbacks.Callback):
    """Passes Keras's progress on; stops a training that has diverged."""

    def __init__(self, num_photos: int, config: TrainingConfig, on_batch: OnBatch | None, on_epoch: OnEpoch | None):
        super().__init__()
        self._num_photos, self._config, self._epoch = num_photos, config, 0
        self._on_batch, self._on_epoch = on_batch, on_epoch

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if not np.isfinite((logs or {}).get("loss", 0.0)):
            raise TrainingError("The loss is no longer a finite number: the training diverged. Lower learning_rate.")
        if self._on_batch:
            seen = min((batch + 1) * self._config.batch_size, self._num_photos)
            self._on_batch(self._epoch * self._num_photos + seen, self._config.epochs * self._num_photos)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if self._on_epoch:
            self._on_epoch(_row(epoch, logs))


class Keeper(keras.callbacks.Callback):
    """Keeps what a training has reached after an epoch; of short epochs not after every one."""

    _MAX_SHARE = 0.1  # of the time goes into keeping

    def __init__(self, checkpoint: Checkpoint, stopping: keras.callbacks.EarlyStopping | None):
        super().__init__()
        self._checkpoint, self._stopping = checkpoint, stopping
        self._reached: Reached | None = None
        self._rows: list[dict[str, float]] = []
        self._kept_at, self._cost = -math.inf, 0.0

    def restore(self, model: keras.Model) -> Reached | None:
        """Puts a compiled model where an earlier training was interrupted."""
        reached = self._checkpoint.load()
        if reached:
            model.set_weights(reached.weights)
            model.optimizer.build(model.trainable_variables)
            for variable, value in zip(model.optimizer.variables, reached.optimizer, strict=True):
                variable.assign(value)
            self._reached, self._rows = reached, list(reached.rows)
        return reached

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        if self._stopping and self._reached and self._reached.best:
            self._stopping.best_weights, self._stopping.best_epoch = self._reached.best, self._reached.best_epoch
            self._stopping.best = self._rows[self._reached.best_epoch]["val_loss"]
            self._stopping.wait = len(self._rows) - 1 - self._reached.best_epoch

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._rows.append(_row(epoch, logs))
        started = time.monotonic()
        if self._cost > self._MAX_SHARE * (started - self._kept_at) and not self.model.stop_training:
            return
        stopping = self._stopping
        self._checkpoint.save(
            Reached(
                self._rows,
                self.model.get_weights(),
                [np.asarray(variable) for variable in self.model.optimizer.variables],
                list(stopping.best_weights or ()) if stopping else [],
                stopping.best_epoch if stopping else 0,
                bool(self.model.stop_training),
            )
        )
        self._kept_at = time.monotonic()
        self._cost = self._kept_at - started


def _row(epoch: int, logs: dict[str, float] | None) -> dict[str, float]:
    return {"epoch": epoch + 1, **{key: float(value) for key, value in (logs or {}).items()}}
