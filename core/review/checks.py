"""Pictures that nobody can learn from, whatever they show: unreadable, tiny or blank."""

import pandas as pd

from core.dataset.index import NOT_IN_A_CLASS

# On 1,019 real photos the smallest values were 100 pixels and a sharpness of 308.
TINY_SIDE = 64  # pixels: the subject is a smudge below
BLANK_SHARPNESS = 0.3  # variance of the Laplacian at 128 x 128; a plain page has 0, a thick fog still 1


def unusable(table: pd.DataFrame) -> set[str]:
    """Paths of photos nobody can learn from, by what the index measured.

    Args:
        table: Rows of `Dataset.table`; rows that are no photos (empty classes) are passed over.
    """
    photos = table[~table["problem"].isin(NOT_IN_A_CLASS)]
    is_tiny = photos[["width", "height"]].min(axis=1) < TINY_SIDE
    is_blank = photos["sharpness"] < BLANK_SHARPNESS
    return set(photos.loc[(photos["problem"] != "") | is_tiny | is_blank, "path"])
