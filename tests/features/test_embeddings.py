"""Embeddings are remembered by content, and only as long as decoder and backbone stay the same."""

import numpy as np
import pytest

from core.features import embedding_store, embeddings
from core.features.embedding_store import EmbeddingStore, known_files
from core.features.embeddings import cached, embed, remember
from core.features.neighbours import nearest, similarity_to_neighbours
from core.features.views import CLOSE, COLOURS, WHOLE
from core.networks.interpreter import in_parallel


@pytest.mark.parametrize("view", [WHOLE[0], CLOSE, COLOURS])
def test_numbers_of_another_decoder_are_not_read(world, monkeypatch, view):
    remember(world, view, {"a": np.ones(3)})
    assert set(cached(world, view)) == {"a"}
    monkeypatch.setattr(embedding_store, "PIXELS_VERSION", "another")
    assert not cached(world, view)
    remember(world, view, {"b": np.ones(3)})
    assert set(cached(world, view)) == {"b"} and len(list((world.cache_dir / "embeddings" / view).iterdir())) == 1


def test_numbers_of_another_backbone_are_not_read(world, monkeypatch):
    from dataclasses import replace

    from core.networks.catalogue import BACKBONES

    remember(world, WHOLE[1], {"a": np.ones(3)})
    monkeypatch.setitem(BACKBONES, WHOLE[1], replace(BACKBONES[WHOLE[1]], sha256="0" * 64))
    assert not cached(world, WHOLE[1])


def test_numbers_from_before_versions_count_for_a_runs_own_network_only(world):
    files = {name: world.cache_dir / f"embeddings-{name}.npz" for name in (COLOURS, "a-run")}
    for file in files.values():
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(file, sha256=np.array(["a"]), embeddings=np.full((1, 2), 7, np.float32))
    assert not cached(world, COLOURS) and cached(world, "a-run").read(["a"]).tolist() == [[7, 7]]
    assert not any(file.exists() for file in files.values()), "what they held is in the stores now"
    assert set(cached(world, "a-run")) == {"a"}


@pytest.mark.parametrize("damage", [lambda old: b"", lambda old: b"damaged", lambda old: old[:-3], bytes.swapcase])
def test_a_damaged_part_is_filled_again(world, paths, damage):
    found = embed(world, world.usable, [COLOURS], paths)[COLOURS]
    (part,) = known_files(world.cache_dir, COLOURS)
    part.write_bytes(damage(part.read_bytes()))
    steps = []
    again = embed(world, world.usable, [COLOURS], paths, lambda *step: steps.append(step))[COLOURS]
    assert np.array_equal(found, again) and steps[-1] == (len(world.usable), len(world.usable))
    embed(world, world.usable, [COLOURS], paths, lambda *step: pytest.fail("a known photo was looked at"))


def test_each_photo_is_written_once_and_a_look_that_was_broken_off_goes_on(world, paths, monkeypatch):
    written, rows = [], world.usable
    monkeypatch.setattr(embeddings, "PART_ROWS", 5)
    monkeypatch.setattr(embedding_store, "PART_ROWS", 5)
    real = embedding_store.write_atomic
    monkeypatch.setattr(embedding_store, "write_atomic", lambda *part: (written.append(len(part[1])), real(*part)))

    def stop(done: int, total: int) -> None:
        if done > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embed(world, rows, [COLOURS], paths, stop)
    assert len(cached(world, COLOURS)) == 10
    embed(world, rows, [COLOURS], paths)
    sizes = [file.stat().st_size for file in known_files(world.cache_dir, COLOURS)]
    assert sorted(written) == sorted(sizes) and len(sizes) == 5


def test_many_small_additions_end_in_few_parts(world):
    for number in range(40):
        remember(world, "a-run", {f"{number}": np.full(3, number)})
    store = cached(world, "a-run")
    assert store.read([f"{number}" for number in range(40)])[:, 0].tolist() == list(range(40))
    assert len(known_files(world.cache_dir, "a-run")) <= 7


def test_two_processes_may_add_and_read_at_a_time(world):
    one, other = cached(world, "a-run"), cached(world, "a-run")
    one.add({"a": np.ones(3)})
    other.add({"b": np.full(3, 2)})
    third = cached(world, "a-run")
    third.add({"c": np.full(3, 3)})  # takes in the parts of both
    assert one.read(["a"]).tolist() == [[1, 1, 1]] and set(cached(world, "a-run")) == {"a", "b", "c"}
    other.add({"d": np.full(3, 4)})
    assert set(cached(world, "a-run")) == {"a", "b", "c", "d"}


def test_on_a_full_disk_embeddings_stay_in_memory(world, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(embedding_store, "write_atomic", full)
    store = EmbeddingStore(world.cache_dir, "a-run")
    store.add({"a": np.ones(3)})
    assert store.read(["a", "a"]).tolist() == [[1, 1, 1]] * 2 and not cached(world, "a-run")


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
