"""Charts of a training: curves that grow."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from streamlit_app.charts.style import QUIET, STRONG, empty, end_label, styled

HEIGHT = 280


def curves(history: pd.DataFrame, epochs: int = 0) -> go.Figure:
    """Loss and accuracy by epoch, on the training photos and on those held out.

    Args:
        history: Columns `epoch`, `loss`, `accuracy`, `val_loss`, `val_accuracy`.
        epochs: Epochs planned: the axis is as long from the start, so that nothing jumps; 0 if not known.
    """
    if history.empty:
        return empty(HEIGHT)
    figure = make_subplots(1, 2, subplot_titles=("Accuracy", "Loss"), horizontal_spacing=0.14)
    last = max(epochs, int(history["epoch"].max()))
    for column, figure_name in enumerate(("accuracy", "loss"), start=1):
        ends = []
        for prefix, label, color in (("", "train", QUIET), ("val_", "validation", STRONG)):
            rows = history[["epoch", prefix + figure_name]].dropna() if prefix + figure_name in history else None
            if rows is None or rows.empty:
                continue
            shown = ":.1%" if figure_name == "accuracy" else ":.3f"
            figure.add_scatter(
                x=rows["epoch"],
                y=rows[prefix + figure_name],
                row=1,
                col=column,
                mode="lines+markers" if len(rows) < 20 else "lines",
                line={"color": color, "width": 2.5},
                marker={"size": 5},
                hovertemplate=f"{label} {figure_name} after epoch %{{x}}: %{{y{shown}}}<extra></extra>",
            )
            x, y = rows.to_numpy()[-1]
            ends.append((y, x, label, color))
        for place, (y, x, label, color) in enumerate(sorted(ends)):  # the higher line's name above, the lower's below
            end_label(figure, x, y, label, color, row=1, col=column, yshift=9 if place else -9)
    styled(figure, HEIGHT, x_title="epoch")
    figure.update_layout(margin={"t": 34})
    figure.update_xaxes(range=[0, last * 1.28], rangemode="tozero")  # room for the labels at the lines' ends
    figure.update_yaxes(tickformat=".0%", col=1)
    figure.update_yaxes(rangemode="tozero", col=2)
    return figure
