"""Embeddings: each photo goes through frozen backbones once, through LiteRT, and is remembered by its content."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core import cache
from core.dataset.images import PIXELS_VERSION, decode, resize
from core.dataset.index import Dataset
from core.features.views import CLOSE, COLOURS, backbone_of, close_up, colour_entropy
from core.networks.catalogue import BACKBONES
from core.networks.interpreter import NetworkPerThread, Progress, in_parallel
from core.networks.templates import template
from core.paths import Paths

_SAVE_EVERY = 2_000  # photos: a cancelled look at a big folder resumes from here


def embed(
    dataset: Dataset, table: pd.DataFrame, views: Sequence[str], paths: Paths, progress: Progress | None = None
) -> dict[str, np.ndarray]:
    """Looks at photos of a dataset; known ones come from the caches, which training and review share.

    Args:
        dataset: Whose photos.
        table: Rows of `dataset.usable`.
        views: Keys of `BACKBONES`, `CLOSE` or `COLOURS`.
        paths: Where the caches and the prepared backbones lie.
        progress: Called with (photos done, photos to look at).

    Returns:
        For each view a `float32` array, shape `(len(table), features)`, in the table's order; `COLOURS` has one
        column, see `colour_entropy`.
    """
    known = {view: cached(dataset, view) for view in views}
    seen = set.intersection(*(set(values) for values in known.values()))
    missing = table[~table["sha256"].isin(seen)].drop_duplicates("sha256")
    backbones = {backbone_of(view) for view in views} - {""} if len(missing) else set()
    networks = {name: NetworkPerThread(template(name, paths).read_bytes()) for name in backbones}

    def look(photo: tuple[str, str]) -> None:
        path, sha256 = photo
        image = decode(dataset.folder / path)
        for view in views:
            if sha256 not in known[view]:
                known[view][sha256] = _look(image, view, networks)

    for start in range(0, len(missing), _SAVE_EVERY):
        part = missing.iloc[start : start + _SAVE_EVERY]

        def report(done: int, _: int, start: int = start) -> None:
            if progress:
                progress(start + done, len(missing))

        in_parallel(look, zip(part["path"], part["sha256"], strict=True), len(part), report)
        for view in views:
            remember(dataset, view, known[view])
    return {view: np.stack([known[view][sha256] for sha256 in table["sha256"]]) for view in views}


def cached(dataset: Dataset, name: str) -> dict[str, np.ndarray]:
    """Known embeddings by sha256: of a view, or of a run whose network has its own."""
    return read_embeddings(cache_file(dataset, name), name)


def remember(dataset: Dataset, name: str, embeddings: dict[str, np.ndarray]) -> None:
    """Writes embeddings by sha256 into the cache, in place of what lay there."""
    values = np.array(list(embeddings.values()), np.float32)
    arrays = {"sha256": np.array(list(embeddings)), "embeddings": values}
    cache.store(cache.as_arrays(cache_file(dataset, name)), version(name), arrays)


def cache_file(dataset: Dataset, name: str) -> Path:
    return dataset.cache_dir / f"embeddings-{name}.npz"


def read_embeddings(file: Path, name: str) -> dict[str, np.ndarray]:
    """The content of a cache; a damaged one is empty, and so is one that another decoder or backbone filled."""
    found = cache.stored(cache.as_arrays(file), version(name))
    return dict(zip(found["sha256"].tolist(), found["embeddings"], strict=True)) if found else {}


def version(*views: str) -> str:
    """What the numbers of views depend on beside the photo; "" for a run's own network, which never changes."""
    weights = [BACKBONES[backbone].weights_version for view in views if (backbone := backbone_of(view))]
    return " ".join([PIXELS_VERSION, *weights]) if weights or COLOURS in views else ""


def _look(image: np.ndarray, view: str, networks: dict[str, NetworkPerThread]) -> np.ndarray:
    if view == COLOURS:
        return np.array([colour_entropy(image)], np.float32)
    backbone = backbone_of(view)
    picture = resize(close_up(image) if view == CLOSE else image, BACKBONES[backbone].image_size)
    return networks[backbone](picture, ["embedding"])["embedding"][0]
