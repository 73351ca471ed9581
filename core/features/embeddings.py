"""Embeddings: each photo goes through frozen backbones once, through LiteRT, and is remembered by its content."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core.dataset.images import decode, resize
from core.dataset.index import Dataset
from core.features.embedding_store import PART_ROWS, EmbeddingStore, Rows
from core.features.views import CLOSE, COLOURS, backbone_of, close_up, colour_entropy
from core.networks.catalogue import BACKBONES
from core.networks.interpreter import NetworkPerThread, Progress, in_parallel
from core.networks.templates import template
from core.paths import Paths


def embed(
    dataset: Dataset, table: pd.DataFrame, views: Sequence[str], paths: Paths, progress: Progress | None = None
) -> dict[str, np.ndarray]:
    """Looks at photos of a dataset, as `look_at`, and reads all embeddings.

    Returns:
        For each view a `float32` array, shape `(len(table), features)`, in the table's order; `COLOURS` has one
        column, see `colour_entropy`.
    """
    return {view: rows[:] for view, rows in look_at(dataset, table, views, paths, progress).items()}


def look_at(
    dataset: Dataset, table: pd.DataFrame, views: Sequence[str], paths: Paths, progress: Progress | None = None
) -> dict[str, Rows]:
    """Looks at photos of a dataset; known ones come from the stores, which training and review share.

    Args:
        dataset: Whose photos.
        table: Rows of `dataset.usable`.
        views: Keys of `BACKBONES`, `CLOSE` or `COLOURS`.
        paths: Where the prepared backbones lie.
        progress: Called with (photos done, photos to look at).

    Returns:
        For each view the embeddings in the table's order, on disk: 100,000 photos have 500 MB of them a view.
    """
    stores = {view: cached(dataset, view) for view in views}
    is_known = [all(sha256 in store for store in stores.values()) for sha256 in table["sha256"]]
    missing = table[~np.array(is_known, bool)].drop_duplicates("sha256")
    backbones = {backbone_of(view) for view in views} - {""} if len(missing) else set()
    networks = {name: NetworkPerThread(template(name, paths).read_bytes()) for name in backbones}
    for start in range(0, len(missing), PART_ROWS):  # one that was cancelled resumes at the next part
        part = missing.iloc[start : start + PART_ROWS]
        found: dict[str, dict[str, np.ndarray]] = {view: {} for view in views}

        def look(photo: tuple[str, str], found: dict[str, dict[str, np.ndarray]] = found) -> None:
            path, sha256 = photo
            image = decode(dataset.folder / path)
            for view in views:
                if sha256 not in stores[view]:
                    found[view][sha256] = _look(image, view, networks)

        def report(done: int, _: int, start: int = start) -> None:
            if progress:
                progress(start + done, len(missing))

        in_parallel(look, zip(part["path"], part["sha256"], strict=True), len(part), report)
        for view in views:
            stores[view].add(found[view])
    return {view: Rows(store, table["sha256"].tolist()) for view, store in stores.items()}


def cached(dataset: Dataset, name: str) -> EmbeddingStore:
    """Known embeddings by sha256: of a view, or of a run whose network has its own."""
    return EmbeddingStore(dataset.cache_dir, name)


def remember(dataset: Dataset, name: str, embeddings: Mapping[str, np.ndarray]) -> None:
    """Adds embeddings by sha256 to the known ones."""
    cached(dataset, name).add(embeddings)


def _look(image: np.ndarray, view: str, networks: dict[str, NetworkPerThread]) -> np.ndarray:
    if view == COLOURS:
        return np.array([colour_entropy(image)], np.float32)
    backbone = backbone_of(view)
    picture = resize(close_up(image) if view == CLOSE else image, BACKBONES[backbone].image_size)
    return networks[backbone](picture, ["embedding"])["embedding"][0]
