"""Charts of known numbers."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.metrics import evaluate
from streamlit_app.charts import dataset, evaluation, prediction, style, training
from streamlit_app.parts.evaluation import failures

COLOURS = {"African": "#0072B2", "Asian": "#009E73"}


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "label": ["African"] * 3 + ["Asian"] * 2,
            "split": ["train", "train", "test", "train", "test"],
            "width": [320, 320, 320, 320, 640],
            "height": [240, 240, 240, 240, 480],
            "brightness": [10.0, 10.0, 250.0, 10.0, 10.0],
        }
    )


@pytest.fixture
def result():
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.2, 0.8], [0.6, 0.4]])
    return evaluate(np.array([0, 0, 0, 1, 1]), probabilities, ["African", "Asian"], "test", "given")


def texts(figure: go.Figure) -> list[str]:
    return [re.sub("<span.*?</span> ", "", annotation.text) for annotation in figure.layout.annotations]


def test_counts_have_a_bar_for_every_split_and_class_in_its_colour(table):
    bars = {(bar.y[0][0], bar.y[1][0]): (bar.x[0], bar.marker.color) for bar in dataset.counts(table, COLOURS).data}
    assert bars == {
        ("train", "African"): (2, "#0072B2"),
        ("train", "Asian"): (1, "#009E73"),
        ("test", "African"): (1, "#0072B2"),
        ("test", "Asian"): (1, "#009E73"),
    }


def test_sizes_count_equal_sizes_once(table):
    african, asian = dataset.sizes(table, COLOURS).data
    assert (list(african.x), list(african.customdata)) == ([320], [3])
    assert (list(asian.x), list(asian.customdata)) == ([320, 640], [1, 1])


def test_brightness_shows_shares_of_the_class(table):
    african, asian = dataset.brightness(table, COLOURS).data
    assert african.y[0] == pytest.approx(100 * 2 / 3)
    assert asian.y[0] == pytest.approx(100)


def test_curves_name_their_lines_and_reserve_room_for_all_epochs():
    history = pd.DataFrame(
        {
            "epoch": [1, 2],
            "loss": [0.7, 0.5],
            "accuracy": [0.5, 0.75],
            "val_loss": [0.7, np.nan],
            "val_accuracy": [0.5, np.nan],
        }
    )
    figure = training.curves(history, epochs=15)
    assert [len(line.x) for line in figure.data] == [2, 1, 2, 1]
    assert sorted(texts(figure)) == ["Accuracy", "Loss", "train", "train", "validation", "validation"]
    assert figure.layout.xaxis.range[1] > 15


def test_curves_of_nothing_say_so():
    assert texts(training.curves(pd.DataFrame(columns=["epoch", "loss"]))) == ["Nothing to draw yet"]


def test_the_confusion_matrix_has_rows_true_and_columns_predicted(result):
    figure = evaluation.confusion_matrix(result)
    assert texts(figure) == ["<b>2</b><br>67 %", "<b>1</b><br>33 %", "<b>1</b><br>50 %", "<b>1</b><br>50 %"]
    points = figure.data[1]
    assert [list(cell) for cell in points.customdata][1] == ["African", "Asian"]
    assert figure.layout.yaxis.autorange == "reversed"


def test_200_classes_are_coloured_and_what_a_cell_holds_is_said_when_it_is_pointed_at(result):
    counts = np.diag(np.full(200, 9))
    counts[7, 3], counts[5, 150] = 4, 6
    names = [f"<{number:03d}>" for number in range(200)]
    many = replace(result, class_names=names, confusion_matrix=counts.tolist())
    figure = evaluation.confusion_matrix(many)
    cells, points = figure.data
    assert not figure.layout.annotations and figure.layout.height < 1300 and cells.z[5][150] == 0.4
    assert len(points.x) == 202, "empty cells cost nothing"
    row = points.text.index("6")
    assert (points.y[row], points.x[row]) == ("&lt;005&gt;", "&lt;150&gt;")
    assert list(points.customdata[row]) == ["<005>", "<150>"] and "photos labelled %{y}" in points.hovertemplate
    assert evaluation.largest_confusions(many)[:3] == [("<005>", "<150>"), ("<007>", "<003>"), ("<000>", "<000>")]
    table = failures.confusions_table(many)
    assert table["Photos"].tolist() == [6, 4] and table["Of the class"].tolist() == ["40 %", "31 %"]


def test_roc_and_precision_recall_name_the_area(result):
    assert "African: area 0.833" in texts(evaluation.roc(result, COLOURS))[0]
    assert "average precision" in texts(evaluation.precision_recall(result, COLOURS))[0]


def test_reliability_shows_intervals(result):
    points = evaluation.reliability(result).data[1]
    assert sum(points.customdata) == 5
    assert all(high >= 0 for high in points.error_y.array)


def test_risk_coverage_marks_the_chosen_share(result):
    figure = evaluation.risk_coverage(result, 0.8)
    assert figure.layout.shapes[0].x0 == 0.8
    assert figure.data[0].x[-1] == 1


def test_probability_bars_put_the_most_probable_on_top():
    figure = prediction.probability_bars({"Asian": 0.04, "African": 0.96}, COLOURS)
    assert figure.data[1].y[-1] == "African"
    assert figure.data[1].marker.color[-1] == "#0072B2"
    assert texts(figure) == ["4.0 %", "96.0 %"]


def test_bars_mark_what_was_before_and_tell_the_points():
    before = {"African": 0.93, "Asian": 0.07}
    figure = prediction.probability_bars({"African": 0.58, "Asian": 0.42}, COLOURS, before)
    assert list(figure.data[1].x) == [0.42, 0.58] and list(figure.data[2].x) == [0.07, 0.93]
    assert texts(figure) == ["42.0 %<br><b>+35</b>", "58.0 %<br><b>−35</b>"]
    unmoved = prediction.probability_bars({"<i>": 0.999}, {}, {"<i>": 1.0})
    assert texts(unmoved) == ["99.9 %"] and list(unmoved.data[1].y) == ["&lt;i&gt;"]


def test_a_name_with_html_is_shown_as_it_is_U1():
    figure = prediction.probability_bars({"<a href=x>": 0.5, "b": 0.5}, {})
    assert "&lt;a href=x&gt;" in figure.data[1].y


def test_all_charts_are_transparent_and_titled_by_the_page(table, result):
    for figure in (dataset.counts(table, COLOURS), evaluation.roc(result, COLOURS), evaluation.reliability(result)):
        assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.title.text is None


def luminance(color: str) -> float:
    shares = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    darker, lighter = sorted([luminance(first), luminance(second)])
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_and_lines_of_charts_stand_out_from_every_background(result, theme):
    config = Path(__file__).parents[2] / ".streamlit" / "config.toml"
    colours = tomllib.loads(config.read_text(encoding="utf-8"))["theme"][theme]
    for background in (colours["backgroundColor"], colours["secondaryBackgroundColor"]):
        assert contrast(style.TEXT[theme], background) >= 4.5
    assert contrast(style.QUIET, colours["backgroundColor"]) >= 3  # of lines and points
    figure = style.readable(evaluation.confusion_matrix(result), theme)
    assert {text.font.color for text in figure.layout.annotations} == {"#FFFFFF", style.TEXT[theme]}
    assert figure.layout.xaxis.tickfont.color == figure.layout.yaxis.title.font.color == style.TEXT[theme]
