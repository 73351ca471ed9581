"""What is wrong with a picture whatever it shows: unreadable, tiny, blank, dark, blurred, odd shape."""

import numpy as np
import pandas as pd

# On 1,019 real elephant photos the smallest values were 100 pixels, sharpness 308, brightness 32 and aspect 2.9.
TINY_SIDE = 64  # pixels: an elephant is a smudge below
BLANK_SHARPNESS = 0.3  # variance of the Laplacian at 128 x 128; a plain page has 0, a thick fog still 1
BLURRED_SHARPNESS = 60.0
DARK_BRIGHTNESS = 20.0  # of 255
ODD_ASPECT = 3.0  # longer side over shorter side: squashing it into a square distorts the subject

CHECKS = {
    "unreadable": "The file cannot be read as a picture.",
    "tiny": f"The shorter side has fewer than {TINY_SIDE} pixels.",
    "blank": "There is next to nothing in the picture.",
    "dark": "The picture is nearly black.",
    "blurred": "The picture is out of focus or blown up.",
    "odd-shape": f"The longer side is more than {ODD_ASPECT:g} times the shorter one.",
}
UNUSABLE = ("unreadable", "tiny", "blank")


def check_photos(table: pd.DataFrame) -> pd.DataFrame:
    """Finds poor pictures by what the index measured.

    Args:
        table: Rows of `Dataset.table`; rows that are no photos (empty classes) are passed over.

    Returns:
        One row a finding: `path`, `label`, `split`, `check` (a key of `CHECKS`), `detail` in words; the worst checks
        first.
    """
    photos = table[~table["problem"].isin(["empty-class", "outside-class"])]
    fine = photos["problem"] == ""
    shorter, longer = photos[["width", "height"]].min(axis=1), photos[["width", "height"]].max(axis=1)
    blank = fine & (photos["sharpness"] < BLANK_SHARPNESS)
    found = {
        "unreadable": (~fine, photos["problem"]),
        "tiny": (fine & (shorter < TINY_SIDE), _sizes(photos)),
        "blank": (blank, photos["sharpness"].map("sharpness {:.1f}".format)),
        "dark": (fine & (photos["brightness"] < DARK_BRIGHTNESS), photos["brightness"].map("brightness {:.0f}".format)),
        "blurred": (
            fine & ~blank & (photos["sharpness"] < BLURRED_SHARPNESS),
            photos["sharpness"].map("sharpness {:.0f}".format),
        ),
        "odd-shape": (fine & (longer > ODD_ASPECT * np.maximum(shorter, 1)), _sizes(photos)),
    }
    rows = [
        photos.loc[rows, ["path", "label", "split"]].assign(check=check, detail=details[rows])
        for check, (rows, details) in found.items()
    ]
    return pd.concat(rows, ignore_index=True)


def unusable(table: pd.DataFrame) -> set[str]:
    """Paths of photos nobody can learn from: unreadable, tiny or blank."""
    found = check_photos(table)
    return set(found.loc[found["check"].isin(UNUSABLE), "path"])


def _sizes(photos: pd.DataFrame) -> pd.Series:
    return photos["width"].astype(str) + " x " + photos["height"].astype(str)
