"""The drawn sample: a small elephant dataset with known truth, so that everything works offline."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from core.errors import DatasetError
from core.sample.copies import near_duplicate
from core.sample.other import draw_other
from core.sample.photo import Photo, draw_elephants
from core.sample.plan import Entry, plan_sample
from core.sample.truth import TRUTH_FILE, read_truth, truth_row

JPEG_QUALITY = (84, 93)
NUM_TRAIN, NUM_TEST = 360, 240
MIN_PICTURES = 4  # of each split
MIN_SIDE = 64  # pixels


def draw_sample(
    folder: Path,
    num_train: int = NUM_TRAIN,
    num_test: int = NUM_TEST,
    image_size: tuple[int, int] = (240, 320),
    seed: int = 7,
    progress: Callable[[int, int], None] | None = None,
) -> bool:
    """Draws a dataset of African and Asian elephants with planted mistakes, all listed in `truth.csv`.

    The two species differ in shape only (ears, back, head, tusks); colours, light and landscape follow one
    distribution. In `train`, 30 % of the African elephants, mostly those among green, lie in the Asian folder and 8 %
    the other way round, and 3 % of the pictures show no elephant; the labels of `test` are right. 4 % of each split
    copy another picture. A resized copy has its own size, every other picture has `image_size`. The folder appears
    whole or not at all.

    Args:
        folder: Must not exist, be empty, or already hold this very sample (then nothing is drawn).
        num_train: Pictures in `train`, at least 4.
        num_test: Pictures in `test`, at least 4.
        image_size: (height, width) in pixels, each at least 64.
        seed: Same seed, same pixels (with the same Pillow and NumPy).
        progress: Called with (pictures done, pictures in all).

    Returns:
        Whether anything was drawn; `False` if the folder held this very sample before.

    Raises:
        DatasetError: If the folder holds something else, or cannot be written.
        ValueError: If a number or size is too small.
    """
    if min(num_train, num_test) < MIN_PICTURES or min(image_size) < MIN_SIDE:
        raise ValueError(
            f"Expected at least {MIN_PICTURES} pictures in each split of at least {MIN_SIDE} pixels a side. "
            f"Received num_train={num_train}, num_test={num_test}, image_size={image_size}."
        )
    folder = Path(folder)
    plan = plan_sample(num_train, num_test, np.random.default_rng([seed, num_train, num_test]))
    if _is_there(folder, plan, image_size, seed):
        return False
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", suffix=".drawing", dir=folder.parent) as scratch:
            staging = Path(scratch) / folder.name
            _draw_all(staging, plan, image_size, seed, progress)
            _publish(staging, folder, plan, image_size, seed)
    except OSError as error:
        raise DatasetError(f"Could not write the sample to {folder}: {error.strerror or error}.") from error
    return True


def _is_there(folder: Path, plan: list[Entry], image_size: tuple[int, int], seed: int) -> bool:
    if not folder.exists() or (folder.is_dir() and next(folder.iterdir(), None) is None):
        return False
    if not (folder / TRUTH_FILE).is_file():
        raise DatasetError(f"{folder} already holds something else; choose an empty or new folder for the sample.")
    truth = read_truth(folder)
    originals = truth[truth.duplicate_kind != "resized"]
    if (
        set(truth.path) != {entry.path for entry in plan}
        or set(truth.seed) != {seed}
        or set(zip(originals.height, originals.width, strict=True)) != {tuple(image_size)}
    ):
        raise DatasetError(f"{folder} already holds a sample drawn with other settings; choose another folder.")
    files = [folder / path for path in truth.path]
    if not all(file.is_file() and file.stat().st_size for file in files):
        raise DatasetError(f"{folder} holds a damaged sample; remove the folder and draw it again.")
    return True


def _publish(staging: Path, folder: Path, plan: list[Entry], image_size: tuple[int, int], seed: int) -> None:
    try:
        os.replace(staging, folder)  # in one step; also over an empty folder
    except OSError:
        if not _is_there(folder, plan, image_size, seed):  # unless someone else was faster with the same sample
            raise


def _draw_all(
    folder: Path, plan: list[Entry], image_size: tuple[int, int], seed: int, progress: Callable[[int, int], None] | None
) -> None:
    rows = []
    for position, entry in enumerate(plan):
        file, rng = folder / entry.path, np.random.default_rng([seed, position])
        photo = _draw(plan, position, image_size, seed, rng)
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo.pixels).save(file, "JPEG", quality=int(rng.integers(*JPEG_QUALITY)))
        rows.append(truth_row(entry, photo, plan, seed))
        if progress is not None:
            progress(position + 1, len(plan))
    pd.DataFrame(rows).sort_values("path").to_csv(folder / TRUTH_FILE, index=False, lineterminator="\n")


def _draw(plan: list[Entry], position: int, image_size: tuple[int, int], seed: int, rng: np.random.Generator) -> Photo:
    """Draws one picture of the plan; of a copy, its original once more."""
    entry = plan[position]
    if entry.source is not None:
        original = _draw(plan, entry.source, image_size, seed, np.random.default_rng([seed, entry.source]))
        return near_duplicate(original, entry.copy_kind, rng)
    if entry.kind == "elephant":
        return draw_elephants(rng, entry.true_label, image_size, entry.place)
    return draw_other(rng, entry.kind, image_size)
