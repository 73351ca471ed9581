"""What all recipes share: their result, labels as numbers, photos as pixels, TensorFlow's start."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.dataset.images import decode, resize
from core.dataset.index import Dataset
from core.networks.interpreter import in_parallel
from core.runs.contents import Calibration, SubjectThreshold

Report = Callable[..., None]  # report(stage, done, total, **more): see reporter.Reporter


@dataclass(frozen=True)
class Trained:
    """What a recipe hands back.

    Attributes:
        probabilities: Of every row of the table, shape `(photos, classes)`; for `validation` rows they come from a
            model that has not learned from them.
        final: Of every row, by the model that was written.
        unseen: Whether `probabilities` come from a model that has not learned from the row, `bool`, shape `(photos,)`.
        learned: Whether the model that was written has learned from the row, `bool`, shape `(photos,)`.
        subject: What `Run.subject` stores.
        subject_scores: Of every row, 0-1, shape `(photos,)`; `None` if the network has none.
        calibration: How far the probabilities can be trusted; `None` where nothing was fitted.
    """

    probabilities: np.ndarray
    final: np.ndarray
    unseen: np.ndarray
    learned: np.ndarray
    subject: SubjectThreshold | None
    subject_scores: np.ndarray | None = None
    calibration: Calibration | None = None


def prepare_tensorflow() -> None:
    """Chooses TensorFlow's faster CPU kernels; has an effect before TensorFlow is imported only.

    oneDNN is on by default on newer processors only; on AVX2 ones it halves the time of a training step.
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # a network a fold is no reason to warn of retracing


def read_images(
    dataset: Dataset, table: pd.DataFrame, image_size: tuple[int, int], on_photo: Callable[[int], None]
) -> np.ndarray:
    """Decodes all photos of a table at the network's size: `uint8`, shape `(photos, height, width, 3)`."""
    images = np.empty((len(table), *image_size, 3), np.uint8)

    def read(item: tuple[int, str]) -> None:
        index, path = item
        images[index] = resize(decode(dataset.folder / path), image_size)

    in_parallel(read, enumerate(table["path"]), len(table), lambda done, _: on_photo(done))
    return images
