"""Pictures of other things, as numbers: negatives from which the out-of-distribution score learns.

Outlier exposure: D. Hendrycks, M. Mazeika and T. Dietterich, "Deep anomaly detection with outlier exposure", ICLR 2019.
`others.npz` holds embeddings, no picture; docs/subject.md says of what, and `python -m benchmarks others` makes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.dataset.framing import Framing

FILE = Path(__file__).with_name("others.npz")


@dataclass(frozen=True)
class Others:
    """What backbones see in m pictures of other things.

    Attributes:
        embeddings: By backbone, `float32`, shape `(m, features)`.
        kinds: What each shows, such as `rhino`, shape `(m,)`.
        sources: Pictures of one origin share a number, shape `(m,)`.
    """

    embeddings: dict[str, np.ndarray]
    kinds: np.ndarray
    sources: np.ndarray

    def take(self, rows: np.ndarray) -> "Others":
        """Some of them; `bool`, shape `(m,)`."""
        embeddings = {name: values[rows] for name, values in self.embeddings.items()}
        return Others(embeddings, self.kinds[rows], self.sources[rows])


def other_pictures(backbones: Sequence[str], image_size: tuple[int, int], framing: Framing) -> Others | None:
    """The shipped ones as the networks see photos; `None` for backbones that have not looked at them.

    Args:
        backbones: Keys of `BACKBONES`.
        image_size: Of the graph's input, `(height, width)`; each backbone resizes it to its own.
        framing: What the graph sees of a photo.
    """
    keys = {name: key(name, image_size, framing) for name in backbones}
    with np.load(FILE, allow_pickle=False) as stored:
        if not all(item in stored for item in keys.values()):
            return None
        embeddings = {name: stored[item].astype(np.float32) for name, item in keys.items()}
        return Others(embeddings, stored["kinds"], stored["sources"])


def key(backbone: str, image_size: tuple[int, int], framing: Framing) -> str:
    """The name of an array in the file."""
    return f"{backbone}-{image_size[0]}-{framing}"
