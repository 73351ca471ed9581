"""What the pages keep between clicks and share between people: the only caching. Never change what it gives."""

from streamlit_app.resources.datasets import (
    copied_into,
    dataset,
    duplicates,
    first_start_lock,
    large_photo,
    num_photos,
    paths,
    photo,
    small_photo,
    statistics,
)
from streamlit_app.resources.explanations import AnsweredPhoto, averages, heat_maps, known_averages
from streamlit_app.resources.gradient_maps import maps_under_way, start_maps
from streamlit_app.resources.review import decisions, rank, ranking, unfit_decisions
from streamlit_app.resources.runs import (
    active_run,
    is_of,
    known_robustness,
    predictor,
    robustness,
    runs_of,
    served_problem,
    upload_record,
)

__all__ = [
    "AnsweredPhoto",
    "active_run",
    "averages",
    "copied_into",
    "dataset",
    "decisions",
    "duplicates",
    "first_start_lock",
    "heat_maps",
    "is_of",
    "known_averages",
    "known_robustness",
    "large_photo",
    "maps_under_way",
    "num_photos",
    "paths",
    "photo",
    "predictor",
    "rank",
    "ranking",
    "robustness",
    "runs_of",
    "served_problem",
    "small_photo",
    "start_maps",
    "statistics",
    "unfit_decisions",
    "upload_record",
]
