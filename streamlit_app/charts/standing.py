"""Charts that set accuracies beside each other: dots with intervals, learning curves, corrupted photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.evaluation.background import VARIANTS
from core.evaluation.learning_curve import LearningCurve
from core.evaluation.robustness import CLEAN, Figure
from core.metrics import Measured
from streamlit_app.charts.style import DOTTED, GRID, QUIET, STRONG, empty, end_label, error_bars, escaped, styled, write

ROW = 40  # pixels a dot
COLUMNS = 4


@dataclass(frozen=True)
class Dot:
    """One row of a dot plot.

    Attributes:
        name: On the left.
        accuracy: With its interval; a bare share, 0-1, where nobody gave one.
        note: After the figure.
        is_strong: The one that the page is about.
    """

    name: str
    accuracy: Measured | float
    note: str = ""
    is_strong: bool = False

    @property
    def value(self) -> float:
        """The share alone."""
        return self.accuracy.value if isinstance(self.accuracy, Measured) else self.accuracy


def dots(rows: Sequence[Dot], line: float | None = None) -> go.Figure:
    """Accuracies from top to bottom; each with its interval and its figure written beside it, hollow without interval.

    Args:
        rows: At least one, else an empty figure.
        line: A value to compare with, dotted.
    """
    if not rows:
        return empty()
    figure = go.Figure()
    if line is not None:
        figure.add_vline(x=line, line=DOTTED)
    lowest, longest = 1.0, 0
    for place, row in enumerate(rows):
        color, found = STRONG if row.is_strong else QUIET, row.accuracy
        text, low, symbol = f"{100 * row.value:.0f} % ({row.note})", row.value, "circle-open"
        if isinstance(found, Measured):
            text, low, symbol = found.percent("", *filter(None, [row.note])), found.low, "circle"
            ends = {"x": [found.low, found.high], "y": [place, place], "line": {"color": color, "width": 4}}
            figure.add_scatter(**ends, mode="lines", hoverinfo="skip", opacity=0.45)
        figure.add_scatter(
            x=[row.value],
            y=[place],
            mode="markers",
            cliponaxis=False,
            marker={"color": color, "size": 12, "symbol": symbol, "line": {"width": 2, "color": color}},
            hovertemplate=f"{escaped(row.name)}: {text}<extra></extra>",
        )
        lowest, longest = min(lowest, low), max(longest, len(text))
        text = escaped(text).replace(" (", "</b> (", 1)
        write(figure, 1.02, place, f"<b>{text}", xref="paper", xanchor="left", font={"size": 12})
    styled(figure, height=46 + ROW * len(rows))
    figure.update_xaxes(range=[max(0, lowest - 0.04), 1.005], tickformat=".0%")
    names = [escaped(row.name) for row in rows]
    figure.update_yaxes(tickvals=list(range(len(rows))), ticktext=names, autorange="reversed", showgrid=False)
    return figure.update_layout(margin={"r": 24 + 7 * longest})


def learning(curve: LearningCurve) -> go.Figure:
    """Accuracy on held-out photos by number of training photos, with intervals; a line for each kind of labels."""
    figure = go.Figure()
    points = sorted(curve.points, key=lambda point: point.labels)  # given, reviewed
    lines = {labels: list(found) for labels, found in groupby(points, key=lambda point: point.labels)}
    most = max(point.photos for point in points)
    highest = max(lines, key=lambda labels: lines[labels][-1].accuracy.value)
    for labels, found in lines.items():
        color = STRONG if labels == "reviewed" or len(lines) == 1 else QUIET
        words = f"%{{x}} photos, {labels} labels: %{{customdata}}<extra></extra>"
        _line(figure, [point.photos for point in found], [point.accuracy for point in found], words, color=color)
        shift = 0 if len(lines) == 1 else 9 if labels == highest else -9
        end_label(figure, most, found[-1].accuracy.value, f"{labels} labels", color, yshift=shift)
    styled(figure, x_title="training photos", y_title=f"accuracy, {curve.judged_by} labels")
    figure.update_xaxes(range=[0, most * 1.2])
    return figure.update_yaxes(tickformat=".0%")


def corrupted(figures: Sequence[Figure]) -> go.Figure:
    """Accuracy under each corruption from weak to strong, in small charts of one scale; dotted: the clean photos."""
    clean = next((item for item in figures if item.variant == CLEAN), None)
    if clean is None:
        return empty()
    kinds: dict[str, list[Figure]] = {}
    for item in figures:
        if item.variant != CLEAN and item.variant not in VARIANTS:
            kinds.setdefault(item.title, [clean]).append(item)
    rows = -(-len(kinds) // COLUMNS)
    figure = make_subplots(
        rows, COLUMNS, subplot_titles=list(kinds), shared_yaxes="all", horizontal_spacing=0.03, vertical_spacing=0.2
    )
    for place, items in enumerate(kinds.values()):
        where: dict[str, Any] = {"row": place // COLUMNS + 1, "col": place % COLUMNS + 1}
        words = [
            "as they are: " if item is clean else f"{item.strength}, {item.changed.value:.0%} of the answers changed: "
            for item in items
        ]
        values = [item.accuracy for item in items]
        _line(figure, list(range(len(values))), values, "%{customdata}<extra></extra>", words, **where)
        figure.add_hline(y=clean.accuracy.value, line=DOTTED, **where)
    styled(figure, height=70 + 170 * rows)
    figure.update_xaxes(tickvals=[0, 1, 2, 3], ticktext=["clean", "weak", "", "strong"], range=[-0.3, 3.3])
    figure.update_yaxes(tickformat=".0%", gridcolor=GRID)
    return figure.update_layout(margin={"t": 34})


def _line(
    figure: go.Figure,
    x: Sequence[float],
    values: Sequence[Measured],
    hover: str,
    words: Sequence[str] = (),
    color: str = STRONG,
    **where: Any,
) -> None:
    """Accuracies with their intervals; `hover` may show `customdata`: `words` and the figure."""
    figure.add_scatter(
        x=x,
        y=[value.value for value in values],
        mode="lines+markers",
        line={"color": color, "width": 2.5},
        marker={"size": 8},
        error_y=error_bars(values),
        customdata=[word + value.percent() for word, value in zip(words or [""] * len(values), values, strict=True)],
        hovertemplate=hover,
        **where,
    )
