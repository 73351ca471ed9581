"""Derived results are kept until their key changes; whatever is wrong with a file, they are computed anew."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from core import cache
from core.metrics import Measured


@dataclass(frozen=True)
class Report:
    """Everything a kept record holds today: numbers, lists, tuples, nested dataclasses."""

    names: tuple[str, ...]
    answers: dict[str, list[int]]
    accuracy: Measured | None
    shares: list[float | None]


REPORT = Report(("African", "Asian"), {"clean": [0, 1]}, Measured(1 / 3, 0.1, 0.6, 9), [0.1 + 0.2, None])
TABLE = pd.DataFrame({"path": ["a", ""], "score": [0.25, 1.0]})
ARRAYS = {"groups": np.arange(3), "known": np.array(True)}


def kinds(folder) -> dict[str, tuple[cache.Kept, object]]:
    return {
        "record": (cache.as_record(folder / "report.json", Report), REPORT),
        "table": (cache.as_table(folder / "table.parquet"), TABLE),
        "arrays": (cache.as_arrays(folder / "arrays.npz"), ARRAYS),
        "bytes": (cache.as_bytes(folder / "key.webp"), b"RIFF"),
    }


def equal(first, second) -> bool:
    if isinstance(first, pd.DataFrame):
        return first.equals(second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)
    return first == second


NAMES = ["record", "table", "arrays", "bytes"]


@pytest.mark.parametrize("name", NAMES)
def test_a_result_is_computed_once_and_comes_back_as_it_was(tmp_path, name):
    kept, result = kinds(tmp_path / "deep" / "cache")[name]
    assert cache.stored(kept, "key") is None
    assert equal(cache.cached(kept, "key", lambda: result), result)
    assert equal(cache.cached(kept, "key", lambda: pytest.fail("computed twice")), result)
    assert equal(cache.stored(kept), result)


@pytest.mark.parametrize("name", NAMES)
def test_another_key_is_computed_anew(tmp_path, name):
    kept, result = kinds(tmp_path)[name]
    cache.store(kept, "key", result)
    assert cache.stored(kept, "other") is None
    assert equal(cache.cached(kept, "other", lambda: result), result)


@pytest.mark.parametrize(
    "damage", [b"", b"damaged", b"[]", b'{"key": "key", "value": {"names": 5}}', b"PK\x03\x04", b"\xff"]
)
@pytest.mark.parametrize("name", ["record", "table", "arrays"])
def test_a_damaged_file_is_computed_anew(tmp_path, name, damage):
    kept, result = kinds(tmp_path)[name]
    kept.file.write_bytes(damage)
    assert equal(cache.cached(kept, "key", lambda: result), result)
    assert equal(cache.stored(kept, "key"), result)


@pytest.mark.parametrize("name", NAMES)
def test_a_disk_that_takes_nothing_costs_time_only(tmp_path, name):
    (tmp_path / "in the way").write_bytes(b"")
    kept, result = kinds(tmp_path / "in the way")[name]
    assert equal(cache.cached(kept, "key", lambda: result), result)
    assert cache.stored(kept, "key") is None


def test_an_error_of_the_computation_passes_through_and_nothing_is_kept(tmp_path):
    kept, _ = kinds(tmp_path)["table"]
    with pytest.raises(ZeroDivisionError):
        cache.cached(kept, "key", lambda: 1 / 0)
    assert not kept.file.exists()


def test_keeping_a_table_leaves_the_callers_own_alone(tmp_path):
    table = TABLE.copy()
    cache.store(cache.as_table(tmp_path / "table.parquet"), "key", table)
    assert table.attrs == {}
