"""Look-alikes lie together on the map and in the order of the grid."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from core.features.photo_map import neighbour_order, place


@pytest.fixture(scope="module")
def clusters():
    random = np.random.default_rng(0)
    kinds = np.repeat(np.arange(4), 30)
    return kinds, (random.normal(size=(4, 16))[kinds] * 3 + random.normal(size=(120, 16))).astype(np.float32)


def test_look_alikes_lie_together(clusters):
    kinds, embeddings = clusters
    steps = []
    places = place(embeddings, lambda done, total: steps.append((done, total)))
    assert np.abs(places).max() == pytest.approx(1)
    assert trustworthiness(embeddings, places, n_neighbors=5) > 0.9
    assert steps == sorted(steps) and steps[-1][0] <= steps[-1][1]
    in_order = kinds[neighbour_order(places)]
    assert (in_order[1:] != in_order[:-1]).sum() <= 9
    assert np.array_equal(place(embeddings), places)


@pytest.mark.parametrize("count", [0, 1, 3, 5])
def test_a_few_photos_have_a_place_too(clusters, count):
    places = place(clusters[1][:count])
    assert places.shape == (count, 2) and np.isfinite(places).all()
    if count:
        assert sorted(neighbour_order(places)) == list(range(count))
