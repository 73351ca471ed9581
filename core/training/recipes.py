"""How each kind of network is trained; both recipes leave the model files in the run folder and return predictions."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.dataset.images import decode, resize
from core.dataset.index import Dataset
from core.files import write_atomic
from core.paths import Paths
from core.runs.folder import Run

Report = Callable[..., None]  # report(stage, done, total, **more): see train.Reporter


@dataclass(frozen=True)
class Trained:
    """What a recipe hands back.

    Attributes:
        probabilities: Of every row of the table, shape `(photos, classes)`; for `validation` rows they come from a
            model that has not learned from them.
        final: Of every row, by the model that was written.
        subject: What `Run.subject` stores.
        subject_scores: Of every row, 0-1, shape `(photos,)`; `None` if the network has none.
    """

    probabilities: np.ndarray
    final: np.ndarray
    subject: dict[str, Any] | None
    subject_scores: np.ndarray | None = None


def train_linear_head(run: Run, dataset: Dataset, table: pd.DataFrame, paths: Paths, report: Report) -> Trained:
    """Embeds every photo, fits a linear head, refits it with the held-out photos and fills the prepared graph.

    Args:
        run: The staged run; its `class_names` are set.
        dataset: Whose photos.
        table: Usable rows with `label` and `split`.
        paths: Where caches lie.
        report: Progress.

    Returns:
        Predictions of all rows. The held-out photos were carved from `train`, so the last fit takes them back.
    """
    from core.training.embeddings import embed
    from core.training.head import FittedHead, balanced_weights, fit_head
    from core.training.subject import derive_subject
    from core.training.templates import Head, fill, template

    config, num_classes = run.config, len(run.class_names)
    report("prepare the backbone", 0, 1)
    prepared = template(config.backbone, num_classes, paths)
    embeddings = embed(dataset, table, config.backbone, paths,
                       lambda done, total: report("read the photos", done, total))  # fmt: skip
    labels = class_indices(table, run.class_names)
    is_train, is_validation = (table["split"] == "train").to_numpy(), (table["split"] == "validation").to_numpy()

    def fit_on(rows: np.ndarray, epochs: int, **more: Any) -> FittedHead:
        weights = balanced_weights(labels[rows], num_classes) if config.class_weights else None
        return fit_head(embeddings[rows], labels[rows], num_classes, weights=weights,
                        regularization=config.regularization, epochs=epochs, **more)  # fmt: skip

    def on_epoch(row: dict[str, float]) -> None:
        report("train the head", row["epoch"], config.epochs, row=row)

    validation = (embeddings[is_validation], labels[is_validation]) if is_validation.any() else None
    head = fit_on(is_train, config.epochs, validation=validation, patience=config.early_stopping_patience,
                  on_epoch=on_epoch)  # fmt: skip
    probabilities = head.probabilities(embeddings)
    carved = validation is not None and not (dataset.table["split"] == "validation").any()
    if carved:
        head = fit_on(is_train | is_validation, head.epochs)
    final = head.probabilities(embeddings)
    learned = is_train | is_validation
    gate = derive_subject({config.backbone: embeddings[learned]}, labels[learned], num_classes)
    fill(prepared, Head(head.kernel, head.bias, gate), run.folder)
    return Trained(np.where(is_validation[:, None], probabilities, final), final, gate.facts,
                   gate.scores({config.backbone: embeddings}))  # fmt: skip


def train_cnn(run: Run, dataset: Dataset, table: pd.DataFrame, paths: Paths, report: Report) -> Trained:
    """Trains the baseline CNN from scratch with Keras and converts it to LiteRT; arguments as above."""
    report("start TensorFlow", 0, 1)
    prepare_tensorflow()
    from core.runs.export import keras_bytes, litert_bytes
    from core.training.embeddings import remember
    from core.training.fit import Arrays, fit
    from core.training.head import balanced_weights
    from core.training.networks import baseline_cnn

    config, num_classes = run.config, len(run.class_names)
    labels = class_indices(table, run.class_names)
    images = read_images(dataset, table, config.image_size, lambda done: report("read the photos", done, len(table)))

    def split(name: str) -> Arrays:
        rows = (table["split"] == name).to_numpy()
        return Arrays(images[rows], labels[rows])

    train, validation = split("train"), split("validation")
    model = baseline_cnn(config, num_classes)
    fit(model, train, validation if len(validation.labels) else None, config,
        weights=balanced_weights(train.labels, num_classes) if config.class_weights else None,
        on_batch=lambda done, total: report("train the network", done, total),
        on_epoch=lambda row: report("train the network", row["epoch"], config.epochs, row=row))  # fmt: skip
    report("write the model", 0, 1)
    outputs = model.predict(images.astype(np.float32), batch_size=64, verbose=0)
    write_atomic(run.folder / "model.keras", keras_bytes(model))
    write_atomic(run.folder / "model.tflite", litert_bytes(model))
    is_train = (table["split"] != "test").to_numpy()
    remember(dataset, run.run_id, dict(zip(table["sha256"][is_train], outputs["embedding"][is_train], strict=True)))
    return Trained(outputs["probabilities"], outputs["probabilities"], None)


RECIPES: dict[str, Callable[[Run, Dataset, pd.DataFrame, Paths, Report], Trained]] = {
    "linear-head": train_linear_head,
    "cnn": train_cnn,
}


def prepare_tensorflow() -> None:
    """Chooses TensorFlow's faster CPU kernels; has an effect before TensorFlow is imported only.

    oneDNN is on by default on newer processors only; on AVX2 ones it halves the time of a training step.
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def class_indices(table: pd.DataFrame, class_names: tuple[str, ...]) -> np.ndarray:
    """The position of each row's label in `class_names`, shape `(photos,)`."""
    return table["label"].map({name: index for index, name in enumerate(class_names)}).to_numpy(int)


def read_images(
    dataset: Dataset, table: pd.DataFrame, image_size: tuple[int, int], on_photo: Callable[[int], None]
) -> np.ndarray:
    """Decodes all photos of a table at the network's size: `uint8`, shape `(photos, height, width, 3)`."""
    images = np.empty((len(table), *image_size, 3), np.uint8)

    def read(item: tuple[int, str]) -> None:
        index, path = item
        images[index] = resize(decode(dataset.folder / path), image_size)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, _ in enumerate(pool.map(read, enumerate(table["path"])), start=1):
            if done % 20 == 0:
                on_photo(done)
    return images
