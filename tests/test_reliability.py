"""Every promise is held by a test that carries its id, or says why not; docs/reliability.md is today's."""

import json
import re
import tomllib

from docs import write_reliability

COUNTS = {"I": 30, "H": 25, "R": 20, "T": 19, "D": 7, "U": 12}  # rows of the fault matrix by letter


def rows() -> dict[str, write_reliability.Promise]:
    return {row.id: row for group in write_reliability.promises().values() for row in group}


def test_every_row_of_the_fault_matrix_is_a_promise():
    wanted = {f"{letter}{number}" for letter, count in COUNTS.items() for number in range(1, count + 1)}
    assert wanted - set(rows()) == set()


def test_every_promise_is_held_by_a_test_or_says_why_not():
    assert [row.id for row in rows().values() if bool(row.files) == bool(row.apart)] == []


def test_tests_and_figures_carry_ids_of_promises_only():
    known = set(rows())
    figures = json.loads(write_reliability.FIGURES.read_text(encoding="utf-8"))
    assert set(write_reliability.held()) - known == set() == set(figures) - known
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d", item["date"]) and item["figure"] for item in figures.values())


def test_a_limit_that_stands_apart_is_a_promise_too():
    assert set(tomllib.loads(write_reliability.PROMISES.read_text(encoding="utf-8"))["apart"]) <= set(rows())


def test_the_page_of_promises_is_written_from_todays_tests_and_figures():
    expected, found = write_reliability.page(), write_reliability.PAGE.read_text(encoding="utf-8")
    assert found == expected, "Run: python docs/write_reliability.py"
