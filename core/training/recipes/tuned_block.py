"""The last blocks of one or two backbones, tuned on softly corrected labels, calibrated on unseen photos: minutes."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import softmax

from core.dataset.splits import folds
from core.features.photo_features import read_features
from core.features.trunk import TrunkOutputs, read_trunk
from core.files import write_atomic
from core.networks.others import other_pictures
from core.networks.out_of_distribution import OutOfDistributionScore, derive_score
from core.runs.contents import SubjectThreshold
from core.runs.folder import Run
from core.training.calibration import calibrate
from core.training.context import Trained, TrainingContext
from core.training.recipes.shared import prepare_tensorflow
from core.training.soft_labels import SoftLabels, soft_labels

if TYPE_CHECKING:
    import keras

_MAX_VIEWS_IN_ALL = 40_000  # 1.4 GB of trunk outputs; a large folder gets fewer views a photo
_FOLDS = 3  # more would judge networks that are nearer to the final one, for minutes


def train_tuned_block(context: TrainingContext) -> Trained:
    """Reads views of every photo through the frozen trunk, corrects labels, tunes, calibrates, writes one graph.

    Every photo of `train` is first predicted by one of three networks that learned from the others (copies stay on one
    side). These predictions give the temperature, the noise of the labels and the figures of carved validation photos;
    then one network learns from all.
    """
    run, dataset, table, paths = context.run, context.dataset, context.table, context.paths
    context.report("start TensorFlow", 0, 1)
    prepare_tensorflow()
    from core.training.tune import tune

    config, num_classes = run.config, len(run.class_names)
    learns = context.rows("train") | (context.rows("validation") & context.carves_validation)
    rows, other_rows = np.flatnonzero(learns), np.flatnonzero(~learns)
    train, labels = table.iloc[rows].reset_index(drop=True), context.labels[rows]
    decided = train["sha256"].isin({item.image for item in run.dataset.decisions}).to_numpy()

    def read(part: pd.DataFrame, num_views: int, stage: str) -> TrunkOutputs:
        files = [dataset.folder / path for path in part["path"]]
        return read_trunk(files, config, num_views, paths, context.steps(stage))

    features = read_features(dataset, train, paths, context.steps("look at the labels"))
    seen = read(train, max(2, min(config.views, _MAX_VIEWS_IN_ALL // len(train))), "read the photos")
    others = [read(table.iloc[other_rows], 1, "read the other photos")] if len(other_rows) else []
    grid = max(maps.shape[2:4] for maps in seen.maps)

    def learn(
        part: np.ndarray, stage: str, on_epoch: Callable[[dict[str, float]], None] | None = None
    ) -> tuple[list["keras.Model"], SoftLabels]:
        teaches = np.isin(np.arange(len(train)), part)
        soft = soft_labels(features, labels, decided, num_classes, teaches, config.seed)
        these = SoftLabels(soft.targets[part], soft.weights[part])
        networks = []
        for number, maps in enumerate(seen.maps):

            def on_batch(done: int, total: int, number: int = number) -> None:
                context.report(stage, done + number * total, len(seen.maps) * total)

            is_last = number == len(seen.maps) - 1
            networks.append(tune(maps[:, part], these, config, number, grid, on_batch, on_epoch if is_last else None))
        return networks, soft

    held_out, judged = np.zeros((len(train), num_classes)), np.zeros(len(train), bool)
    judgements = folds(train, _FOLDS, config.seed)
    for number, (fit, held) in enumerate(judgements, start=1):
        networks, _ = learn(fit, f"judge unseen photos, part {number} of {len(judgements)}")
        held_out[held], judged[held] = _logits(networks, [maps[0, held] for maps in seen.maps]), True

    networks, soft = learn(np.arange(len(train)), "train the network", context.epochs("train the network"))
    calibration, temperature = None, 1.0
    if judged.any():
        calibration = calibrate(
            held_out[judged], labels[judged], decided[judged], soft.weights[judged], config.accepted_error
        )
        temperature = calibration.temperature
    context.report("write the model", 0, 1)
    negatives = other_pictures(config.backbones, config.image_size, config.framing)
    score = derive_score(seen.embeddings, labels, num_classes, negatives)
    _write(run, networks, score, temperature)

    def of_all_rows(values: Callable[[TrunkOutputs], np.ndarray]) -> np.ndarray:
        return np.concatenate([values(part) for part in (seen, *others)])[np.argsort(np.r_[rows, other_rows])]

    logits = of_all_rows(lambda part: _logits(networks, [maps[0] for maps in part.maps]))
    final = softmax(logits / temperature, axis=1)
    probabilities = final.copy()
    probabilities[rows[judged]] = softmax(held_out[judged] / temperature, axis=1)
    unseen = ~learns
    unseen[rows[judged]] = True
    known = {name: of_all_rows(partial(_embedding, name)) for name in config.backbones}
    return Trained(
        probabilities, final, unseen, learns, SubjectThreshold(**score.facts), score.scores(known), calibration
    )


def _embedding(backbone: str, part: TrunkOutputs) -> np.ndarray:
    return part.embeddings[backbone]


def _logits(networks: list["keras.Model"], maps: list[np.ndarray]) -> np.ndarray:
    from core.training.tune import predict

    return np.mean([predict(network, part) for network, part in zip(networks, maps, strict=True)], axis=0)


def _write(run: Run, networks: list["keras.Model"], score: OutOfDistributionScore, temperature: float) -> None:
    """Puts what was trained into the whole graph and writes it; the temperature goes into the head."""
    from core.networks.conversion import keras_bytes, litert_bytes, round_weights
    from core.networks.tuned_networks import fill_tuned, tuned_network

    model = tuned_network(run.config.backbones, run.config.image_size, len(run.class_names))
    fill_tuned(model, networks, temperature)
    for name, weights in score.as_weights().items():
        model.get_layer(name).set_weights(weights)
    round_weights(model)
    write_atomic(run.folder / "model.keras", keras_bytes(model))
    write_atomic(run.folder / "model.tflite", litert_bytes(model, "float16"))  # little is lost: they are rounded
