"""The same photo twice: exact copies by content, near copies and mirror images by perceptual hash."""

from itertools import combinations, islice

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.dataset.hash_search import close_pairs

MIN_ONES = 24  # of 64 bits; see `_has_content`
MAX_PAIRS = 100_000  # a folder of one photo 20,000 times has 200 million pairs; nobody reads them
PENDING_EDGES = 1_000_000


def duplicate_groups(table: pd.DataFrame) -> np.ndarray:
    """Numbers the photos so that copies of one picture share a number.

    Groups are the connected components of "is an exact, near or mirrored copy of". Perceptual hash: C.
    Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, as ImageHash has it.

    Args:
        table: Rows of a dataset with `sha256`, `phash` and `phash_mirrored` (16 hex digits, "" if
            unreadable).

    Returns:
        `int`, shape `(rows,)`, from 0 in order of appearance; unreadable rows stand alone.
    """
    hashes, mirrored, readable = _hashes(table)
    group, rows = np.arange(len(table)), np.flatnonzero(readable)
    group[rows] = rows[_first_alike(pd.factorize(table["sha256"].to_numpy()[rows])[0])]
    distinct = rows[_has_content(hashes[rows]) & (group[rows] == rows)]
    same_hash = _first_alike(np.stack([hashes[distinct], mirrored[distinct]], axis=1))
    group[distinct] = distinct[same_hash]
    candidates = np.unique(distinct[same_hash])
    joined, pending, num_pending = np.arange(len(candidates)), [], 0
    for left, right, _, _ in close_pairs(hashes[candidates], mirrored[candidates], joined):
        pending.append((left, right))
        num_pending += len(left)
        if num_pending > PENDING_EDGES:  # many copies: what is joined by now need not be found again
            joined[:] = _join(joined, pending)
            pending, num_pending = [], 0
    joined = _join(joined, pending)
    return pd.factorize(_join(group, [(candidates, candidates[joined])]))[0].astype(int)


def duplicate_pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Lists pairs of copies, exact ones first, then by distance.

    Args:
        table: Rows of a dataset with `path`, `label`, `split`, `sha256`, `phash` and `phash_mirrored`.

    Returns:
        One row a pair: `path_a`, `path_b`, `kind` (exact, near or mirrored), `distance` (differing bits,
        0-64), `crosses_class` (the labels differ), `crosses_split` (for example a test photo that is also in
        train). No more than 100,000 exact and as many other pairs are collected.
    """
    hashes, mirrored, readable = _hashes(table)
    contents = pd.factorize(table["sha256"].to_numpy())[0]
    found = [_exact_pairs(contents, np.flatnonzero(readable))]
    candidates, num_pairs = np.flatnonzero(readable & _has_content(hashes)), 0
    alone = np.arange(len(candidates))
    for left, right, distance, is_mirrored in close_pairs(hashes[candidates], mirrored[candidates], alone):
        differ = contents[candidates[left]] != contents[candidates[right]]
        found.append(
            pd.DataFrame(
                {
                    "a": candidates[left[differ]],
                    "b": candidates[right[differ]],
                    "kind": np.where(is_mirrored[differ], "mirrored", "near"),
                    "distance": distance[differ].astype(int),
                }
            ).head(MAX_PAIRS - num_pairs)
        )
        num_pairs += len(found[-1])
        if num_pairs >= MAX_PAIRS:
            break
    pairs = pd.concat(found, ignore_index=True)
    a, b = pairs["a"].to_numpy(dtype=int), pairs["b"].to_numpy(dtype=int)
    path, label, split = (table[name].to_numpy() for name in ("path", "label", "split"))
    result = pd.DataFrame(
        {
            "path_a": path[a],
            "path_b": path[b],
            "kind": pairs["kind"],
            "distance": pairs["distance"].astype(int),
            "crosses_class": ((label[a] != label[b]) & (label[a] != "") & (label[b] != "")).astype(bool),
            "crosses_split": (split[a] != split[b]).astype(bool),
        }
    )
    result = result.sort_values(["distance", "path_a", "path_b"])
    return result.sort_values("kind", key=lambda kind: kind != "exact", kind="stable", ignore_index=True)


def _first_alike(values: np.ndarray) -> np.ndarray:
    """For each value (or row of values), the position where it appears first."""
    _, first, inverse = np.unique(values, axis=0, return_index=True, return_inverse=True)
    return first[inverse]


def _hashes(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both hashes as `uint64` and whether the row is readable, each of shape `(rows,)`."""
    readable = ((table["phash"] != "") & (table["sha256"] != "")).to_numpy(dtype=bool)
    hashes, mirrored = (
        np.array([int(text, 16) if text else 0 for text in table[name]], dtype=np.uint64)
        for name in ("phash", "phash_mirrored")
    )
    return hashes, mirrored, readable


def _has_content(hashes: np.ndarray) -> np.ndarray:
    """Whether a hash says anything.

    A pHash marks the frequencies above their median, so a real picture has 32 ones (all 1,019 measured ones
    had, even at 1 % of their contrast). A blank page or a plain gradient has hardly any frequencies, hence
    few ones, and all such pictures hash alike: they count as copies only if their bytes are equal. The ones
    tell this better than the sharpness does, which is low for any blurred photo.
    """
    return np.bitwise_count(hashes) >= MIN_ONES


def _join(group: np.ndarray, edges: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Merges groups along edges; `group` holds, for each row, the number of a row of its group."""
    left = np.concatenate([np.arange(len(group)), *(edge[0] for edge in edges)])
    right = np.concatenate([group, *(edge[1] for edge in edges)])
    graph = coo_array((np.ones(len(left), dtype=bool), (left, right)), shape=(len(group), len(group)))
    component = connected_components(graph, directed=False)[1]
    _, first_row = np.unique(component, return_index=True)
    return first_row[component]


def _exact_pairs(contents: np.ndarray, rows: np.ndarray) -> pd.DataFrame:
    members: dict[int, list[int]] = {}
    for row in rows.tolist():
        members.setdefault(contents[row], []).append(row)
    pairs = (pair for group in members.values() for pair in combinations(group, 2))
    table = pd.DataFrame(islice(pairs, MAX_PAIRS), columns=["a", "b"], dtype=int)
    return table.assign(kind="exact", distance=0)
