"""What the pages keep between clicks and share between people: the only caching. Never change what it gives."""

from streamlit_app.resources.datasets import (
    dataset,
    duplicates,
    first_start_lock,
    folder_state,
    large_photo,
    paths,
    photo,
    small_photo,
    statistics,
)
from streamlit_app.resources.evaluation import copied_into, known_robustness, learning_curve, robustness
from streamlit_app.resources.explanations import (
    averages,
    explanation,
    heat_maps,
    known_averages,
    known_explanation,
    known_trust,
    similar,
    trust,
)
from streamlit_app.resources.gradient_maps import maps_under_way, start_maps
from streamlit_app.resources.review import copies, decisions, rank, ranking
from streamlit_app.resources.runs import active_run, predictor, runs_of, upload_record

__all__ = [
    "active_run",
    "averages",
    "copied_into",
    "copies",
    "dataset",
    "decisions",
    "duplicates",
    "explanation",
    "first_start_lock",
    "folder_state",
    "heat_maps",
    "known_averages",
    "known_explanation",
    "known_robustness",
    "known_trust",
    "large_photo",
    "learning_curve",
    "maps_under_way",
    "paths",
    "photo",
    "predictor",
    "rank",
    "ranking",
    "robustness",
    "runs_of",
    "similar",
    "small_photo",
    "start_maps",
    "statistics",
    "trust",
    "upload_record",
]
