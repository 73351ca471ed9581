"""Charts that set accuracies beside each other: dots with intervals, learning curves, spoiled photos."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.evaluation.background import VARIANTS
from core.evaluation.learning_curve import LearningCurve
from core.evaluation.robustness import CLEAN, Figure
from core.metrics import Measured
from streamlit_app.charts.style import GRID, QUIET, STRONG, empty, end_label, escaped, styled

ROW = 40  # pixels a dot
COLUMNS = 4


@dataclass(frozen=True)
class Dot:
    """One row of a dot plot.

    Attributes:
        name: On the left.
        value: Share, 0-1.
        interval: Drawn as a line; `None` if nobody gave one.
        note: After the figure, as n or "as published".
        is_strong: The one that the page is about.
    """

    name: str
    value: float
    interval: Measured | None = None
    note: str = ""
    is_strong: bool = False


def dots(rows: Sequence[Dot], line: float | None = None) -> go.Figure:
    """Accuracies from top to bottom; each with its interval and its figure written beside it, hollow without interval.

    Args:
        rows: At least one, else an empty figure.
        line: A value to compare with, dotted.
    """
    if not rows:
        return empty()
    figure = go.Figure()
    places = list(range(len(rows)))
    if line is not None:
        figure.add_vline(x=line, line={"color": QUIET, "width": 1.5, "dash": "dot"})
    for place, row in zip(places, rows, strict=True):
        color = STRONG if row.is_strong else QUIET
        if row.interval:
            figure.add_scatter(
                x=[row.interval.low, row.interval.high],
                y=[place, place],
                mode="lines",
                hoverinfo="skip",
                line={"color": color, "width": 4},
                opacity=0.45,
            )
        figure.add_scatter(
            x=[row.value],
            y=[place],
            mode="markers",
            cliponaxis=False,
            marker={
                "color": color,
                "size": 12,
                "symbol": "circle" if row.interval else "circle-open",
                "line": {"width": 2, "color": color},
            },
            hovertemplate=f"{escaped(row.name)}: {100 * row.value:.1f} %{_sure(row.interval)}<extra></extra>",
        )
        figure.add_annotation(
            x=1.02,
            xref="paper",
            y=place,
            showarrow=False,
            xanchor="left",
            font={"size": 12},
            text=f"<b>{_figure(row)}</b> <span style='color:{QUIET}'>{escaped(row.note)}</span>",
        )
    styled(figure, height=46 + ROW * len(rows))
    lowest = min(row.interval.low if row.interval else row.value for row in rows)
    figure.update_xaxes(range=[max(0, lowest - 0.04), 1.005], tickformat=".0%")
    figure.update_yaxes(
        tickvals=places, ticktext=[escaped(row.name) for row in rows], autorange="reversed", showgrid=False
    )
    return figure.update_layout(margin={"r": 76 + 7 * max(len(row.note) for row in rows)})


def learning(curve: LearningCurve) -> go.Figure:
    """Accuracy on held-out photos by photos learned from, with intervals; a line for each kind of labels."""
    figure = go.Figure()
    by_labels = {
        labels: [point for point in curve.points if point.labels == labels]
        for labels in dict.fromkeys(point.labels for point in curve.points)
    }
    most = max(point.photos for point in curve.points)
    ends = sorted((points[-1].accuracy.value, labels) for labels, points in by_labels.items())
    for labels, points in by_labels.items():
        color = STRONG if labels == "reviewed" or len(by_labels) == 1 else QUIET
        values = [point.accuracy for point in points]
        figure.add_scatter(
            x=[point.photos for point in points],
            y=[value.value for value in values],
            mode="lines+markers",
            line={"color": color, "width": 2.5},
            marker={"size": 8},
            error_y={
                "type": "data",
                "symmetric": False,
                "width": 0,
                "thickness": 1.5,
                "array": [value.high - value.value for value in values],
                "arrayminus": [value.value - value.low for value in values],
            },
            customdata=[f"{value.low:.1%}–{value.high:.1%}, n = {value.n}" for value in values],
            hovertemplate=f"%{{x}} photos, {labels} labels: %{{y:.1%}} (%{{customdata}})<extra></extra>",
        )
        shift = 0 if len(ends) == 1 else 9 if ends[-1][1] == labels else -9
        end_label(figure, most, points[-1].accuracy.value, f"{labels} labels", color, yshift=shift)
    styled(figure, x_title="photos to learn from", y_title=f"right, {curve.judged_by} labels")
    figure.update_xaxes(range=[0, most * 1.2])
    return figure.update_yaxes(tickformat=".0%")


def spoiled(figures: Sequence[Figure]) -> go.Figure:
    """Accuracy under each corruption from weak to strong, in small charts of one scale; dotted: the clean photos."""
    clean = next((item for item in figures if item.variant == CLEAN), None)
    if clean is None:
        return empty()
    kinds: dict[str, list[Figure]] = {}
    for item in figures:
        if item.variant != CLEAN and item.variant not in VARIANTS:
            kinds.setdefault(item.title, []).append(item)
    rows = -(-len(kinds) // COLUMNS)
    figure = make_subplots(
        rows, COLUMNS, subplot_titles=list(kinds), shared_yaxes="all", horizontal_spacing=0.03, vertical_spacing=0.2
    )
    for place, items in enumerate(kinds.values()):
        where = {"row": place // COLUMNS + 1, "col": place % COLUMNS + 1}
        values = [clean.accuracy, *(item.accuracy for item in items)]
        words = ["as they are", *(item.strength for item in items)]
        changed = ["", *(f", {item.changed.value:.0%} of the answers changed" for item in items)]
        figure.add_scatter(
            x=list(range(len(values))),
            y=[value.value for value in values],
            mode="lines+markers",
            **where,
            line={"color": STRONG, "width": 2.5},
            marker={"size": 7},
            error_y={
                "type": "data",
                "symmetric": False,
                "width": 0,
                "thickness": 1.2,
                "array": [value.high - value.value for value in values],
                "arrayminus": [value.value - value.low for value in values],
            },
            customdata=[
                f"{word}: right on {value.value:.1%} ({value.low:.1%}–{value.high:.1%}, n = {value.n}){more}"
                for word, value, more in zip(words, values, changed, strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
        figure.add_hline(y=clean.accuracy.value, line={"color": QUIET, "width": 1, "dash": "dot"}, **where)
    styled(figure, height=70 + 170 * rows)
    figure.update_xaxes(tickvals=[0, 1, 2, 3], ticktext=["clean", "weak", "", "strong"], range=[-0.3, 3.3])
    figure.update_yaxes(tickformat=".0%", gridcolor=GRID)
    return figure.update_layout(margin={"t": 34})


def _figure(row: Dot) -> str:
    return f"{100 * row.value:.{1 if row.interval else 0}f} %"


def _sure(interval: Measured | None) -> str:
    return f" ({100 * interval.low:.1f}–{100 * interval.high:.1f}, n = {interval.n})" if interval else ", as published"
