"""One epoch of the baseline CNN in a fresh process; called by `benchmarks.training`.

`python -m benchmarks.epoch ours|generator|generator-same-kernels FOLDER` prints seconds as JSON.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from core.dataset.index import index_dataset
from core.dataset.labels import class_indices
from core.paths import Paths
from core.runs.presets import preset
from core.training.recipes.shared import prepare_tensorflow, read_images

if sys.argv[1:2] != ["generator"]:
    prepare_tensorflow()  # tutorials leave TensorFlow's own choice of kernels

import keras  # noqa: E402

from core.networks.networks import baseline_cnn  # noqa: E402
from core.training.fit import Arrays, fit  # noqa: E402

_EPOCHS = 2  # the first one traces and is not counted


def main(way: str, folder: Path) -> dict[str, float]:
    """Seconds of the second epoch, and of decoding where that is done once for all epochs."""
    dataset = index_dataset(folder, Paths.from_env())
    table = dataset.usable[dataset.usable["split"] == "train"].reset_index(drop=True)
    labels = class_indices(table, dataset.class_names)
    config = preset("baseline-cnn", epochs=_EPOCHS)
    num_classes = len(dataset.class_names)
    if way != "ours":
        return {"epoch": _generator_epoch(dataset.folder, table["path"].tolist(), labels, config, num_classes)}
    started = time.perf_counter()
    images = read_images(dataset, table, config.image_size, lambda done, total: None)
    ends = [time.perf_counter()]
    fit(
        baseline_cnn(config.image_size, num_classes, config.dropout, config.seed),
        Arrays(images, labels),
        None,
        config,
        on_epoch=lambda row: ends.append(time.perf_counter()),
    )
    return {"epoch": ends[-1] - ends[-2], "decode": ends[0] - started, "photos": len(table)}


def _generator_epoch(folder: Path, files: list[str], labels: np.ndarray, config, num_classes: int) -> float:
    model = baseline_cnn(config.image_size, num_classes, config.dropout, config.seed)
    trained = keras.Model(model.input, model.output["probabilities"])
    trained.compile(keras.optimizers.Adam(config.learning_rate), "sparse_categorical_crossentropy")
    sequence = _PythonLoading(folder, files, labels, config)
    ends = [time.perf_counter()]
    stamp = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()))
    trained.fit(sequence, epochs=_EPOCHS, verbose=0, callbacks=[stamp])
    return ends[-1] - ends[-2]


class _PythonLoading(keras.utils.PyDataset):
    """What tutorials do: each photo is opened, resized and transformed in Python for each batch."""

    def __init__(self, folder: Path, files: list[str], labels: np.ndarray, config):
        super().__init__()
        self._folder, self._files, self._labels, self._config = folder, files, labels, config
        self._random = np.random.default_rng(0)

    def __len__(self) -> int:
        return -(-len(self._files) // self._config.batch_size)

    def __getitem__(self, number: int):
        part = slice(number * self._config.batch_size, (number + 1) * self._config.batch_size)
        height, width = self._config.image_size
        images = [
            self._augmented(np.asarray(keras.utils.load_img(self._folder / file, target_size=(height, width))))
            for file in self._files[part]
        ]
        return np.stack(images), self._labels[part]

    def _augmented(self, image: np.ndarray) -> np.ndarray:
        from scipy.ndimage import affine_transform

        shear = self._random.uniform(-self._config.shear, self._config.shear)
        zoom = 1 + self._random.uniform(-self._config.zoom, self._config.zoom, 2)
        matrix = np.array([[zoom[0] * np.cos(shear), 0], [-zoom[1] * np.sin(shear), zoom[1]]])
        center = (np.array(image.shape[:2]) - 1) / 2
        offset = center - matrix @ center
        channels = [
            affine_transform(image[..., channel].astype(np.float32), matrix, offset, order=1, mode="nearest")
            for channel in range(3)
        ]
        moved = np.stack(channels, axis=-1)
        return moved[:, ::-1] if self._random.random() < 0.5 else moved


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
