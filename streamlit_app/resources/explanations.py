"""Heat maps and what tests say of them, kept because every click asks again; slow ones say how far they are."""

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from core.dataset.images import decode
from core.dataset.index import Dataset
from core.errors import ImageError, MethodUnavailableError
from core.explanation.averages import MeanMaps, mean_maps
from core.explanation.faithfulness import Faithfulness, measure_faithfulness
from core.explanation.heatmap import Explanation, explain, explain_classes
from core.explanation.masking import Progress
from core.explanation.overlay import overlay
from core.prediction.predictor import Prediction
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.pictures import as_webp
from streamlit_app.resources.runs import BY_MODEL

HEAT_SIDE = 300
MAX_KEPT = 80  # maps of photos as large as a page shows them: 0.3 to 3 MB each
Made = TypeVar("Made")


@dataclass(frozen=True)
class AnsweredPhoto:
    """A photo as a page shows it, with a run's answer, and the heat maps that explain it.

    Attributes:
        image: `uint8`, shape `(height, width, 3)`.
        prediction: Of the photo in its full size, so that all figures agree.
        run: That made it.
        key: Of the widgets about it.
    """

    image: np.ndarray = field(repr=False)
    prediction: Prediction
    run: Run
    key: str

    @cached_property
    def webp(self) -> bytes:
        """The photo for the browser."""
        return as_webp(self.image, max(self.image.shape))

    @property
    def ranked(self) -> list[str]:
        """The classes, the most probable first."""
        return sorted(self.prediction.probabilities, key=self.prediction.probabilities.__getitem__, reverse=True)

    def explanation(
        self, class_name: str, method: str | None = None, signed: bool = False, progress: Progress | None = None
    ) -> Explanation:
        """Which pixels spoke for a class.

        Args:
            class_name: One of the run's classes.
            method: The run's own if not given; none that needs TensorFlow, see `start_maps`.
            signed: Also what speaks against the class.
            progress: Called with (passes done, passes in all) if it takes many.

        Raises:
            MethodUnavailableError: If the run can show no such heat map.
        """

        def make() -> Explanation:
            predictor = resources.predictor(self.run)
            return explain(self.image, class_name, method, predictor, self.prediction, signed, progress)

        return _kept_or(self.map_key(class_name, method, signed), make)

    def known_explanation(self, class_name: str, method: str) -> Explanation | None:
        """The map if it was made before."""
        return _kept().get(self.map_key(class_name, method))

    def faithfulness(self, found: Explanation, progress: Progress | None = None) -> Faithfulness:
        """Whether one of the maps marks what the answer depends on."""
        predictor = resources.predictor(self.run)
        return _kept_or(
            self._faithfulness_key(found), lambda: measure_faithfulness(self.image, found, predictor, progress=progress)
        )

    def known_faithfulness(self, found: Explanation) -> Faithfulness | None:
        """The same if it was measured before."""
        return _kept().get(self._faithfulness_key(found))

    def map_key(self, class_name: str, method: str | None, signed: bool = False) -> tuple[Hashable, ...]:
        """What tells one map from all others."""
        model = self.run.run_id, self.run.files.get("model.tflite", "")
        return self._pixels, self.image.shape, *model, class_name, method, signed

    def _faithfulness_key(self, found: Explanation) -> tuple[Hashable, ...]:
        return "faithfulness", *self.map_key(found.class_name, found.method, found.signed)

    @cached_property
    def _pixels(self) -> str:
        return hashlib.sha256(self.image.tobytes()).hexdigest()


def averages(data: Dataset, run: Run, split: str, progress: Progress | None = None) -> MeanMaps:
    """The mean heat maps of a split; see `core.explanation.averages.mean_maps`.

    Raises:
        DatasetError: If the split has no photo of the run's classes.
    """
    return _kept_or(_averages_key(data, run, split), lambda: mean_maps(data, split, resources.predictor(run), progress))


def known_averages(data: Dataset, run: Run, split: str) -> MeanMaps | None:
    """The mean heat maps if they were made before."""
    return _kept().get(_averages_key(data, run, split))


def heat_maps(file: Path, sha256: str, run: Run) -> dict[str, bytes]:
    """A photo with the heat map of every class, as small WebP; empty if the run has no class maps."""
    try:
        return _heat_maps(file, sha256, run)
    except (ImageError, MethodUnavailableError, OSError):  # not kept: it is tried again
        return {}


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs=BY_MODEL)
def _heat_maps(file: Path, sha256: str, run: Run) -> dict[str, bytes]:
    image = decode(file, shortest_side=HEAT_SIDE)
    found = explain_classes(image, resources.predictor(run))
    return {name: as_webp(overlay(image, item.heatmap, 0.5), HEAT_SIDE) for name, item in found.items()}


def keep(key: Hashable, made: Made) -> Made:
    """Keeps a result and forgets the oldest."""
    kept = _kept()
    kept[key] = made
    while len(kept) > MAX_KEPT:
        kept.pop(next(iter(kept)), None)
    return made


def _kept_or(key: Hashable, make: Callable[[], Made]) -> Made:
    found = _kept().get(key)
    return keep(key, make()) if found is None else found


@st.cache_resource
def _kept() -> dict[Hashable, Any]:
    return {}


def _averages_key(data: Dataset, run: Run, split: str) -> tuple[Hashable, ...]:
    return "averages", str(data.folder), data.fingerprint, run.run_id, run.files.get("model.tflite", ""), split
