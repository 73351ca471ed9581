"""The photos an exported model is judged on: those of the run's dataset where they are, else given or drawn ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.dataset.framing import Framing, framed
from core.dataset.images import resize
from core.dataset.readable import decode_if_readable
from core.errors import DatasetError
from core.paths import Paths
from core.runs.folder import Run

NUM_COMPARED = 200  # photos: shares are known to about 2 %, and the slowest format takes half a minute
NUM_REPRESENTATIVE = 100  # more did not help: int8 changed 5 of 300 decisions with 100 of them, 7 with 300


@dataclass(frozen=True)
class ExportPhotos:
    """Photos as the network sees them.

    Attributes:
        compared: Exports are compared on these, `uint8`, shape `(n, height, width, 3)`.
        representative: They set the number ranges of int8; others than `compared` where there are enough.
        description: Which photos `compared` are, such as `200 train and validation photos of elephants`.
    """

    compared: np.ndarray
    representative: np.ndarray
    description: str


def export_photos(run: Run, paths: Paths, given: Sequence[Path] = ()) -> ExportPhotos:
    """Finds photos to judge exports of a run on; `test` photos are never used.

    Args:
        run: Whose exports.
        paths: Where its dataset should be.
        given: Files or folders to use instead.

    Raises:
        DatasetError: If a given path does not exist or holds no readable photo.
    """
    if given:
        from core.dataset.walk import photo_paths

        files, what = photo_paths(given), "given photos"
    else:
        files, what = _train_files(run, paths), f"train and validation photos of {run.dataset.name}"
    order = np.random.default_rng(7).permutation(len(files))
    wanted = [files[index] for index in order[: NUM_COMPARED + NUM_REPRESENTATIVE]]
    framing = run.framing
    images = _read(wanted, framing, run.image_size)
    if given and not images:
        raise DatasetError("Expected readable photos (JPEG, PNG, WebP) to compare on, but there are none there.")
    if not images:
        from core.sample.photo import example_elephants

        drawn = example_elephants(NUM_REPRESENTATIVE, seed=53)
        images = [resize(framed(pixels, framing), run.image_size) for pixels in drawn]
        what = "drawn pictures, because the photos of the dataset are not there"
    compared = images[:NUM_COMPARED]
    return ExportPhotos(np.stack(compared), np.stack(images[-NUM_REPRESENTATIVE:]), f"{len(compared):,} {what}")


def _train_files(run: Run, paths: Paths) -> list[Path]:
    from core.dataset.index import index_dataset

    folder = paths.dataset_folder(run.dataset.folder)
    try:
        dataset = index_dataset(folder, paths)
    except (DatasetError, OSError):
        return []
    table = dataset.usable
    table = table[(table["split"] != "test") & table["label"].isin(run.class_names)]
    return [folder / path for path in table["path"]]


def _read(files: Sequence[Path], framing: Framing, image_size: tuple[int, int]) -> list[np.ndarray]:
    found = map(decode_if_readable, files)
    return [resize(framed(image, framing), image_size) for image in found if image is not None]
