"""JSON becomes dataclasses, strictly."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import pytest

from core import records
from core.records import append_log, from_json, read_log


@dataclass(frozen=True)
class Point:
    x: int
    y: float = 0.0


@dataclass(frozen=True)
class Shape:
    kind: Literal["open", "closed"]
    points: tuple[Point, ...] = ()
    size: tuple[int, int] = (0, 0)
    note: str | None = None
    weights: dict[str, list[float]] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)


def test_what_was_written_is_read_back():
    shape = Shape("open", (Point(1), Point(2, 3)), (4, 5), "n", {"a": [1.5, 2]}, {"b": 1}, [{"c": None}])
    assert from_json(Shape, json.loads(json.dumps(asdict(shape)))) == shape
    assert from_json(dict[str, Shape], {"one": asdict(shape)}) == {"one": shape}


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {},
        {"kind": "round"},
        {"kind": "open", "unknown": 1},
        {"kind": "open", "points": [{"x": "1"}]},
        {"kind": "open", "points": [{"x": True}]},
        {"kind": "open", "points": [{"x": 1.5}]},
        {"kind": "open", "points": [{"y": 1.5}]},
        {"kind": "open", "points": {}},
        {"kind": "open", "size": [1, 2, 3]},
        {"kind": "open", "note": 5},
        {"kind": "open", "weights": {"a": 1}},
        {"kind": "open", "rows": [1]},
    ],
)
def test_whatever_does_not_fit_is_refused(wrong):
    with pytest.raises((ValueError, TypeError)):
        from_json(Shape, wrong)


def test_a_log_gives_back_what_was_appended_and_closes_a_torn_line(tmp_path):
    file = tmp_path / "deep" / "log.jsonl"
    assert read_log(Point, file) == []
    append_log(file, [{"x": 1}, {"x": 2, "y": 0.5}])
    with file.open("a") as log:
        log.write('{"x": 3')
    append_log(file, [{"x": 4}, {"x": "wrong"}, {"note": "unknown"}])
    assert read_log(Point, file) == [Point(1), Point(2, 0.5), Point(4)]
    append_log(file, [{"a": "\u2028 \udcff"}])
    assert read_log(dict[str, str], file)[-1] == {"a": "\u2028 \udcff"}


def test_lines_of_a_log_are_parsed_once_unless_they_were_changed(tmp_path, monkeypatch):
    file, parsed = tmp_path / "log.jsonl", []
    real = json.loads
    monkeypatch.setattr(records.json, "loads", lambda line: (parsed.append(line), real(line))[1])
    append_log(file, [{"x": 1}, {"x": 2}])
    assert read_log(Point, file) == read_log(Point, file) == [Point(1), Point(2)]
    first = sum(map(bool, parsed))
    append_log(file, [{"x": 3}])
    assert read_log(Point, file) == [Point(1), Point(2), Point(3)] and (first, sum(map(bool, parsed))) == (2, 3)
    with file.open("ab") as log:
        log.write(b'{"x": ')  # torn, then gone on with
    assert read_log(Point, file) == [Point(1), Point(2), Point(3)]
    with file.open("ab") as log:
        log.write(b"4}\n")
    assert read_log(Point, file)[3:] == [Point(4)]
    file.write_bytes(file.read_bytes().replace(b"1", b"9"))  # as long as before, by hand
    assert read_log(Point, file)[0] == Point(9)
    file.write_bytes(b'{"x": 5}\n')
    assert read_log(Point, file) == [Point(5)]
    file.unlink()
    assert read_log(Point, file) == []
