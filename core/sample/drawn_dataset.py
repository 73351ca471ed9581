"""The drawn sample: a small elephant dataset with known truth, so that everything works offline."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from core.errors import DatasetError
from core.sample.copies import near_duplicate
from core.sample.other import draw_other
from core.sample.photo import Photo, draw_elephants
from core.sample.plan import CLASS_NAMES, plan_sample
from core.sample.truth import TRUTH_FILE, read_truth, truth_row

JPEG_QUALITY = (84, 93)
MIN_PICTURES = 4  # of each split
MIN_SIDE = 64  # pixels


@dataclass(frozen=True)
class SampleReport:
    """What `draw_sample` left in the folder.

    Attributes:
        folder: The dataset folder.
        num_train: Pictures in `train`.
        num_test: Pictures in `test`.
        wrong_labels: Elephants in the folder of the other species.
        not_elephants: Lions, maps and posters.
        duplicates: Near-duplicates of another picture.
        seed: Of the drawing.
        seconds: Spent.
        already_there: Whether the folder held the same sample before, and nothing was drawn.
    """

    folder: Path
    num_train: int
    num_test: int
    wrong_labels: int
    not_elephants: int
    duplicates: int
    seed: int
    seconds: float
    already_there: bool


def draw_sample(
    folder: Path,
    num_train: int = 240,
    num_test: int = 80,
    image_size: tuple[int, int] = (240, 320),
    seed: int = 7,
    progress: Callable[[int, int], None] | None = None,
) -> SampleReport:
    """Draws a dataset of African and Asian elephants with planted mistakes, all listed in `truth.csv`.

    The two species differ in shape only (ears, back, head, tusks); colours, light and landscape follow one
    distribution. 8 % of the labels are wrong, 3 % of the pictures show no elephant, 4 % copy another
    picture. A resized copy has its own size, every other picture has `image_size`. The folder appears
    whole or not at all.

    Args:
        folder: Must not exist, be empty, or already hold this very sample (then nothing is drawn).
        num_train: Pictures in `train`, at least 4.
        num_test: Pictures in `test`, at least 4.
        image_size: (height, width) in pixels, each at least 64.
        seed: Same seed, same pixels (with the same Pillow and NumPy).
        progress: Called with (pictures done, pictures in all).

    Raises:
        DatasetError: If the folder holds something else, or cannot be written.
        ValueError: If a number or size is too small.
    """
    if min(num_train, num_test) < MIN_PICTURES or min(image_size) < MIN_SIDE:
        raise ValueError(
            f"Expected at least {MIN_PICTURES} pictures in each split of at least {MIN_SIDE} pixels a side. "
            f"Received num_train={num_train}, num_test={num_test}, image_size={image_size}."
        )
    started, folder = time.monotonic(), Path(folder)
    wanted = (num_train, num_test, image_size, seed)
    there = _is_there(folder, *wanted)
    if not there:
        staging = None
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".drawing", dir=folder.parent))
            _draw_all(staging, *wanted, progress)
            staging.chmod(0o755)  # mkdtemp's 0700 would hide the sample from other users of a shared folder
            _publish(staging, folder, wanted)
        except OSError as error:
            raise DatasetError(f"Could not write the sample to {folder}: {error.strerror or error}.") from error
        finally:
            if staging is not None:
                shutil.rmtree(staging, ignore_errors=True)
    truth = read_truth(folder)
    return SampleReport(
        folder=folder,
        num_train=num_train,
        num_test=num_test,
        wrong_labels=int(truth.wrong_label.sum()),
        not_elephants=int(truth.not_subject.sum()),
        duplicates=int((truth.duplicate_of != "").sum()),
        seed=seed,
        seconds=time.monotonic() - started,
        already_there=there,
    )


def _is_there(folder: Path, num_train: int, num_test: int, image_size: tuple[int, int], seed: int) -> bool:
    if not folder.exists() or (folder.is_dir() and next(folder.iterdir(), None) is None):
        return False
    if not (folder / TRUTH_FILE).is_file():
        raise DatasetError(f"{folder} already holds something else; choose an empty or new folder for the sample.")
    truth = read_truth(folder)
    sizes = truth[truth.duplicate_kind != "resized"]
    same = (
        {"train": num_train, "test": num_test} == truth.split.value_counts().to_dict()
        and set(truth.seed) == {seed}
        and set(zip(sizes.height, sizes.width, strict=True)) == {tuple(image_size)}
    )
    if not same:
        raise DatasetError(f"{folder} already holds a sample drawn with other settings; choose another folder.")
    files = [folder / path for path in truth.path]
    if not all(file.is_file() and file.stat().st_size for file in files):
        raise DatasetError(f"{folder} holds a damaged sample; remove the folder and draw it again.")
    return True


def _publish(staging: Path, folder: Path, wanted: tuple) -> None:
    try:
        os.replace(staging, folder)  # in one step; also over an empty folder
    except OSError:
        if not _is_there(folder, *wanted):  # unless someone else was faster with the same sample
            raise


def _draw_all(
    folder: Path,
    num_train: int,
    num_test: int,
    image_size: tuple[int, int],
    seed: int,
    progress: Callable | None,
) -> None:
    plan = plan_sample(num_train, num_test, np.random.default_rng([seed, num_train, num_test]))
    for split in ("train", "test"):
        for name in CLASS_NAMES:
            (folder / split / name).mkdir(parents=True)
    copied, rows = {entry.source for entry in plan}, []
    originals: dict[int, Photo] = {}
    for position, entry in enumerate(plan):
        rng = np.random.default_rng([seed, position])
        if entry.source is not None:
            photo = near_duplicate(originals[entry.source], entry.copy_kind, rng)
        elif entry.kind == "elephant":
            photo = draw_elephants(rng, entry.true_label, image_size)
        else:
            photo = draw_other(rng, entry.kind, image_size)
        if position in copied:
            originals[position] = photo
        picture = Image.fromarray(photo.pixels)
        picture.save(folder / entry.path, "JPEG", quality=int(rng.integers(*JPEG_QUALITY)))
        rows.append(truth_row(entry, photo, plan, seed))
        if progress is not None:
            progress(position + 1, len(plan))
    pd.DataFrame(rows).sort_values("path").to_csv(folder / TRUTH_FILE, index=False, lineterminator="\n")
