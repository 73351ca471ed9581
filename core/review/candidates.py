"""Which pairs of photos look alike to a network, without comparing all with all where there are many."""

from collections.abc import Iterator

import numpy as np

EXACT_ROWS = 4000  # up to here all are compared with all: three seconds of a processor
_BLOCK = 512
# Locality-sensitive hashing (Charikar 2002): which side of random planes a photo lies on. Photos that are alike get
# like codes; sorted by them in many ways they come to lie close together at least once.
_BITS, _SORTINGS, _NEIGHBOURS = 256, 64, 16
# Of 256 bits; two photos of a cosine of 0.86 differ in about 75 of them, two unlike ones in 128 with a deviation of 8.
_MOST_BITS = 96
_PAIRS = 2**15  # compared at a time


def alike(whole: np.ndarray, close: np.ndarray, least: float, most: int) -> list[tuple[float, int, int]]:
    """Pairs that look alike, whole to whole, or one whole to the other's close-up; the most alike first.

    Exact up to `EXACT_ROWS` photos. With more of them the time grows about linearly, and a pair near the limit may be
    missed: on 1,019 photos 98 % of the pairs from 0.86 on were found, and all from 0.88 on.

    Args:
        whole: Unit embeddings, shape `(rows, features)`.
        close: Those of the close-ups.
        least: Cosine that a pair must reach.
        most: How many pairs are given.

    Returns:
        (cosine, row, later row).
    """
    parts = _all_pairs(whole, close, least) if len(whole) <= EXACT_ROWS else _near_pairs(whole, close, least)
    keys, cosines = np.zeros(0, np.int64), np.zeros(0, whole.dtype)
    for more_keys, more_cosines in parts:
        keys, first = np.unique(np.concatenate([keys, more_keys]), return_index=True)
        cosines = np.concatenate([cosines, more_cosines])[first]
        if len(keys) > most:  # a folder of one scene: the most alike are kept
            best = np.argpartition(-cosines, most - 1)[:most]
            keys, cosines = keys[best], cosines[best]
    rows, others = np.divmod(keys, max(1, len(whole)))
    return sorted(zip(cosines.tolist(), rows.tolist(), others.tolist(), strict=True), reverse=True)


_Pairs = Iterator[tuple[np.ndarray, np.ndarray]]  # `row * rows + later row`, and the cosine


def _all_pairs(whole: np.ndarray, close: np.ndarray, least: float) -> _Pairs:
    for start in range(0, len(whole), _BLOCK):
        block = slice(start, start + _BLOCK)
        cosines = np.maximum(whole[block] @ whole.T, np.maximum(whole[block] @ close.T, close[block] @ whole.T))
        rows, others = np.nonzero(np.triu(cosines >= least, k=start + 1))
        yield (rows + start) * len(whole) + others, cosines[rows, others]


def _near_pairs(whole: np.ndarray, close: np.ndarray, least: float) -> _Pairs:
    random, rows = np.random.default_rng(0), len(whole)
    planes = random.standard_normal((whole.shape[1], _BITS)).astype(whole.dtype)
    middle = (whole.mean(axis=0) + close.mean(axis=0)) / 2 @ planes  # networks see something in common in all photos
    codes = np.concatenate([np.packbits(views @ planes > middle, axis=1) for views in (whole, close)])
    words = codes.view(np.uint64)
    for _ in range(_SORTINGS):
        order = np.lexsort(codes[:, random.permutation(codes.shape[1])[:4]].T)
        keys = np.unique(np.concatenate([_neighbours(words, order, step, rows) for step in range(1, _NEIGHBOURS + 1)]))
        for start in range(0, len(keys), _PAIRS):
            yield _compared(whole, close, keys[start : start + _PAIRS], least)


def _neighbours(words: np.ndarray, order: np.ndarray, step: int, rows: int) -> np.ndarray:
    """The keys of those that lie so many places apart and have like codes; two close-ups are no pair."""
    a, b = order[:-step], order[step:]
    near = np.bitwise_count(words[a] ^ words[b]).sum(axis=1) <= _MOST_BITS
    near &= ((a < rows) | (b < rows)) & (a % rows != b % rows)
    first, second = a[near] % rows, b[near] % rows
    return np.minimum(first, second) * rows + np.maximum(first, second)


def _compared(whole: np.ndarray, close: np.ndarray, keys: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.divmod(keys, len(whole))
    views = ((whole, whole), (whole, close), (close, whole))
    cosines = np.max([np.einsum("ij,ij->i", one[a], other[b]) for one, other in views], axis=0)
    return keys[cosines >= least], cosines[cosines >= least]
