"""The last blocks of one or two backbones, tuned on softly corrected labels, calibrated on unseen photos: minutes."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.special import softmax

from core.dataset.index import Dataset
from core.dataset.labels import class_indices
from core.files import write_atomic
from core.networks.out_of_distribution import OutOfDistributionScore, derive_score
from core.paths import Paths
from core.runs.contents import SubjectThreshold
from core.runs.folder import Run
from core.training.recipes.shared import Report, Trained, prepare_tensorflow

_MAX_VIEWS_IN_ALL = 40_000  # 1.4 GB of trunk outputs; a large folder gets fewer views a photo
_FOLDS = 3  # more would judge networks that are nearer to the final one, for minutes


def train_tuned_block(run: Run, dataset: Dataset, table: pd.DataFrame, paths: Paths, report: Report) -> Trained:
    """Reads views of every photo through the frozen trunk, corrects labels, tunes, calibrates, writes one graph.

    Every photo of `train` is first predicted by one of three networks that learned from the others (copies stay on one
    side). These predictions give the temperature, the noise of the labels and the figures of carved validation photos;
    then one network learns from all. Arguments as `train_linear_head`.
    """
    report("start TensorFlow", 0, 1)
    prepare_tensorflow()
    from core.dataset.splits import folds
    from core.features.photo_features import read_features
    from core.features.trunk import TrunkOutputs, read_trunk
    from core.training.calibration import calibrate
    from core.training.soft_labels import SoftLabels, soft_labels
    from core.training.tune import tune

    config, num_classes = run.config, len(run.class_names)
    carved = not (dataset.table["split"] == "validation").any()
    learns = (table["split"] != "test").to_numpy() & ((table["split"] == "train").to_numpy() | carved)
    rows = np.flatnonzero(learns)
    train = table.iloc[rows].reset_index(drop=True)
    labels = class_indices(train, run.class_names)
    decided = train["sha256"].isin({item.image for item in run.dataset.decisions}).to_numpy()

    def read(part: pd.DataFrame, num_views: int, stage: str) -> TrunkOutputs:
        return read_trunk(
            [dataset.folder / path for path in part["path"]],
            config,
            num_views,
            paths,
            lambda done, total: report(stage, done, total),
        )

    features = read_features(dataset, train, paths, lambda done, total: report("look at the labels", done, total))
    seen = read(train, max(2, min(config.views, _MAX_VIEWS_IN_ALL // len(train))), "read the photos")
    others = read(table.iloc[np.flatnonzero(~learns)], 1, "read the other photos") if not learns.all() else None
    grid = max(maps.shape[2:4] for maps in seen.maps)

    def learn(part: np.ndarray, stage: str, on_epoch: Callable | None = None) -> tuple[list, SoftLabels]:
        teaches = np.isin(np.arange(len(train)), part)
        soft = soft_labels(features, labels, decided, num_classes, teaches, config.seed)
        these = SoftLabels(soft.targets[part], soft.weights[part])
        parts = []
        for number, maps in enumerate(seen.maps):

            def on_batch(done: int, total: int, number: int = number) -> None:
                report(stage, done + number * total, len(seen.maps) * total)

            is_last = number == len(seen.maps) - 1
            parts.append(tune(maps[:, part], these, config, number, grid, on_batch, on_epoch if is_last else None))
        return parts, soft

    held_out, judged = np.zeros((len(train), num_classes)), np.zeros(len(train), bool)
    judgements = folds(train, _FOLDS, config.seed)
    for number, (fit, held) in enumerate(judgements, start=1):
        parts, _ = learn(fit, f"judge unseen photos, part {number} of {len(judgements)}")
        held_out[held], judged[held] = _logits(parts, [maps[0, held] for maps in seen.maps]), True

    def on_epoch(row: dict[str, float]) -> None:
        report("train the network", row["epoch"], config.epochs, row=row)

    parts, soft = learn(np.arange(len(train)), "train the network", on_epoch)
    calibration, temperature = None, 1.0
    if judged.any():
        calibration = calibrate(
            held_out[judged], labels[judged], decided[judged], soft.weights[judged], config.accepted_error
        )
        temperature = calibration.temperature
    report("write the model", 0, 1)
    score = derive_score({config.backbone: seen.embeddings}, labels, num_classes)
    _write(run, parts, score, temperature)

    final = np.empty((len(table), num_classes))
    final[rows] = softmax(_logits(parts, [maps[0] for maps in seen.maps]) / temperature, axis=1)
    if others is not None:
        final[~learns] = softmax(_logits(parts, [maps[0] for maps in others.maps]) / temperature, axis=1)
    probabilities = final.copy()
    probabilities[rows[judged]] = softmax(held_out[judged] / temperature, axis=1)
    unseen = ~learns
    unseen[rows[judged]] = True
    embeddings = np.empty((len(table), seen.embeddings.shape[1]), np.float32)
    embeddings[rows] = seen.embeddings
    if others is not None:
        embeddings[~learns] = others.embeddings
    subject = SubjectThreshold(**score.facts)
    scores = score.scores({config.backbone: embeddings})
    return Trained(probabilities, final, unseen, learns, subject, scores, calibration)


def _logits(parts: list, maps: list[np.ndarray]) -> np.ndarray:
    from core.training.tune import predict

    return np.mean([predict(part, of_backbone) for part, of_backbone in zip(parts, maps, strict=True)], axis=0)


def _write(run: Run, parts: list, score: OutOfDistributionScore, temperature: float) -> None:
    """Puts what was trained into the whole graph and writes it; the temperature goes into the head."""
    from core.networks.conversion import keras_bytes, litert_bytes, round_weights
    from core.networks.tuned_networks import fill_tuned, tuned_network

    model = tuned_network(run.config.backbones, run.config.image_size, len(run.class_names))
    fill_tuned(model, parts, temperature)
    for name, weights in score.as_weights().items():
        model.get_layer(name).set_weights(weights)
    round_weights(model)
    write_atomic(run.folder / "model.keras", keras_bytes(model))
    write_atomic(run.folder / "model.tflite", litert_bytes(model, "float16"))  # little is lost: they are rounded
