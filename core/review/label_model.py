"""The model that learns while a person labels: the head of the `quick` preset, refitted on remembered embeddings."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from core.dataset.index import Dataset
from core.dataset.labelling import draw
from core.dataset.overlay import Decision
from core.features.embeddings import embed
from core.features.linear_head import LinearHead, balanced_weights, fit_head
from core.networks.cosine import unit_vectors
from core.networks.interpreter import Progress
from core.paths import Paths
from core.runs.presets import preset

QUICK = preset("quick")
LEAST_LABELS = 20  # before the model says anything
_LEAST_A_CLASS = 2


@dataclass(frozen=True)
class LabelModel:
    """What is known of a dataset's photos while they are labelled.

    Attributes:
        table: One row a content: `path`, `sha256`, `split`, `label` (reviewed; "" if nobody gave one), `excluded`
            (somebody answered that it shows nothing of use), `draw` (its random number, 0-1).
        embeddings: `float32`, shape `(rows, features)`.
        class_names: Those that the model can tell apart; sorted.
        head: `None` before `LEAST_LABELS` labels of at least two classes.
        has_own_test: The folder has a test split, or a person has set photos aside for it.
    """

    table: pd.DataFrame
    embeddings: np.ndarray
    class_names: tuple[str, ...]
    head: LinearHead | None
    has_own_test: bool

    @cached_property
    def units(self) -> np.ndarray:
        """The embeddings as unit vectors, shape `(rows, features)`."""
        return unit_vectors(self.embeddings)

    @cached_property
    def probabilities(self) -> np.ndarray:
        """What the model says of every row, shape `(rows, classes)`; no columns without a model."""
        return np.empty((len(self.table), 0)) if self.head is None else self.head.probabilities(self.embeddings)

    @cached_property
    def targets(self) -> np.ndarray:
        """Position of each row's label in `class_names`, or -1; shape `(rows,)`."""
        place = {name: number for number, name in enumerate(self.class_names)}
        return np.array([place.get(label, -1) for label in self.table["label"]], int)

    @cached_property
    def answered(self) -> np.ndarray:
        """Which rows a person has answered, `bool`, shape `(rows,)`."""
        return ((self.table["label"] != "") | self.table["excluded"]).to_numpy(bool)

    def rows(self, is_test: bool) -> np.ndarray:
        """Rows with a label of `class_names`: of the test, or those to learn from."""
        in_test = (self.table["split"] == "test").to_numpy()
        return np.flatnonzero((self.targets >= 0) & (in_test == is_test))


def learn(
    dataset: Dataset,
    paths: Paths,
    progress: Progress | None = None,
    decisions: dict[str, Decision] | None = None,
) -> LabelModel:
    """Looks at the photos that are new, and fits the head to the labels given by now: 0.1 s for 1,000 labels.

    Args:
        dataset: With labels or not.
        paths: Where the caches lie.
        progress: Called with (photos done, photos to look at).
        decisions: Those that count; `None` reads them.
    """
    used = dataset.decisions() if decisions is None else decisions
    reviewed = dataset.reviewed(used).set_index("sha256")["label"]
    reviewed = reviewed[~reviewed.index.duplicated()]
    table = dataset.usable.drop_duplicates("sha256").reset_index(drop=True)
    draws = [draw(*pair) for pair in zip(table["phash"], table["phash_mirrored"], strict=True)]
    table = table[["path", "sha256", "split"]].assign(
        label=table["sha256"].map(reviewed).fillna("").astype(str),
        excluded=~table["sha256"].isin(reviewed.index),
        draw=draws,
    )
    embeddings = embed(dataset, table, [QUICK.backbone], paths, progress)[QUICK.backbone]
    has_own_test = bool(((dataset.base or dataset).usable["split"] == "test").any())
    return model_of(table, embeddings, has_own_test)


def model_of(table: pd.DataFrame, embeddings: np.ndarray, has_own_test: bool) -> LabelModel:
    """Fits the head, if there are labels enough; arguments as the attributes of `LabelModel`."""
    in_test, is_labelled = table["split"] == "test", table["label"] != ""
    counts = table.loc[is_labelled & ~in_test, "label"].value_counts()
    class_names = tuple(sorted(counts[counts >= _LEAST_A_CLASS].index))
    model = LabelModel(table, embeddings, class_names, None, has_own_test)
    given = int((is_labelled & ~(in_test & has_own_test)).sum())
    if len(class_names) < 2 or given < LEAST_LABELS:
        return model
    rows = model.rows(is_test=False)
    return replace(model, head=fit(embeddings[rows], model.targets[rows], len(class_names)))


def fit(embeddings: np.ndarray, targets: np.ndarray, num_classes: int) -> LinearHead:
    """The head of the `quick` preset; shapes `(photos, features)` and `(photos,)`."""
    weights = balanced_weights(targets, num_classes)
    return fit_head(
        embeddings,
        targets,
        num_classes,
        weights=weights,
        regularization=QUICK.regularization,
        epochs=QUICK.epochs,
    )
