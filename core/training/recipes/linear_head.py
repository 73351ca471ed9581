"""A linear head on a frozen backbone's cached embeddings: seconds."""

from typing import Any

import numpy as np

from core.features.embeddings import embed
from core.features.linear_head import LinearHead, balanced_weights, fit_head
from core.networks.others import other_pictures
from core.networks.out_of_distribution import derive_score
from core.networks.templates import fill, template
from core.runs.contents import SubjectThreshold
from core.training.context import Trained, TrainingContext


def train_linear_head(context: TrainingContext) -> Trained:
    """Embeds every photo, fits a linear head, refits it with the held-out photos and fills the prepared graph.

    Held-out photos that were carved from `train` are taken back by the last fit.
    """
    run, labels = context.run, context.labels
    config, num_classes = run.config, len(run.class_names)
    context.report("prepare the backbone", 0, 1)
    prepared = template(config.backbone, context.paths)
    embeddings = embed(
        context.dataset, context.table, [config.backbone], context.paths, context.steps("read the photos")
    )[config.backbone]
    is_train, is_validation = context.rows("train"), context.rows("validation")
    learned = is_train | is_validation

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

    head = fit_on(
        is_train,
        config.epochs,
        validation=(embeddings[is_validation], labels[is_validation]) if is_validation.any() else None,
        patience=config.early_stopping_patience,
        on_epoch=context.epochs("train the head"),
    )
    probabilities = head.probabilities(embeddings)
    if is_validation.any() and context.carves_validation:
        head = fit_on(learned, head.epochs)
    final = head.probabilities(embeddings)
    negatives = other_pictures(config.backbones, config.image_size, config.framing)
    score = derive_score({config.backbone: embeddings[learned]}, labels[learned], num_classes, negatives)
    layers = {"logits": [head.kernel, head.bias], "class_maps": [head.kernel], **score.as_weights()}
    fill(prepared, layers, num_classes, run.folder)
    return Trained(
        np.where(is_validation[:, None], probabilities, final),
        final,
        ~is_train,
        learned if context.carves_validation else is_train,
        SubjectThreshold(**score.facts),
        score.scores({config.backbone: embeddings}),
    )
