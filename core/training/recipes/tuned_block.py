"""The last block of a backbone, tuned on softly corrected labels and calibrated on photos it had not seen: minutes."""

import numpy as np
import pandas as pd

from core.dataset.index import Dataset
from core.files import write_atomic
from core.paths import Paths
from core.runs.folder import Run
from core.training.recipes.shared import Report, Trained, class_indices, prepare_tensorflow

_MAX_VIEWS_IN_ALL = 40_000  # 1.4 GB of trunk outputs; a large folder gets fewer views a photo
_FOLDS = 5


def train_tuned_block(run: Run, dataset: Dataset, table: pd.DataFrame, paths: Paths, report: Report) -> Trained:
    """Reads views of every photo through the frozen trunk, corrects labels, tunes, calibrates, writes one graph.

    Every photo of `train` is first predicted by one of five networks that learned from the others (copies stay on one
    side). These predictions give the temperature, the noise of the labels and the figures of carved validation photos;
    then one network learns from all. Arguments as `train_linear_head`.
    """
    report("start TensorFlow", 0, 1)
    prepare_tensorflow()
    from core.dataset.splits import folds
    from core.review.features import read_features
    from core.training.calibration import calibrate
    from core.training.soft_labels import SoftLabels, soft_labels
    from core.training.subject import derive_subject
    from core.training.trunk import read_trunk
    from core.training.tune import predict_logits, tune

    config, num_classes = run.config, len(run.class_names)
    carved = not (dataset.table["split"] == "validation").any()
    learns = (table["split"] != "test").to_numpy() & ((table["split"] == "train").to_numpy() | carved)
    rows = np.flatnonzero(learns)
    train = table.iloc[rows].reset_index(drop=True)
    labels = class_indices(train, run.class_names)
    decided = train["sha256"].isin({item["image"] for item in run.dataset["decisions"]}).to_numpy()

    def read(part: pd.DataFrame, num_views: int, stage: str):
        files = [dataset.folder / path for path in part["path"]]
        return read_trunk(files, config.backbone, num_views, config.seed, paths,
                          lambda done, total: report(stage, done, total))  # fmt: skip

    features = read_features(dataset, train, paths, lambda done, total: report("look at the labels", done, total))
    seen = read(train, max(2, min(config.views, _MAX_VIEWS_IN_ALL // len(train))), "read the photos")
    others = read(table.iloc[np.flatnonzero(~learns)], 1, "read the other photos") if not learns.all() else None

    def learn(part: np.ndarray, stage: str, **more):
        teaches = np.isin(np.arange(len(train)), part)
        soft = soft_labels(features, labels, decided, num_classes, teaches, config.seed)
        return tune(seen.maps[:, part], SoftLabels(soft.targets[part], soft.weights[part]), config, num_classes,
                    on_batch=lambda done, total: report(stage, done, total), **more), soft  # fmt: skip

    held_out, counts = np.zeros((len(train), num_classes)), np.zeros(len(train), bool)
    num_folds = min(_FOLDS, int(np.bincount(labels, minlength=num_classes).min()))
    for number, (fit, held) in enumerate(folds(train, num_folds, config.seed), start=1):
        model, _ = learn(fit, f"judge unseen photos, part {number} of {num_folds}")
        held_out[held], counts[held] = predict_logits(model, seen.maps[0, held]), True

    def on_epoch(row: dict[str, float]) -> None:
        report("train the network", row["epoch"], config.epochs, row=row)

    model, soft = learn(np.arange(len(train)), "train the network", on_epoch=on_epoch)
    calibration = calibrate(held_out[counts], labels[counts], decided[counts], soft.weights[counts],
                            config.accepted_error)  # fmt: skip
    report("write the model", 0, 1)
    mask, subject = derive_subject(seen.embeddings, config.backbone)
    _write(run, model, mask, calibration.temperature)

    final = np.empty((len(table), num_classes))
    final[rows] = _softmax(predict_logits(model, seen.maps[0]) / calibration.temperature)
    if others is not None:
        final[~learns] = _softmax(predict_logits(model, others.maps[0]) / calibration.temperature)
    probabilities = final.copy()
    probabilities[rows[counts]] = _softmax(held_out[counts] / calibration.temperature)
    return Trained(probabilities, final, subject, calibration)


def _write(run: Run, tuned, subject_mask: np.ndarray, temperature: float) -> None:
    """Puts what was trained into the whole graph and writes it; the temperature goes into the head."""
    from core.runs.export import keras_bytes, litert_bytes
    from core.training.networks import tuned_network

    model = tuned_network(run.config.backbone, len(run.class_names))
    for layer in tuned.layers:
        if layer.name.startswith("tuned") and layer.get_weights():
            model.get_layer(layer.name).set_weights(layer.get_weights())
    kernel, bias = tuned.get_layer("logits").get_weights()
    model.get_layer("logits").set_weights([kernel / temperature, bias / temperature])
    model.get_layer("class_maps").set_weights([kernel / temperature])
    model.get_layer("subject").set_weights([subject_mask[:, None]])
    write_atomic(run.folder / "model.keras", keras_bytes(model))
    write_atomic(run.folder / "model.tflite", litert_bytes(model))


def _softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)
