"""Pairs that look alike are found without comparing all with all."""

import numpy as np
import pytest

from core.networks.cosine import unit_vectors
from core.review import candidates


def world(rows: int = 600, pairs: int = 40) -> tuple[np.ndarray, np.ndarray, set[tuple[int, int]]]:
    """Unlike photos, of which photo `2 n + 1` shows photo `2 n` or a part of it: each close-up is another matter."""
    random = np.random.default_rng(0)
    whole, close = (np.abs(random.normal(0.4, 1, (rows, 256))).astype(np.float32) for _ in range(2))
    for first in range(0, 2 * pairs, 2):
        source = (whole, close)[first % 4 // 2]
        whole[first + 1] = source[first] + random.normal(0, 0.15, 256)
    return unit_vectors(whole), unit_vectors(close), {(first, first + 1) for first in range(0, 2 * pairs, 2)}


@pytest.mark.parametrize("exact_rows", [4000, 0], ids=["all with all", "by codes"])
def test_the_same_pairs_are_found_however_many_photos_there_are(monkeypatch, exact_rows):
    monkeypatch.setattr(candidates, "EXACT_ROWS", exact_rows)
    whole, close, expected = world()
    found = candidates.alike(whole, close, 0.9, 400)
    assert {(row, later) for _, row, later in found} == expected
    assert found == sorted(found, reverse=True)
    assert candidates.alike(whole, close, 0.9, 5) == found[:5]


def test_a_folder_of_one_scene_gives_the_most_alike_and_no_more():
    random = np.random.default_rng(1)
    views = unit_vectors((1 + random.normal(0, 0.05, (300, 64))).astype(np.float32))
    found = candidates.alike(views, views, 0.86, 7)
    best = sorted((float(views[a] @ views[b]) for a in range(300) for b in range(a)), reverse=True)[:7]
    assert [cosine for cosine, *_ in found] == pytest.approx(best, abs=1e-6)


def test_few_photos_or_none_are_no_trouble():
    for rows in (0, 1):
        assert candidates.alike(np.ones((rows, 8), np.float32), np.ones((rows, 8), np.float32), 0.86, 4) == []
