"""The same photo twice, crops included, confirmed by what the network sees; flagged across classes and splits."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core import cache
from core.dataset.duplicates import duplicate_pairs
from core.dataset.index import Dataset
from core.dataset.readable import decode_if_readable
from core.features.embedding_store import version
from core.features.embeddings import embed
from core.features.views import CLOSE, VIEWS, WHOLE
from core.networks.cosine import unit_vectors
from core.networks.interpreter import Progress
from core.paths import Paths
from core.review.candidates import alike
from core.review.matching import crop_match

_VERSION = 1
# The copies that pHash finds among 1,019 real photos have cosines of 0.74 and more, other pairs mostly far less.
MIN_COSINE = 0.65
# A crop keeps most of what the network sees, of the whole picture or of its close-up.
CANDIDATE_COSINE = 0.86
MAX_CANDIDATES = 400  # pairs whose pixels are compared, most alike first: ten seconds at most
MIN_CORRELATION = 0.9
_COLUMNS = ["path_a", "path_b", "kind", "distance", "cosine", "crosses_class", "crosses_split", "group"]


def find_duplicates(dataset: Dataset, paths: Paths, progress: Progress | None = None) -> pd.DataFrame:
    """Lists pairs of copies in a dataset, all splits; the result is kept until a photo changes.

    Args:
        dataset: Whose photos.
        paths: Where the caches lie.
        progress: Called with (photos done, photos to look at) while the network looks at new ones.

    Returns:
        `path_a`, `path_b`, `kind` (exact, near, mirrored or crop: b shows a part of a), `distance` (differing bits of
        the hashes; -1 for crops), `cosine` (of the embeddings, -1 to 1), `crosses_class`, `crosses_split`, `group`
        (pairs of one group share a number).
    """

    def compute() -> pd.DataFrame:
        views = embed(dataset, dataset.usable, VIEWS, paths, progress)
        return compute_duplicates(dataset, dataset.usable, unit_vectors(views[WHOLE[1]]), unit_vectors(views[CLOSE]))

    kept = cache.as_table(dataset.cache_dir / "duplicates.parquet")
    return cache.cached(kept, f"{_VERSION} {version(*VIEWS)} {dataset.fingerprint}", compute)


def compute_duplicates(dataset: Dataset, table: pd.DataFrame, whole: np.ndarray, close: np.ndarray) -> pd.DataFrame:
    """`find_duplicates` from unit embeddings of the whole pictures and their close-ups, shape `(rows, features)`."""
    position = {path: row for row, path in enumerate(table["path"])}
    pairs = duplicate_pairs(table).drop(columns=["crosses_class", "crosses_split"])
    a, b = (pairs[name].map(position).to_numpy(int) for name in ("path_a", "path_b"))
    pairs["cosine"] = np.einsum("ij,ij->i", whole[a], whole[b]).astype(float)
    pairs = pairs[(pairs["kind"] == "exact") | (pairs["cosine"] >= MIN_COSINE)]
    pairs = pd.concat([pairs, _crops(dataset, table, whole, close, pairs)], ignore_index=True)
    a, b = (pairs[name].map(position).to_numpy(int) for name in ("path_a", "path_b"))
    label, split = table["label"].to_numpy(), table["split"].to_numpy()
    graph = coo_array((np.ones(len(a), bool), (a, b)), shape=(len(table), len(table)))
    component = connected_components(graph, directed=False)[1]
    pairs = pairs.assign(
        crosses_class=label[a] != label[b], crosses_split=split[a] != split[b], group=pd.factorize(component[a])[0]
    )
    return pairs[_COLUMNS].reset_index(drop=True)


def _crops(
    dataset: Dataset, table: pd.DataFrame, whole: np.ndarray, close: np.ndarray, known: pd.DataFrame
) -> pd.DataFrame:
    """Pairs that look alike to the network and whose pixels fit when one is laid over a part of the other."""
    taken = set(map(frozenset, zip(known["path_a"], known["path_b"], strict=True)))
    paths, small, rows = table["path"].tolist(), {}, []
    for cosine, first, second in alike(whole, close, CANDIDATE_COSINE, MAX_CANDIDATES):
        if {paths[first], paths[second]} in taken:
            continue
        for row in (first, second):
            if row not in small:
                small[row] = decode_if_readable(dataset.folder / paths[row], shortest_side=96)
        one, other = small[first], small[second]
        if one is None or other is None:
            continue
        for outer, inner, large, part in ((first, second, one, other), (second, first, other, one)):
            if crop_match(large, part) >= MIN_CORRELATION:
                rows.append((paths[outer], paths[inner], "crop", -1, cosine))
                break
    return pd.DataFrame(rows, columns=_COLUMNS[:5]).astype({"distance": int, "cosine": float})
