"""The photos of a dataset on a plane: what looks alike to the network lies side by side."""

import contextlib
import hashlib
import io
import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from core import cache
from core.dataset.index import Dataset
from core.features.embedding_store import version
from core.features.embeddings import cached, embed
from core.features.views import WHOLE
from core.networks.cosine import unit_vectors
from core.networks.interpreter import Progress
from core.paths import Paths

VIEW = WHOLE[0]
MANY = 5_000  # photos: from here on it takes longer than anybody waits for a page
_VERSION = 1
_COMPONENTS, _PERPLEXITY, _ITERATIONS = 50, 30, 500
_LEAST = 4  # photos; fewer are drawn in a row


def photo_map(dataset: Dataset, paths: Paths, progress: Progress | None = None) -> pd.DataFrame:
    """Draws the map, or reads the one that was drawn of these very photos.

    Args:
        dataset: Whose usable photos, one of each content.
        paths: Where the caches lie.
        progress: Called with (steps done, steps to do), first for photos, then for the map.

    Returns:
        `path`, `sha256`, `x` and `y` (about -1 to 1), in the order of the dataset.
    """
    table = _photos(dataset)

    def compute() -> dict[str, np.ndarray]:
        return {"places": place(embed(dataset, table, [VIEW], paths, progress)[VIEW], progress)}

    places = cache.cached(_kept(dataset), _key(table), compute)["places"]
    return table.assign(x=places[:, 0].astype(float), y=places[:, 1].astype(float))


def stored_map(dataset: Dataset) -> pd.DataFrame | None:
    """The map as `photo_map` gives it if it was drawn of these very photos; nothing is computed here."""
    table = _photos(dataset)
    found = cache.stored(_kept(dataset), _key(table))
    if found is None:
        return None
    return table.assign(x=found["places"][:, 0].astype(float), y=found["places"][:, 1].astype(float))


def is_looked_at(dataset: Dataset) -> bool:
    """Whether all usable photos have an embedding, so that labelling and map begin at once."""
    known = cached(dataset, VIEW)
    return all(sha256 in known for sha256 in dataset.usable["sha256"])


def place(embeddings: np.ndarray, progress: Progress | None = None) -> np.ndarray:
    """Places on the plane by t-SNE on the first principal components of unit vectors.

    van der Maaten and Hinton, "Visualizing Data using t-SNE", JMLR 9, 2008; started from the principal components, so
    that what is far apart stays so (Kobak and Berens, 2019).

    Args:
        embeddings: `float32`, shape `(photos, features)`.
        progress: Called with (iterations done, iterations to do).

    Returns:
        `float32`, shape `(photos, 2)`; the largest distance from the middle is 1.
    """
    if len(embeddings) < _LEAST:
        return np.stack([np.linspace(-1, 1, len(embeddings)), np.zeros(len(embeddings))], axis=1).astype(np.float32)
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    units = unit_vectors(embeddings)
    components = PCA(min(_COMPONENTS, *units.shape), svd_solver="randomized", random_state=0).fit_transform(units)
    tsne = TSNE(
        perplexity=min(_PERPLEXITY, (len(units) - 1) / 3),
        max_iter=_ITERATIONS,
        init="pca",
        random_state=0,
        n_jobs=-1,
        verbose=2 if progress else 0,
    )
    listening = contextlib.redirect_stdout(_Iterations(progress)) if progress else contextlib.nullcontext()
    # Threads that wait for each other in a loop cost more than they bring wherever something else runs too.
    with listening, threadpool_limits(1, user_api="openmp"):
        places = tsne.fit_transform(components.astype(np.float32))
    places -= places.mean(axis=0)
    return (places / max(float(np.abs(places).max()), 1e-9)).astype(np.float32)


def neighbour_order(places: np.ndarray) -> np.ndarray:
    """An order in which photos that lie together on the map follow each other: along a Hilbert curve.

    Args:
        places: Shape `(photos, 2)`.

    Returns:
        Rows, shape `(photos,)`.
    """
    low, high = places.min(axis=0), places.max(axis=0)
    x, y = ((places - low) / np.maximum(high - low, 1e-9) * 1023).astype(int).T
    distance = np.zeros(len(places), np.int64)
    side = 512
    while side:
        right, up = (x & side > 0).astype(int), (y & side > 0).astype(int)
        distance += side * side * ((3 * right) ^ up)
        flip = (up == 0) & (right == 1)
        x, y = np.where(flip, 1023 - x, x), np.where(flip, 1023 - y, y)
        x, y = np.where(up == 0, y, x), np.where(up == 0, x, y)
        side //= 2
    return np.argsort(distance, kind="stable")


class _Iterations(io.TextIOBase):
    """Takes what scikit-learn prints, which is the only way it tells how far it is."""

    def __init__(self, progress: Callable[[int, int], None]):
        self._progress = progress

    def write(self, text: str) -> int:
        if found := re.search(r"Iteration (\d+)", text):
            self._progress(min(int(found[1]), _ITERATIONS), _ITERATIONS)
        return len(text)


def _photos(dataset: Dataset) -> pd.DataFrame:
    return dataset.usable.drop_duplicates("sha256")[["path", "sha256"]].sort_values("path", ignore_index=True)


def _key(table: pd.DataFrame) -> str:
    return hashlib.sha256(f"{_VERSION} {version(VIEW)} {' '.join(table['sha256'])}".encode()).hexdigest()


def _kept(dataset: Dataset) -> cache.Kept:
    return cache.as_arrays(dataset.cache_dir / "map.npz")
