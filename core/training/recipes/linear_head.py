"""A linear head on a frozen backbone's cached embeddings: seconds."""

from typing import Any

import numpy as np
import pandas as pd

from core.dataset.index import Dataset
from core.dataset.labels import class_indices
from core.paths import Paths
from core.runs.contents import SubjectThreshold
from core.runs.folder import Run
from core.training.recipes.shared import Report, Trained


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
    from core.features.embeddings import embed
    from core.features.linear_head import LinearHead, balanced_weights, fit_head
    from core.networks.out_of_distribution import derive_score
    from core.networks.templates import fill, template

    config, num_classes = run.config, len(run.class_names)
    report("prepare the backbone", 0, 1)
    prepared = template(config.backbone, paths)
    embeddings = embed(
        dataset, table, [config.backbone], paths, lambda done, total: report("read the photos", done, total)
    )[config.backbone]
    labels = class_indices(table, run.class_names)
    is_train, is_validation = (table["split"] == "train").to_numpy(), (table["split"] == "validation").to_numpy()

    def fit_on(rows: np.ndarray, epochs: int, **more: Any) -> LinearHead:
        weights = balanced_weights(labels[rows], num_classes) if config.class_weights else None
        return fit_head(
            embeddings[rows],
            labels[rows],
            num_classes,
            weights=weights,
            regularization=config.regularization,
            epochs=epochs,
            **more,
        )

    def on_epoch(row: dict[str, float]) -> None:
        report("train the head", row["epoch"], config.epochs, row=row)

    validation = (embeddings[is_validation], labels[is_validation]) if is_validation.any() else None
    head = fit_on(
        is_train, config.epochs, validation=validation, patience=config.early_stopping_patience, on_epoch=on_epoch
    )
    probabilities = head.probabilities(embeddings)
    carved = validation is not None and not (dataset.table["split"] == "validation").any()
    if carved:
        head = fit_on(is_train | is_validation, head.epochs)
    final = head.probabilities(embeddings)
    looked_at = is_train | is_validation
    score = derive_score({config.backbone: embeddings[looked_at]}, labels[looked_at], num_classes)
    layers = {"logits": [head.kernel, head.bias], "class_maps": [head.kernel], **score.as_weights()}
    fill(prepared, layers, num_classes, run.folder)
    return Trained(
        np.where(is_validation[:, None], probabilities, final),
        final,
        ~is_train,
        is_train | (is_validation & carved),
        SubjectThreshold(**score.facts),
        score.scores({config.backbone: embeddings}),
    )
