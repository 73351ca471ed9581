"""Which 64-bit hashes differ in a few bits only, without comparing all with all."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

# Measured on 1,019 real photos, the pairs up to 14 looked at. Up to 8, all are copies (resized,
# recompressed, cropped, mirrored); at 10 other pictures begin (a photo and a mirrored drawing of the same pose),
# at 12 most pairs are different pictures. Real distances are even, because a pHash has as many ones as zeros.
MAX_DISTANCE = 8
BLOCK_ROWS = 512  # looked up at once
BLOCK_PAIRS = 500_000  # compared at once: about 30 MB
CROWDED_ROWS = 32  # compared with all others at once
_CROWDED = 0.5  # candidates of a row by number of rows

# Bits and differing bits of each part of a hash. Two hashes that differ in more than these in every part differ in at
# least 3 + 2 + 2 + 2 = 9 bits, so all pairs up to 8 share a part up to so many; 239 look-ups find a photo's.
_PARTS = ((19, 2), (15, 1), (15, 1), (15, 1))

Close = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class _Part:
    """One part of all hashes, by its value: rows `order[first[value]:first[value + 1]]` have it."""

    shift: int
    masks: np.ndarray
    order: np.ndarray
    first: np.ndarray

    def ranges(self, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where in `order` the rows lie that differ little enough: starts and counts, shape `(wanted, masks)`."""
        values = self._values(wanted)[:, None] ^ self.masks
        starts = self.first[values]
        return starts, self.first[values + 1] - starts

    def _values(self, hashes: np.ndarray) -> np.ndarray:
        return ((hashes >> np.uint64(self.shift)) & np.uint64(len(self.first) - 2)).astype(np.int64)

    @classmethod
    def of(cls, hashes: np.ndarray, shift: int, num_bits: int, num_differing: int) -> "_Part":
        every = np.arange(1 << num_bits)
        part = cls(shift, every[np.bitwise_count(every) <= num_differing], every, np.zeros(len(every) + 1, np.int64))
        values = part._values(hashes)
        first = np.concatenate([[0], np.bincount(values, minlength=len(every)).cumsum()])
        return replace(part, order=np.argsort(values, kind="stable"), first=first)


def close_pairs(hashes: np.ndarray, mirrored: np.ndarray, joined: np.ndarray) -> Iterator[Close]:
    """Yields, block by block, `(row, other row, distance, is mirrored)` of close pairs, row < other row.

    Multi-index hashing (M. Norouzi et al., "Fast Search in Hamming Space with Multi-Index Hashing", 2012): only rows
    that share a part, up to a bit or two, are compared. It finds exactly what comparing all with all would.

    Args:
        hashes: `uint64`, shape `(n,)`.
        mirrored: Of the mirror images, likewise.
        joined: Pairs with equal numbers are left out, shape `(n,)`; the caller may change them between blocks.
    """
    direct, flipped = _parts(hashes), _parts(mirrored)
    searches = ((hashes, direct, hashes), (hashes, flipped, mirrored), (mirrored, direct, hashes))
    for start in range(0, len(hashes), BLOCK_ROWS):
        rows = np.arange(start, min(start + BLOCK_ROWS, len(hashes)))
        costs = sum(part.ranges(wanted[rows])[1].sum(axis=1) for wanted, parts, _ in searches for part in parts)
        is_crowded = costs > _CROWDED * len(hashes)  # frames of one scene: looking up costs more than comparing
        crowded, rows = rows[is_crowded], rows[~is_crowded]
        pairs = [_lookup(rows, wanted[rows], parts, others, joined) for wanted, parts, others in searches]
        yield from _measured(np.unique(np.concatenate(pairs)), hashes, mirrored)
        for number in range(0, len(crowded), CROWDED_ROWS):
            some = crowded[number : number + CROWDED_ROWS]
            others = np.arange(some[0], len(hashes))
            if (joined[some] == joined[some[0]]).all():
                others = others[joined[others] != joined[some[0]]]
            nearest = np.bitwise_count(hashes[some, None] ^ hashes[others])
            for wanted, found in ((hashes, mirrored), (mirrored, hashes)):
                np.minimum(nearest, np.bitwise_count(wanted[some, None] ^ found[others]), out=nearest)
            is_new = (nearest <= MAX_DISTANCE) & (joined[some, None] != joined[others])
            left, right = np.nonzero(is_new & (some[:, None] < others))
            yield from _measured(some[left] * len(hashes) + others[right], hashes, mirrored)


def _measured(pairs: np.ndarray, hashes: np.ndarray, mirrored: np.ndarray) -> Iterator[Close]:
    """What `close_pairs` yields of pairs, numbered `row * n + other row`, shape `(pairs,)`."""
    left, right = np.divmod(pairs, max(len(hashes), 1))
    straight = np.bitwise_count(hashes[left] ^ hashes[right])
    mirror = np.minimum(
        np.bitwise_count(hashes[left] ^ mirrored[right]), np.bitwise_count(mirrored[left] ^ hashes[right])
    )
    if len(pairs):
        yield left, right, np.minimum(straight, mirror), mirror < straight


def _parts(hashes: np.ndarray) -> list[_Part]:
    shifts = accumulate((num_bits for num_bits, _ in _PARTS), initial=0)
    return [_Part.of(hashes, shift, *part) for shift, part in zip(shifts, _PARTS, strict=False)]


def _lookup(
    rows: np.ndarray, wanted: np.ndarray, parts: list[_Part], others: np.ndarray, joined: np.ndarray
) -> np.ndarray:
    """Pairs of rows and later ones whose hash among `others` is close to the `wanted` one, as `_measured` has them."""
    found = [np.empty(0, np.int64)]
    for part in parts:
        starts, counts = part.ranges(wanted)
        cuts = np.flatnonzero(np.diff(counts.sum(axis=1).cumsum() // BLOCK_PAIRS)) + 1
        for piece in np.split(np.arange(len(rows)), cuts):
            count = counts[piece].ravel()
            offsets = np.repeat(starts[piece].ravel() - count.cumsum() + count, count)
            other = part.order[offsets + np.arange(len(offsets))]
            mine = np.repeat(piece, counts[piece].sum(axis=1))
            is_close = np.bitwise_count(wanted[mine] ^ others[other]) <= MAX_DISTANCE
            is_close &= (other > rows[mine]) & (joined[other] != joined[rows[mine]])
            found.append(rows[mine[is_close]] * len(others) + other[is_close])
    return np.concatenate(found)
