"""The photos that look most alike to a network, by the cosine similarity of their embeddings."""

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from core.dataset.index import Dataset
from core.features.embeddings import cache_file, read_embeddings
from core.networks.cosine import unit_vectors
from core.runs.folder import Run

_NEIGHBOURS, _MAX_REFERENCES = 10, 2_000


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
    similarity = (unit @ unit_vectors(embedding))[rows["sha256"].map(position).to_numpy()]
    order = np.argsort(-similarity)[:k]
    return rows.iloc[order].assign(similarity=similarity[order]).reset_index(drop=True)


def unit_embeddings(dataset: Dataset, name: str) -> tuple[dict[str, int], np.ndarray]:
    """Rows by sha256, and known embeddings as unit vectors, a row each; kept in memory until their file changes."""
    file = cache_file(dataset, name)
    return _read(file, name, file.stat().st_mtime_ns if file.exists() else 0)


@lru_cache(maxsize=2)
def _read(file: Path, name: str, modified: int) -> tuple[dict[str, int], np.ndarray]:
    known = read_embeddings(file, name)
    return {sha256: row for row, sha256 in enumerate(known)}, unit_vectors(np.array(list(known.values())))


def similarity_to_neighbours(embeddings: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Mean cosine similarity to the nearest ten photos that are no copies, among at most 2,000 of them.

    Args:
        embeddings: `float32`, shape `(n, features)`.
        groups: Copies share a number, shape `(n,)`.
    """
    unit = unit_vectors(embeddings)
    references = np.unique(np.linspace(0, len(unit) - 1, _MAX_REFERENCES).astype(int))
    found = []
    for start in range(0, len(unit), 1_000):
        similarity = unit[start : start + 1_000] @ unit[references].T
        similarity[groups[start : start + 1_000, None] == groups[references]] = -1
        count = min(_NEIGHBOURS, len(references))
        found.append(np.partition(similarity, -count, axis=1)[:, -count:].mean(axis=1))
    return np.concatenate(found)
