"""The map with its lasso: what is selected stands in the grid below, to be decided at once."""

from typing import Any, cast

import pandas as pd
import streamlit as st

from core.dataset.index import Dataset
from core.features.photo_map import stored_map
from streamlit_app import resources
from streamlit_app.charts.photo_map import photo_map_chart
from streamlit_app.colors import CLASS_COLORS, class_colors
from streamlit_app.parts.dataset.filters import with_predictions
from streamlit_app.parts.review import grid
from streamlit_app.parts.shared.progress import offer
from streamlit_app.words import counted

SECONDS_PER_PHOTO = 0.01  # of drawing, beside the look of the network
BY = {"label": "Label", "split": "Split", "prediction": "Prediction", "wrong": "Prediction against label"}


def show(data: Dataset) -> None:
    """Shows the map of a dataset, or offers to draw it."""
    places = stored_map(data)
    if places is None:
        st.markdown("**A map of the photos**: what looks alike to the network lies side by side.")
        number = len(data.usable)
        seconds = 20 + (0.03 + SECONDS_PER_PHOTO) * number
        offer(
            "Draw the map",
            ":material/map:",
            "draw-map",
            number,
            seconds,
            "",
            lambda told: resources.draw_map(data, told),
        )
        return
    run = resources.answering_run(data)
    has_run = run is not None and not run.predictions.empty
    ways = list(BY) if has_run else ["label", "split"]
    by = st.segmented_control("Colour", ways, default="label", key="map-by", required=True, format_func=BY.__getitem__)
    reviewed = data.reviewed(resources.decisions(data))[["path", "label", "given_label", "split"]]
    rows = with_predictions(places.merge(reviewed, on="path"), run)
    rows = rows.assign(group=groups(rows, by or "label"))
    names = sorted(set(rows["group"]) - {""})
    colors = (
        class_colors(data.class_names)
        if set(names) <= set(data.class_names)
        else dict(zip(names, CLASS_COLORS, strict=False))
    )
    event = st.plotly_chart(
        photo_map_chart(rows, colors),
        key="map",
        on_select="rerun",
        selection_mode=("lasso", "box"),
        config={"displaylogo": False, "scrollZoom": True},
    )
    chosen = selected(rows, cast(Any, event))
    if chosen.empty:
        st.caption("Draw around some dots: their photos appear here, and can be decided about together.")
        return
    st.markdown(f"**{counted(len(chosen), 'photo')}** selected")
    grid.show(data, chosen.assign(note=chosen["split"]), key="map-grid", reviewer=st.session_state.get("reviewer", ""))


def groups(rows: pd.DataFrame, by: str) -> pd.Series:
    """What the colour says of each row; "" where there is nothing to say."""
    if by == "prediction":
        return rows["predicted_label"]
    if by == "wrong":
        agrees = (rows["predicted_label"] == rows["label"]).map({True: "agrees", False: "contradicts the label"})
        return agrees.where(rows["predicted_label"] != "", "")
    return rows[by]


def selected(rows: pd.DataFrame, event: Any) -> pd.DataFrame:
    """The rows inside the lasso or box, in the order of the dataset."""
    points = event["selection"]["points"] if event else []
    paths = {
        point["customdata"][0] if isinstance(point["customdata"], list | tuple) else point["customdata"]
        for point in points
    }
    return rows[rows["path"].isin(paths)]
