"""Labels as numbers."""

import numpy as np
import pandas as pd


def class_indices(table: pd.DataFrame, class_names: tuple[str, ...]) -> np.ndarray:
    """The position of each row's label in `class_names`, shape `(photos,)`."""
    return table["label"].map({name: index for index, name in enumerate(class_names)}).to_numpy(int)
