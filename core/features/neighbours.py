"""The photos that look most alike to a network, by the cosine similarity of their embeddings."""

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from core.dataset.index import Dataset
from core.features.embedding_store import EmbeddingStore, Rows, known_files
from core.networks.cosine import unit_vectors
from core.runs.folder import Run

_NEIGHBOURS, _MAX_REFERENCES = 10, 2_000
_SAME = 0.98  # cosine of two copies
_BLOCK = 2_000  # photos at once
_SPARE = 20  # photos whose exact similarity is looked at beside those that seem nearest


def similar(dataset: Dataset, embedding: np.ndarray, run: Run, k: int = 6) -> pd.DataFrame:
    """The training photos most similar to a photo for a run's network; arguments and columns as `nearest`."""
    return nearest(dataset, run.config.backbone or run.run_id, embedding, k)


def nearest(dataset: Dataset, name: str, embedding: np.ndarray, k: int, without: Collection[str] = ()) -> pd.DataFrame:
    """Finds the nearest photos outside `test` that were embedded before; no photo is looked at here.

    Args:
        dataset: Whose photos.
        name: Of the embeddings, see `embeddings.cached`.
        embedding: Of the photo in question, `float32`, shape `(features,)`.
        k: How many, at most.
        without: sha256 of photos to leave out.

    Returns:
        `path`, `label`, `split`, `sha256`, `similarity` (-1 to 1), most alike first; empty if nothing was embedded.
    """
    position, unit = unit_embeddings(dataset, name)
    rows = dataset.usable[["path", "label", "split", "sha256"]]
    rows = rows[(rows["split"] != "test") & rows["sha256"].isin(position) & ~rows["sha256"].isin(without)]
    if rows.empty:
        return rows.assign(similarity=0.0)
    numbers = rows["sha256"].map(position).to_numpy()
    query = unit_vectors(embedding)
    best = np.argsort(-unit.rough_similarity(query)[numbers])[: k + _SPARE]
    similarity = unit[numbers[best]] @ query
    order = np.argsort(-similarity, kind="stable")[:k]
    return rows.iloc[best[order]].assign(similarity=similarity[order]).reset_index(drop=True)


class UnitRows:
    """Known embeddings as unit vectors: `units[rows]` reads exact ones, half precision is kept in memory to compare."""

    def __init__(self, store: EmbeddingStore):
        self._store, self._names = store, np.array(list(store), object)
        blocks = [self[start : start + _BLOCK].astype(np.float16) for start in range(0, len(self._names), _BLOCK)]
        self._half = np.concatenate(blocks) if blocks else np.empty((0, 0), np.float16)

    def __getitem__(self, rows: int | slice | np.ndarray) -> np.ndarray:
        found = unit_vectors(self._store.read(np.atleast_1d(self._names[rows])))
        return found if np.ndim(self._names[rows]) else found[0]

    def rough_similarity(self, unit: np.ndarray) -> np.ndarray:
        """Cosine similarity to each, within 0.001, shape `(rows,)`."""
        starts = range(0, len(self._half), _BLOCK)
        return np.concatenate([self._half[start : start + _BLOCK].astype(np.float32) @ unit for start in starts])


def usual_similarity(dataset: Dataset, run: Run) -> float:
    """How similar photos like the training photos are to the most similar one of these: 98 of 100 reach it.

    Copies do not count: that the network sees a photo as the same as another says nothing about new photos.
    -1 where too few photos were embedded to tell.
    """
    position, units = unit_embeddings(dataset, run.config.backbone or run.run_id)
    rows = dataset.usable.loc[dataset.usable["split"] != "test", "sha256"].drop_duplicates()
    known = rows.map(position).dropna().astype(int).to_numpy()[:_MAX_REFERENCES]
    if len(known) < _NEIGHBOURS:
        return -1.0
    unit = units[known]
    alike = unit @ unit.T
    alike[alike > _SAME] = -1
    return float(np.quantile(alike.max(axis=1), 0.02))


def unit_embeddings(dataset: Dataset, name: str) -> tuple[dict[str, int], UnitRows]:
    """Rows by sha256, and known embeddings as unit vectors, a row each; kept in memory until some are added."""
    return _read(dataset.cache_dir, name, known_files(dataset.cache_dir, name))


@lru_cache(maxsize=1)  # 250 MB for 100,000 photos
def _read(cache_dir: Path, name: str, files: tuple[Path, ...]) -> tuple[dict[str, int], UnitRows]:
    store = EmbeddingStore(cache_dir, name)
    return {sha256: row for row, sha256 in enumerate(store)}, UnitRows(store)


def similarity_to_neighbours(embeddings: np.ndarray | Rows, groups: np.ndarray) -> np.ndarray:
    """Mean cosine similarity to the nearest ten photos that are no copies, among at most 2,000 of them.

    Args:
        embeddings: `float32`, shape `(n, features)`.
        groups: Copies share a number, shape `(n,)`.
    """
    references = np.unique(np.linspace(0, len(groups) - 1, _MAX_REFERENCES).astype(int))
    compared = unit_vectors(embeddings[references]).T
    found = []
    for start in range(0, len(groups), _BLOCK):
        similarity = unit_vectors(embeddings[start : start + _BLOCK]) @ compared
        similarity[groups[start : start + _BLOCK, None] == groups[references]] = -1
        count = min(_NEIGHBOURS, len(references))
        found.append(np.partition(similarity, -count, axis=1)[:, -count:].mean(axis=1))
    return np.concatenate(found)
