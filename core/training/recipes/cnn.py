"""The baseline CNN, trained from scratch."""

import hashlib
import json
from dataclasses import asdict

import numpy as np

from core.files import write_atomic
from core.runs.staging import CHECKPOINT_FILE
from core.training.context import Trained, TrainingContext
from core.training.recipes.shared import prepare_tensorflow, read_images


def train_cnn(context: TrainingContext) -> Trained:
    """Trains the baseline CNN from scratch with Keras and converts it to LiteRT."""
    run, dataset, table, report = context.run, context.dataset, context.table, context.report
    report("start TensorFlow", 0, 1)
    prepare_tensorflow()
    from core.features.embeddings import remember
    from core.features.linear_head import balanced_weights
    from core.networks.conversion import keras_bytes, litert_bytes
    from core.networks.networks import baseline_cnn
    from core.training.checkpoint import Checkpoint
    from core.training.fit import Arrays, fit

    config, num_classes = run.config, len(run.class_names)
    images = read_images(dataset, table, config.image_size, context.steps("read the photos"))
    train, validation = (
        Arrays(images[rows], context.labels[rows]) for rows in map(context.rows, ("train", "validation"))
    )
    model = baseline_cnn(config.image_size, num_classes, config.dropout, config.seed)
    fit(
        model,
        train,
        validation if len(validation.labels) else None,
        config,
        weights=balanced_weights(train.labels, num_classes) if config.class_weights else None,
        on_batch=context.steps("train the network"),
        on_epoch=context.epochs("train the network"),
        checkpoint=Checkpoint(run.folder / CHECKPOINT_FILE, _identity(context)),
    )
    report("write the model", 0, 1)
    outputs = model.predict(images.astype(np.float32), batch_size=64, verbose=0)
    write_atomic(run.folder / "model.keras", keras_bytes(model))
    write_atomic(run.folder / "model.tflite", litert_bytes(model))
    outside_test = ~context.rows("test")
    pairs = zip(table["sha256"][outside_test], outputs["embedding"][outside_test], strict=True)
    remember(dataset, run.run_id, dict(pairs))
    learned = context.rows("train")
    return Trained(outputs["probabilities"], outputs["probabilities"], ~learned, learned)


def _identity(context: TrainingContext) -> str:
    """Changes with all that a training depends on: its settings and every photo with its label and split."""
    config = json.dumps(asdict(context.run.config), sort_keys=True)
    photos = context.table[["sha256", "label", "split"]].to_csv(index=False)
    return hashlib.sha256(f"{config}\n{photos}".encode()).hexdigest()
