"""Embeddings are remembered by content, and only as long as decoder and backbone stay the same."""

import numpy as np
import pytest

from core.features import embeddings
from core.features.embeddings import cache_file, cached, embed, remember
from core.features.neighbours import nearest, similarity_to_neighbours
from core.features.views import CLOSE, COLOURS, WHOLE
from core.networks.interpreter import in_parallel


@pytest.mark.parametrize("view", [WHOLE[0], CLOSE, COLOURS])
def test_numbers_of_another_decoder_are_not_read(world, monkeypatch, view):
    remember(world, view, {"a": np.ones(3)})
    assert set(cached(world, view)) == {"a"}
    monkeypatch.setattr(embeddings, "PIXELS_VERSION", "another")
    assert cached(world, view) == {}


def test_numbers_of_another_backbone_are_not_read(world, monkeypatch):
    from dataclasses import replace

    from core.networks.catalogue import BACKBONES

    remember(world, WHOLE[1], {"a": np.ones(3)})
    monkeypatch.setitem(BACKBONES, WHOLE[1], replace(BACKBONES[WHOLE[1]], sha256="0" * 64))
    assert cached(world, WHOLE[1]) == {}


def test_numbers_from_before_versions_count_for_a_runs_own_network_only(world):
    for name in (COLOURS, "a-run"):
        cache_file(world, name).parent.mkdir(parents=True, exist_ok=True)
        np.savez(cache_file(world, name), sha256=np.array(["a"]), embeddings=np.ones((1, 1), np.float32))
    assert cached(world, COLOURS) == {} and set(cached(world, "a-run")) == {"a"}


@pytest.mark.parametrize("content", [b"", b"damaged", b"PK\x03\x04"])
def test_a_damaged_cache_is_filled_again(world, paths, content):
    found = embed(world, world.usable, [COLOURS], paths)[COLOURS]
    cache_file(world, COLOURS).write_bytes(content)
    steps = []
    again = embed(world, world.usable, [COLOURS], paths, lambda *step: steps.append(step))[COLOURS]
    assert np.array_equal(found, again) and steps[-1] == (len(world.usable), len(world.usable))
    embed(world, world.usable, [COLOURS], paths, lambda *step: pytest.fail("a known photo was looked at"))


def test_the_nearest_photos_lie_outside_test_and_come_in_order(world):
    rows = world.usable
    angles = np.linspace(0, 1, len(rows))
    known = np.stack([np.cos(angles), np.sin(angles)], axis=1) * 7
    remember(world, "a-run", dict(zip(rows["sha256"], known, strict=True)))
    first = rows.index[rows["split"] != "test"][0]
    found = nearest(world, "a-run", known[rows.index.get_loc(first)], 3)
    assert found["path"][0] == rows["path"][first] and found["similarity"][0] == pytest.approx(1)
    assert found["similarity"].is_monotonic_decreasing and "test" not in set(found["split"])
    fewer = nearest(world, "a-run", known[0], 3, without=[rows["sha256"][first]])
    assert rows["path"][first] not in set(fewer["path"])
    assert nearest(world, "nobody", known[0], 3).empty


def test_copies_do_not_vouch_for_each_other():
    photos = np.eye(12, dtype=np.float32)
    photos[1] = photos[0]
    assert similarity_to_neighbours(photos, np.r_[0, 0, 2:12]).max() == pytest.approx(0)
    assert similarity_to_neighbours(photos, np.arange(12))[0] > 0


def test_parallel_work_keeps_the_order_and_reports_every_tenth_and_the_last():
    steps = []
    assert in_parallel(lambda item: item * 2, range(23), 23, lambda *step: steps.append(step)) == list(range(0, 46, 2))
    assert steps == [(10, 23), (20, 23), (23, 23)]
