"""Photos of a dataset may be gone, damaged or changed since they were indexed: what can be read is read."""

from pathlib import Path

import numpy as np

from core.dataset.images import WORKING_SIDE, decode
from core.errors import ImageError


def decode_if_readable(file: Path, shortest_side: int = WORKING_SIDE) -> np.ndarray | None:
    """As `decode`, but `None` for what cannot be opened or is no sound picture."""
    try:
        return decode(file, shortest_side)
    except (ImageError, OSError):
        return None
