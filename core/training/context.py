"""What every recipe works with, and what it hands back."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd

from core.dataset.index import Dataset
from core.dataset.labels import class_indices
from core.paths import Paths
from core.runs.contents import Calibration, SubjectThreshold
from core.runs.folder import Run
from core.runs.reporter import Report


@dataclass(frozen=True)
class TrainingContext:
    """A training under way.

    Attributes:
        run: The staged run; its `class_names` are set.
        dataset: Whose photos.
        table: Its usable rows with the `label` to learn and the `split`.
        paths: Where caches lie.
        report: Takes progress.
    """

    run: Run
    dataset: Dataset
    table: pd.DataFrame
    paths: Paths
    report: Report

    @cached_property
    def labels(self) -> np.ndarray:
        """Class indices of all rows, shape `(photos,)`."""
        return class_indices(self.table, self.run.class_names)

    @property
    def carves_validation(self) -> bool:
        """Whether the `validation` rows were carved from `train`, so that the last fit may take them back."""
        return not (self.dataset.table["split"] == "validation").any()

    def rows(self, split: str) -> np.ndarray:
        """Which rows lie in a split, `bool`, shape `(photos,)`."""
        return (self.table["split"] == split).to_numpy()

    def steps(self, stage: str) -> Callable[[int, int], None]:
        """Takes (steps done, steps in all) of a stage."""
        return partial(self.report, stage)

    def epochs(self, stage: str) -> Callable[[dict[str, float]], None]:
        """Takes the figures of each epoch of a stage; see `HISTORY_COLUMNS`."""
        return lambda figures: self.report(stage, int(figures["epoch"]), self.run.config.epochs, figures)


@dataclass(frozen=True)
class Trained:
    """What a recipe hands back, beside the model files in the run folder.

    Attributes:
        probabilities: Of every row of the table, shape `(photos, classes)`; for `validation` rows they come from a
            model that has not learned from them.
        final: Of every row, by the model that was written.
        unseen: Whether `probabilities` come from a model that has not learned from the row, `bool`, shape `(photos,)`.
        learned: Whether the model that was written has learned from the row, `bool`, shape `(photos,)`.
        subject: How to read the out-of-distribution score; `None` if the network has none.
        subject_scores: Of every row, 0-1, shape `(photos,)`; `None` if the network has none.
        calibration: How far the probabilities can be relied on; `None` where nothing was fitted.
    """

    probabilities: np.ndarray
    final: np.ndarray
    unseen: np.ndarray
    learned: np.ndarray
    subject: SubjectThreshold | None = None
    subject_scores: np.ndarray | None = None
    calibration: Calibration | None = None
