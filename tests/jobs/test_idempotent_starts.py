"""Equal requests with one key start one training, however often and from wherever they come."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import BusyError, ConfigError
from core.jobs import queue as jobs
from core.jobs.table import JobTable
from core.runs.presets import preset


@pytest.fixture
def start(paths):
    (paths.data_dir / "photos").mkdir()

    def found(key, seed=0):
        return jobs.enqueue(paths, paths.data_dir / "photos", preset("quick", seed=seed), key=key)

    return found


def test_T2_the_same_key_gets_the_same_run_even_after_its_end(paths, start):
    run_id = start("once")
    assert start("once") == run_id and JobTable(paths).waiting() == [run_id]
    jobs.cancel(paths, run_id)
    assert start("once") == run_id and JobTable(paths).waiting() == []
    assert start("twice") != run_id != start(None)


def test_X1_64_simultaneous_requests_with_one_key_start_exactly_one_training(paths, start):
    for round in range(5):
        with ThreadPoolExecutor(24) as pool:
            found = set(pool.map(lambda _, key=f"key-{round}": start(key), range(64)))
        assert len(found) == 1
    assert len(JobTable(paths).waiting()) == 5


def test_a_key_is_not_taken_for_another_training(start):
    start("once")
    with pytest.raises(ConfigError, match="Send a fresh key"):
        start("once", seed=1)


def test_a_refused_start_does_not_use_up_its_key(paths, start, monkeypatch):
    monkeypatch.setattr("core.jobs.table.MAX_WAITING", 0)
    with pytest.raises(BusyError):
        start("once")
    monkeypatch.undo()
    run_id = start("once")
    assert JobTable(paths).waiting() == [run_id]


def test_of_many_keys_the_latest_are_remembered(paths, start, monkeypatch):
    monkeypatch.setattr("core.jobs.table._MAX_KEYS", 2)
    first = [start(f"key-{number}") for number in range(4)]
    assert [start(f"key-{number}") for number in (3, 2)] == first[3:1:-1]
    assert start("key-0") != first[0]
