"""The baseline CNN, trained from scratch."""

import hashlib
import json

import numpy as np
import pandas as pd

from core.dataset.index import Dataset
from core.dataset.labels import class_indices
from core.files import write_atomic
from core.paths import Paths
from core.runs.folder import Run
from core.runs.staging import CHECKPOINT_FILE
from core.training.recipes.shared import Report, Trained, prepare_tensorflow, read_images


def train_cnn(run: Run, dataset: Dataset, table: pd.DataFrame, paths: Paths, report: Report) -> Trained:
    """Trains the baseline CNN from scratch with Keras and converts it to LiteRT; arguments as `train_linear_head`."""
    report("start TensorFlow", 0, 1)
    prepare_tensorflow()
    from core.features.embeddings import remember
    from core.features.head import balanced_weights
    from core.networks.conversion import keras_bytes, litert_bytes
    from core.networks.networks import baseline_cnn
    from core.training.checkpoint import Checkpoint
    from core.training.fit import Arrays, fit

    config, num_classes = run.config, len(run.class_names)
    labels = class_indices(table, run.class_names)
    images = read_images(dataset, table, config.image_size, lambda done: report("read the photos", done, len(table)))

    def split(name: str) -> Arrays:
        rows = (table["split"] == name).to_numpy()
        return Arrays(images[rows], labels[rows])

    train, validation = split("train"), split("validation")
    model = baseline_cnn(config.image_size, num_classes, config.dropout, config.seed)
    fit(
        model,
        train,
        validation if len(validation.labels) else None,
        config,
        weights=balanced_weights(train.labels, num_classes) if config.class_weights else None,
        on_batch=lambda done, total: report("train the network", done, total),
        on_epoch=lambda row: report("train the network", row["epoch"], config.epochs, row=row),
        checkpoint=Checkpoint(run.folder / CHECKPOINT_FILE, _identity(run, table)),
    )
    report("write the model", 0, 1)
    outputs = model.predict(images.astype(np.float32), batch_size=64, verbose=0)
    write_atomic(run.folder / "model.keras", keras_bytes(model))
    write_atomic(run.folder / "model.tflite", litert_bytes(model))
    is_train = (table["split"] != "test").to_numpy()
    remember(dataset, run.run_id, dict(zip(table["sha256"][is_train], outputs["embedding"][is_train], strict=True)))
    return Trained(outputs["probabilities"], outputs["probabilities"], None)


def _identity(run: Run, table: pd.DataFrame) -> str:
    """Changes with all that a training depends on: its settings and every photo with its label and split."""
    config = json.dumps(run.config.as_dict(), sort_keys=True)
    photos = table[["sha256", "label", "split"]].to_csv(index=False)
    return hashlib.sha256(f"{config}\n{photos}".encode()).hexdigest()
