"""Dots with intervals, learning curves and corrupted photos say what they show."""

from core.evaluation.learning_curve import LearningCurve, Point
from core.evaluation.robustness import Figure
from core.metrics import Measured
from streamlit_app.charts.standing import Dot, corrupted, dots, learning

SURE = Measured(0.9, 0.85, 0.94, 100)


def test_a_dot_has_its_interval_and_figure_and_a_published_one_is_hollow():
    figure = dots([Dot("mine <b>", SURE, is_strong=True), Dot("ResNet50", 0.87, "as published")], line=0.5)
    markers = [trace for trace in figure.data if trace.mode == "markers"]
    assert [trace.marker.symbol for trace in markers] == ["circle", "circle-open"]
    assert len([trace for trace in figure.data if trace.mode == "lines"]) == 1
    texts = " ".join(item.text for item in figure.layout.annotations)
    assert "90.0 %" in texts and "87 %" in texts and "as published" in texts
    assert figure.layout.yaxis.ticktext[0] == "mine &lt;b&gt;"
    assert "(85.0–94.0, n = 100)" in markers[0].hovertemplate


def test_no_dot_is_an_empty_figure():
    assert dots([]).layout.annotations[0].text == "Nothing to draw yet"
    assert corrupted([]).layout.annotations[0].text == "Nothing to draw yet"


def test_a_learning_curve_names_its_lines_and_labels():
    points = [
        Point(labels, share, int(100 * share), SURE, [0.9]) for labels in ("given", "reviewed") for share in (0.5, 1.0)
    ]
    figure = learning(LearningCurve("reviewed", points, SURE, SURE, ""))
    assert {item.text.split("</span> ")[-1] for item in figure.layout.annotations} == {
        "given labels",
        "reviewed labels",
    }
    assert list(figure.data[0].x) == [50, 100] and figure.layout.yaxis.title.text == "accuracy, reviewed labels"


def test_corrupted_photos_have_a_chart_for_each_corruption_that_starts_clean():
    weak = Figure("blur-0", "Blur", "1 %", Measured(0.8, 0.7, 0.9, 100), Measured(0.1, 0.05, 0.2, 100))
    grey = Figure("grey-0", "Grey", "60 %", SURE, Measured(0.0, 0.0, 0.1, 100))
    hidden = Figure("subject-blurred", "Subject blurred", "", SURE, SURE)
    clean = Figure("clean", "As they are", "", SURE, Measured(0.0, 0.0, 0.1, 100))
    figure = corrupted([clean, weak, grey, hidden])
    assert [trace.y for trace in figure.data] == [(0.9, 0.8), (0.9, 0.9)]
    assert "10% of the answers changed" in figure.data[0].customdata[1]
