"""The truth about a drawn sample: what each picture shows and which mistakes it carries."""

import json
from pathlib import Path

import pandas as pd

from core.errors import DatasetError
from core.sample.photo import Photo
from core.sample.plan import Entry

TRUTH_FILE = "truth.csv"
BOX_COLUMNS = ("ear_boxes", "back_boxes", "head_boxes")
NUMBER_COLUMNS = ("wrong_label", "not_subject", "herd_size", "width", "height", "seed")


def truth_row(entry: Entry, photo: Photo, plan: list[Entry], seed: int) -> dict:
    """Returns the line of `truth.csv` about one picture; boxes as JSON."""
    return {
        "path": entry.path,
        "given_label": entry.given_label,
        "true_label": entry.true_label,
        "wrong_label": int(entry.wrong_label),
        "not_subject": int(entry.kind != "elephant"),
        "kind": entry.kind,
        "duplicate_of": "" if entry.source is None else plan[entry.source].path,
        "duplicate_kind": entry.copy_kind,
        **{f"{name}_boxes": json.dumps(boxes) for name, boxes in photo.boxes.items()},
        "herd_size": photo.herd_size,
        "width": photo.pixels.shape[1],
        "height": photo.pixels.shape[0],
        "seed": seed,
    }


def read_truth(folder: Path) -> pd.DataFrame:
    """Reads what is really in a drawn sample.

    Returns:
        One row per picture: path, split, given_label, true_label ("" for not an elephant), wrong_label (0/1),
        not_subject (0/1), kind (elephant|lion|map|text), duplicate_of (path or ""), duplicate_kind
        (resized|mirrored|cropped|recompressed|""), ear_boxes, back_boxes and head_boxes (lists of one
        [left, top, right, bottom] per animal, in pixels, clipped to the picture, not by what stands before),
        herd_size, width, height, seed.

    Raises:
        DatasetError: If the folder has no readable `truth.csv` of a sample.
    """
    path = Path(folder) / TRUTH_FILE
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        table = table.astype(dict.fromkeys(NUMBER_COLUMNS, "int64"))
        for column in BOX_COLUMNS:
            table[column] = table[column].map(json.loads)
        split = table["path"].str.partition("/")[0]
    except (OSError, ValueError, KeyError) as error:
        raise DatasetError(f"{path} is not the truth of a drawn sample.") from error
    return table.assign(split=split)[["path", "split", *(name for name in table if name != "path")]]
