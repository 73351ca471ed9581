"""The pool of LiteRT networks: all cores for a lone caller, one each for several, never more passes than cores."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from core.files import sha256_of
from core.prediction import pool as pools
from core.prediction import predictor as predictors


class FakeNetwork:
    """Takes a moment and remembers how many of its kind ran with it."""

    running, most, used = 0, 0, []
    lock = threading.Lock()

    def __init__(self, model: bytes, threads: int):
        self.threads = threads
        self.shape, self.outputs = (1, 4, 4, 3), {"probabilities": (1, 2)}

    def __call__(self, pixels, names):
        with FakeNetwork.lock:
            FakeNetwork.running += self.threads
            FakeNetwork.most = max(FakeNetwork.most, FakeNetwork.running)
            FakeNetwork.used.append(self.threads)
        time.sleep(0.01)
        with FakeNetwork.lock:
            FakeNetwork.running -= self.threads
        return {"probabilities": np.array([[0.5, 0.5]], np.float32)}


@pytest.fixture(autouse=True)
def fake(monkeypatch):
    monkeypatch.setattr(pools, "Network", FakeNetwork)
    FakeNetwork.running, FakeNetwork.most, FakeNetwork.used = 0, 0, []


def ask(pool: pools.Pool) -> None:
    with pool.asking(), pool.lent() as network:
        network(None, ())


def test_a_lone_caller_gets_all_cores():
    pool = pools.Pool(b"", size=2, threads=2)
    for _ in range(3):
        ask(pool)
    assert FakeNetwork.used == [2, 2, 2]


def test_several_callers_share_the_cores_and_never_use_more():
    pool = pools.Pool(b"", size=2, threads=2)
    callers = [threading.Thread(target=lambda: [ask(pool) for _ in range(5)]) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(10)
    assert len(FakeNetwork.used) == 40 and FakeNetwork.most == 2
    assert FakeNetwork.used.count(1) > FakeNetwork.used.count(2)


def test_without_copies_they_take_turns():
    pool = pools.Pool(b"", size=1, threads=2)
    callers = [threading.Thread(target=ask, args=(pool,)) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(10)
    assert FakeNetwork.used == [2] * 4 and FakeNetwork.most == 2


def test_a_failing_pass_gives_its_network_back():
    pool = pools.Pool(b"", size=1, threads=1)
    with pytest.raises(RuntimeError), pool.lent():
        raise RuntimeError
    ask(pool)
    assert FakeNetwork.used == [1]


@pytest.mark.parametrize("megabytes, expected", [(18, 3), (43, 1)])
def test_a_large_network_is_not_copied(tmp_path, megabytes, expected, quick_run, monkeypatch):
    made = []
    monkeypatch.setattr(pools, "Network", lambda model, threads: made.append(threads) or FakeNetwork(model, threads))
    (tmp_path / "model.tflite").write_bytes(bytes(megabytes * 2**20))
    files = {"model.tflite": sha256_of(tmp_path / "model.tflite")}
    run = replace(quick_run, folder=tmp_path, image_size=(4, 4), files=files)
    predictors._pool(run, size=2, threads=2)
    assert len(made) == expected and made.count(2) == 1
