"""What the pages write and choose, without Streamlit running."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pages_fakes import fake_run

from core.metrics import proportion
from core.prediction.predictor import failed_record
from streamlit_app import loop, words
from streamlit_app.colors import CLASS_COLORS, class_colors
from streamlit_app.parts.dataset import filters
from streamlit_app.parts.models import table as run_table
from streamlit_app.parts.shared.progress import progress
from streamlit_app.parts.shared.run_picker import accuracy_of, standing
from streamlit_app.uploads import as_csv

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "0 s"), (89, "89 s"), (180, "3 min"), (7500, "2 h 5 min")])
def test_times_are_words(seconds, text):
    assert words.duration(seconds) == text


class Place:
    """Stands for an `st.empty()`: remembers what is shown in it."""

    shown = None

    def progress(self, fraction: float, text: str) -> None:
        self.shown = (fraction, text)

    def empty(self) -> None:
        self.shown = None


def test_progress_tells_how_far_it_is_and_goes_away():
    place = Place()
    report = progress(place, "Reading *all*")
    report(0, 8)
    assert place.shown == (0.0, "Reading \\*all\\*: 0 of 8")
    report(8, 8)
    assert place.shown is None
    progress(place, "Looking", then="Ranking them…")(8, 8)
    assert place.shown == (1.0, "Ranking them…")


def test_an_accuracy_is_written_with_its_interval_labels_and_split(world, paths):
    run = fake_run(world, paths)
    assert accuracy_of(run) == "87.5 % accuracy (52.9–97.8, n = 8, given labels, test)"
    assert standing(run).startswith("**fake") and "trained on *world*: 87" in standing(run)


def test_the_day_is_written_without_a_leading_zero():
    assert words.day("2026-11-03T12:00:00+00:00").startswith("3 Nov 2026, ")
    assert words.day("no date") == "no date"


def test_names_are_listed_like_a_sentence():
    lists = ([], ["a"], ["a", "b"], ["a", "b", "c"])
    assert [words.listed(names) for names in lists] == ["", "a", "a and b", "a, b and c"]


def test_markdown_is_escaped_and_stays_readable():
    assert words.plain("a *b* [c](d) :red[e]").replace("\\", "").replace("\u2060", "") == "a *b* [c](d) :red[e]"
    assert ":red[" not in words.plain(":red[x]")
    assert "www." not in words.plain("www.example.org")


def test_a_class_keeps_its_colour_and_none_is_the_colour_that_calls_a_person():
    assert class_colors(["Asian", "African"]) == {"African": "#0072B2", "Asian": "#009E73"}
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
    assert theme["light"]["orangeColor"] == theme["dark"]["orangeColor"] == "#E69F00"
    assert "#E69F00" not in CLASS_COLORS
    assert len(class_colors([str(number) for number in range(20)])) == 20


def test_the_next_step_follows_the_rule(world, paths):
    def following(*arguments, **more):
        return loop.next_step(loop.steps(*arguments, **more)).name

    assert following(None, [], None) == "browse"
    assert following(world, [], None) == "train"
    run = fake_run(world, paths)
    assert following(world, [run], run) == "review"  # nobody looked for wrong labels yet
    assert following(world, [run], run, suspects=12) == "review"
    assert following(world, [run], run, suspects=0) == "prove"
    assert following(world, [run, run], run, suspects=0) == "use"


def test_exactly_one_step_is_next(world, paths):
    run = fake_run(world, paths)
    for found in (loop.steps(None, [], None), loop.steps(world, [], None), loop.steps(world, [run], run)):
        assert [step.state for step in found].count("next") == 1


def test_the_best_run_is_chosen_without_the_test_photos_where_it_can(world, paths):
    good, poor = fake_run(world, paths, "good", mistakes=0), fake_run(world, paths, "poor", mistakes=5)
    assert loop.best([poor, good]).run_id == "good"
    measured = good.evaluation["test"]
    poor.evaluation["validation"] = replace(measured, accuracy=proportion(8, 8))
    good.evaluation["validation"] = replace(measured, accuracy=proportion(4, 8))
    assert loop.best([poor, good]).run_id == "poor"


def test_filters_keep_and_order_rows(world, paths):
    table = filters.with_predictions(world.table, fake_run(world, paths))
    assert len(filters.apply(table, filters.Filters())) == 24
    assert len(filters.apply(table, filters.Filters(show="wrong"))) == 1
    assert len(filters.apply(table, filters.Filters(show="right"))) == 7
    assert len(filters.apply(table, filters.Filters(label="Asian", split="test"))) == 4
    assert len(filters.apply(table, filters.Filters(words="TEST_000"))) == 2
    assert filters.apply(table, filters.Filters(words="[")).empty
    darkest = filters.apply(table, filters.Filters(order="dark"))["brightness"]
    assert darkest.is_monotonic_increasing


def test_the_run_table_tells_every_run(world, paths):
    done = fake_run(world, paths)
    failed = fake_run(world, paths, "failed-run", state="failed", message="The disk is full.")
    table = run_table.as_table([failed, done], done)
    assert table["state"].tolist() == ["failed", "in use"]
    assert table["accuracy"].iloc[1] == pytest.approx(87.5)
    assert table["interval"].iloc[1] == "52.9–97.8 %, n = 8, given labels, test"


def test_a_csv_file_holds_no_formula():
    record = failed_record("=cmd()", "run", "+1")
    spoken = {**record, "path": "a.png", "label": "-Asian", "probabilities": {"@x": 0.25}, "error": None}
    lines = as_csv([record, spoken]).decode().splitlines()
    cells = [cell for line in lines for cell in line.split(",")]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert "'=cmd()" in cells
    assert pd.Series(lines).str.count(",").nunique() == 1
