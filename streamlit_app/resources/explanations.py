"""Heat maps and their trust numbers, kept because every click asks again; slow ones say how far they are."""

import hashlib
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.dataset.images import decode
from core.dataset.index import Dataset
from core.errors import ImageError, MethodUnavailableError
from core.explanation.averages import MeanMaps, mean_maps
from core.explanation.faithfulness import Faithfulness, measure_faithfulness
from core.explanation.heatmap import Explanation, explain, explain_classes
from core.explanation.overlay import overlay
from core.features.neighbours import similar as find_similar
from core.prediction.predictor import Prediction
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.pictures import as_webp

HEAT_SIDE = 300
MAX_KEPT = 80  # maps of photos as large as a page shows them: 0.3 to 3 MB each

Progress = Callable[[int, int], None] | None


def explanation(
    image: np.ndarray,
    run: Run,
    class_name: str,
    method: str | None = None,
    signed: bool = False,
    prediction: Prediction | None = None,
    progress: Progress = None,
) -> Explanation:
    """Which pixels spoke for a class.

    Args:
        image: `uint8`, shape `(height, width, 3)`.
        run: The run that explains itself.
        class_name: One of its classes.
        method: The run's own if not given; none that needs TensorFlow, see `start_maps`.
        signed: Also what speaks against the class.
        prediction: Of the photo, if it is known.
        progress: Called with (passes done, passes in all) if it takes many.

    Raises:
        MethodUnavailableError: If the run can show no such heat map.
    """
    key = map_key(image, run, class_name, method, signed)
    if key not in _kept():
        keep(key, explain(image, class_name, method, resources.predictor(run), prediction, signed, progress))
    return _kept()[key]


def known_explanation(
    image: np.ndarray, run: Run, class_name: str, method: str, signed: bool = False
) -> Explanation | None:
    """The map if it was made before."""
    return _kept().get(map_key(image, run, class_name, method, signed))


def trust(image: np.ndarray, run: Run, found: Explanation, progress: Progress = None) -> Faithfulness:
    """Whether to believe a map; arguments as `explanation`, `found` is its result."""
    key = ("trust", *map_key(image, run, found.class_name, found.method, found.signed))
    if key not in _kept():
        keep(key, measure_faithfulness(image, found, resources.predictor(run), progress=progress))
    return _kept()[key]


def known_trust(image: np.ndarray, run: Run, found: Explanation) -> Faithfulness | None:
    """The trust numbers if they were measured before."""
    return _kept().get(("trust", *map_key(image, run, found.class_name, found.method, found.signed)))


def averages(data: Dataset, run: Run, split: str, progress: Progress = None) -> MeanMaps:
    """The mean heat maps of a split; see `core.explanation.averages.mean_maps`.

    Raises:
        DatasetError: If the split has no photo of the run's classes.
    """
    key = _averages_key(data, run, split)
    if key not in _kept():
        keep(key, mean_maps(data, split, resources.predictor(run), progress))
    return _kept()[key]


def known_averages(data: Dataset, run: Run, split: str) -> MeanMaps | None:
    """The mean heat maps if they were made before."""
    return _kept().get(_averages_key(data, run, split))


def similar(data: Dataset, run: Run, embedding: np.ndarray, number: int) -> pd.DataFrame:
    """The photos of a data set that a run finds most alike: `path`, `label`, `split`, `similarity`."""
    return find_similar(data, embedding, run, k=number)


def heat_maps(data: Dataset, path: str, sha256: str, run: Run) -> dict[str, bytes]:
    """A photo with the heat map of every class, as small WebP; empty if the run has no class maps."""
    return _heat_maps(sha256, run.run_id, str(data.folder / path), run)


def map_key(image: np.ndarray, run: Run, class_name: str, method: str | None, signed: bool = False) -> tuple:
    """What tells one map from all others."""
    pixels = hashlib.sha256(image.tobytes()).hexdigest()
    return pixels, image.shape, run.run_id, run.files.get("model.tflite", ""), class_name, method, signed


def keep(key: Hashable, made: Any) -> None:
    """Keeps a result and forgets the oldest."""
    kept = _kept()
    kept[key] = made
    while len(kept) > MAX_KEPT:
        kept.pop(next(iter(kept)), None)


@st.cache_resource
def _kept() -> dict[Hashable, Any]:
    return {}


def _averages_key(data: Dataset, run: Run, split: str) -> tuple:
    return "averages", str(data.folder), data.fingerprint, run.run_id, run.files.get("model.tflite", ""), split


@st.cache_resource(max_entries=256, show_spinner=False)
def _heat_maps(sha256: str, run_id: str, file: str, _run: Run) -> dict[str, bytes]:
    try:
        image = decode(Path(file), shortest_side=HEAT_SIDE)
        found = explain_classes(image, resources.predictor(_run))
    except (ImageError, MethodUnavailableError, OSError):
        return {}
    return {name: as_webp(overlay(image, item.heatmap, 0.5), HEAT_SIDE) for name, item in found.items()}
