"""What the review looks at: every photo as two backbones see it whole, once more from close up, and its colours."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from core.dataset.images import decode, resize
from core.dataset.index import Dataset
from core.features.embeddings import cached, remember
from core.networks.catalogue import BACKBONES
from core.paths import Paths

# The close-up shows what is small in the whole picture. One of the larger backbone ranks nearly as well as one of
# each (docs/review.md) and costs 840 photos twelve seconds instead of twenty.
WHOLE = ("efficientnet-lite0", "efficientnet-lite2")
CLOSE = "efficientnet-lite2-close"
COLOURS = "colours"
VIEWS = (*WHOLE, CLOSE, COLOURS)

_CLOSE_SIDE = 0.75  # of the shorter side; the square lies in the middle, a little above the centre
_CLOSE_HEIGHT = 0.4
_COLOUR_SIDE = 128
_SAVE_EVERY = 2_000

Progress = Callable[[int, int], None]


def photo_views(
    dataset: Dataset, table: pd.DataFrame, paths: Paths, progress: Progress | None = None
) -> dict[str, np.ndarray]:
    """Looks at photos; known ones come from the caches, which training shares.

    Args:
        dataset: Whose photos.
        table: Rows of `dataset.usable`.
        paths: Where the caches and the prepared backbones lie.
        progress: Called with (photos done, photos to look at).

    Returns:
        For each of `VIEWS` a `float32` array, shape `(len(table), features)`, in the table's order; `colours` has one
        column, see `colour_entropy`.
    """
    known = {name: cached(dataset, name) for name in VIEWS}
    seen = set.intersection(*(set(values) for values in known.values()))
    missing = table[~table["sha256"].isin(seen)].drop_duplicates("sha256")
    eye = _Eye(paths)
    for start in range(0, len(missing), _SAVE_EVERY):  # a cancelled look at a big folder resumes from here
        part = missing.iloc[start : start + _SAVE_EVERY]
        wanted = [[name for name in VIEWS if sha256 not in known[name]] for sha256 in part["sha256"]]
        files = [dataset.folder / path for path in part["path"]]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for done, views in enumerate(pool.map(eye.look, files, wanted)):
                for name, values in views.items():
                    known[name][part["sha256"].iloc[done]] = values
                if progress and (done % 10 == 9 or done + 1 == len(part)):
                    progress(start + done + 1, len(missing))
        for name in {name for names in wanted for name in names}:
            remember(dataset, name, known[name])
    return {name: np.stack([known[name][sha256] for sha256 in table["sha256"]]) for name in VIEWS}


def close_up(image: np.ndarray) -> np.ndarray:
    """The middle of a picture: a square of three quarters of the shorter side, where photographers put the subject."""
    height, width = image.shape[:2]
    side = max(1, int(min(height, width) * _CLOSE_SIDE))
    top, left = int((height - side) * _CLOSE_HEIGHT), (width - side) // 2
    return np.ascontiguousarray(image[top : top + side, left : left + side])


def colour_entropy(image: np.ndarray) -> float:
    """How evenly a picture spreads over 4,096 colours, in nats (0 to 8.3): low for maps, drawings and cut-outs."""
    small = resize(image, (_COLOUR_SIDE, _COLOUR_SIDE)).astype(np.int64) // 16
    shares = np.bincount((small @ (256, 16, 1)).ravel(), minlength=4096) / _COLOUR_SIDE**2
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


class _Eye:
    """Runs the backbones; one single-threaded interpreter a thread and backbone, opened when first needed."""

    def __init__(self, paths: Paths):
        self._paths = paths
        self._local = threading.local()
        self._lock = threading.Lock()
        self._models: dict[str, bytes] = {}

    def look(self, file: Path, wanted: list[str]) -> dict[str, np.ndarray]:
        image = decode(file)
        views = {name: self._embed(name, image) for name in WHOLE if name in wanted}
        if CLOSE in wanted:
            views[CLOSE] = self._embed(WHOLE[1], close_up(image))
        if COLOURS in wanted:
            views[COLOURS] = np.array([colour_entropy(image)], np.float32)
        return views

    def _embed(self, backbone: str, image: np.ndarray) -> np.ndarray:
        pixels = resize(image, BACKBONES[backbone].image_size)[None].astype(np.float32)
        return self._signature(backbone)(image=pixels)["embedding"][0].copy()

    def _signature(self, backbone: str):
        from ai_edge_litert.interpreter import Interpreter

        from core.networks.templates import any_template

        opened = self._local.__dict__.setdefault("opened", {})
        if backbone not in opened:
            with self._lock:
                if backbone not in self._models:
                    self._models[backbone] = any_template(backbone, self._paths).tflite.read_bytes()
            interpreter = Interpreter(model_content=self._models[backbone], num_threads=1)
            opened[backbone] = (interpreter, interpreter.get_signature_runner())
        return opened[backbone][1]
