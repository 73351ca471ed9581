"""What several recipes share: photos as pixels, TensorFlow's start."""

import logging
import os
from collections.abc import Callable

import numpy as np
import pandas as pd

from core.dataset.images import decode, resize
from core.dataset.index import Dataset
from core.networks.interpreter import in_parallel


def prepare_tensorflow() -> None:
    """Chooses TensorFlow's faster CPU kernels; has an effect before TensorFlow is imported only.

    oneDNN is on by default on newer processors only; on AVX2 ones it halves the time of a training step.
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # a network a fold is no reason to warn of retracing


def read_images(
    dataset: Dataset, table: pd.DataFrame, image_size: tuple[int, int], progress: Callable[[int, int], None]
) -> np.ndarray:
    """Decodes all photos of a table at the network's size: `uint8`, shape `(photos, height, width, 3)`."""
    images = np.empty((len(table), *image_size, 3), np.uint8)

    def read(item: tuple[int, str]) -> None:
        index, path = item
        images[index] = resize(decode(dataset.folder / path), image_size)

    in_parallel(read, enumerate(table["path"]), len(table), progress)
    return images
