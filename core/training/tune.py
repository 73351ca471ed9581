"""Trains the last block of a backbone further, on what its frozen trunk gives."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from core.features.linear_head import fit_head
from core.networks.tuned_networks import last_block_network
from core.runs.config import TrainingConfig
from core.training.fit import EpochReport, OnBatch, OnEpoch
from core.training.soft_labels import SoftLabels

_MOMENTUM, _CLIP = 0.9, 2.0
_BATCH, _CHUNK = 64, 2048
_WARM_UP, _COLD = 0.1, 0.1  # share of the steps; share of the learning rate at both ends
_PROBE_VIEWS, _PROBE_ROWS, _PROBE_STEPS = 4, 20_000, 80


def tune(
    maps: np.ndarray,
    labels: SoftLabels,
    config: TrainingConfig,
    number: int,
    grid: tuple[int, int],
    on_batch: OnBatch | None = None,
    on_epoch: OnEpoch | None = None,
) -> keras.Model:
    """Fits a tuned copy of a last block and a linear head; every epoch shows each photo in one of its views.

    The head alone is fitted first: a head of chance numbers would push the pretrained block about before it knows
    where to (A. Kumar et al., "Fine-tuning can distort pretrained features and underperform out-of-distribution",
    ICLR 2022).

    Args:
        maps: Trunk outputs, `float16`, shape `(views, photos, rows, columns, channels)`.
        labels: What to learn.
        config: `backbones`, `epochs`, `batch_size`, `learning_rate`, `regularization` (of the head's first fit),
            `robustness`, `class_weights` and `seed`.
        number: Which of the backbones.
        grid: See `last_block_network`.
        on_batch: Called with (photos seen, photos to see) over all epochs.
        on_epoch: Called with `epoch`, `loss` and `accuracy` after each.

    Returns:
        A model from trunk outputs to `logits`, shape `(photos, classes)`.

    Raises:
        TrainingError: If the loss stops being a finite number.
    """
    keras.utils.set_random_seed(config.seed)
    model = last_block_network(
        config.backbones[number], number, labels.targets.shape[1], maps.shape[2:], grid, config.dropout
    )
    weights = _weights(labels, config)
    _fit_head_first(model, maps, labels, weights, config, f"logits_{number}")
    data = _Views(maps, labels, weights, config)
    steps = config.epochs * len(data)
    rate = keras.optimizers.schedules.CosineDecay(
        _COLD * config.learning_rate,
        steps,
        alpha=_COLD,
        warmup_target=config.learning_rate,
        warmup_steps=max(1, int(_WARM_UP * steps)),
    )
    model.compile(
        optimizer=keras.optimizers.SGD(rate, momentum=_MOMENTUM, nesterov=True, global_clipnorm=_CLIP),
        loss=generalised_cross_entropy(config.robustness),
        metrics=["accuracy"],
    )
    model.fit(
        data,
        epochs=config.epochs,
        verbose=0,
        shuffle=False,  # the data shuffle themselves
        callbacks=[EpochReport(maps.shape[1], config, on_batch, on_epoch)],
    )
    return model


def predict(model: keras.Model, maps: np.ndarray) -> np.ndarray:
    """What a model of trunk outputs gives for one view, `(photos, rows, columns, maps)`; `float64`, a row a photo."""
    parts = [
        model.predict(maps[start : start + _CHUNK].astype(np.float32), batch_size=_BATCH, verbose=0)
        for start in range(0, len(maps), _CHUNK)
    ]
    return np.concatenate(parts).astype(np.float64)


def generalised_cross_entropy(robustness: float) -> Callable[[Any, Any], Any]:
    """The loss (1 - p^q) / q on soft labels; q → 0 is the cross-entropy, q = 1 the mean absolute error.

    Z. Zhang and M. Sabuncu, "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels",
    NeurIPS 2018: a photo that contradicts all others loses its pull.
    """

    def loss(targets: Any, logits: Any) -> Any:  # tensors of Keras's backend
        logs = keras.ops.log_softmax(logits)
        if robustness == 0:
            return -keras.ops.sum(targets * logs, axis=-1)
        return keras.ops.sum(targets * (1 - keras.ops.exp(robustness * logs)), axis=-1) / robustness

    return loss


def _weights(labels: SoftLabels, config: TrainingConfig) -> np.ndarray:
    """How much each photo counts, shape `(photos,)`; 1 in the mean."""
    weights = labels.weights / max(labels.weights.mean(), 1e-6)
    if not config.class_weights:
        return weights
    mass = (labels.targets * labels.weights[:, None]).sum(axis=0)
    return weights * (labels.targets @ (mass.sum() / (len(mass) * np.maximum(mass, 1e-6))))


def _fit_head_first(
    model: keras.Model, maps: np.ndarray, labels: SoftLabels, weights: np.ndarray, config: TrainingConfig, layer: str
) -> None:
    num_views = max(1, min(_PROBE_VIEWS, len(maps), _PROBE_ROWS // maps.shape[1]))
    pooled = keras.Model(model.input, model.get_layer("pool").output)
    features = np.concatenate([predict(pooled, of_view) for of_view in maps[:num_views]])
    head = fit_head(
        features,
        np.tile(labels.targets, (num_views, 1)),
        labels.targets.shape[1],
        regularization=config.regularization,
        epochs=_PROBE_STEPS,
        weights=np.tile(weights, num_views),
    )
    model.get_layer(layer).set_weights([head.kernel, head.bias])


class _Views(keras.utils.PyDataset):
    """Shuffled batches `(maps, targets, weights)`; each photo in a view of its own choice."""

    def __init__(self, maps: np.ndarray, labels: SoftLabels, weights: np.ndarray, config: TrainingConfig):
        super().__init__()
        self._maps, self._labels, self._weights, self._size = maps, labels, weights, config.batch_size
        self._random = np.random.default_rng(config.seed)
        self._shuffle()

    def __len__(self) -> int:
        return max(1, self._maps.shape[1] // self._size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = self._order[index * self._size : (index + 1) * self._size]
        views = self._views[rows]
        return self._maps[views, rows].astype(np.float32), self._labels.targets[rows], self._weights[rows]

    def on_epoch_end(self) -> None:
        self._shuffle()

    def _shuffle(self) -> None:
        num_views, num_photos = self._maps.shape[:2]
        self._order = self._random.permutation(num_photos)
        self._views = self._random.integers(0, num_views, size=(num_photos,))
