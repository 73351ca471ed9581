"""Faithfulness of a map: does the answer depend on what it marks? Numbers against chance, and one plain verdict."""

import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.explanation.deletion import NUM_RANDOM, Curves, centre_map, deletion_and_insertion, random_maps
from core.explanation.heatmap import Explanation
from core.explanation.masking import Progress
from core.explanation.stability import flip_stability, shift_stability
from core.prediction.predictor import Predictor

VERDICTS = {
    "clearly": "This map beats chance clearly: hiding what it marks changes the answer.",
    "barely": "This map barely beats chance: hiding what it marks changes the answer little more than hiding anything.",
    "not": "This map does not beat chance: the answer does not depend on what it marks.",
}
_CLEAR_DEVIATIONS = 2.0
_LEAST_DEVIATION = 0.01  # four random maps may by luck agree closely


@dataclass(frozen=True)
class Faithfulness:
    """Whether one map marks what the answer depends on.

    Areas are means of the class's probability, 0-1. A gain is insertion minus deletion area.

    Attributes:
        deletion: Area when what the map marks is hidden first; lower is better.
        insertion: Area when it is shown first; higher is better.
        gain: Of the map.
        random_gain: Mean over random maps.
        random_deviation: Standard deviation over the random maps.
        centre_gain: Of a blob in the middle of the photo.
        flip_stability: Correlation with the mirrored photo's map, -1 to 1; `None` if it was not measured.
        shift_stability: Correlation with the maps of the slightly moved photo; `None` if it was not measured.
        verdict: `clearly`, `barely` or `not`: a key of `VERDICTS`.
        sentence: The verdict in words.
        seconds: Spent.
        curves: Of the map, to be drawn.
    """

    deletion: float
    insertion: float
    gain: float
    random_gain: float
    random_deviation: float
    centre_gain: float
    flip_stability: float | None
    shift_stability: float | None
    verdict: str
    sentence: str
    seconds: float
    curves: Curves

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def measure_faithfulness(
    image: np.ndarray,
    explanation: Explanation,
    predictor: Predictor,
    stability: bool | None = None,
    progress: Progress | None = None,
) -> Faithfulness:
    """Measures one map.

    Deletion and insertion (Petsiuk 2018) against four smooth random maps and a blob in the middle. The verdict is
    *clearly* if the gain lies two standard deviations above the random maps and above the blob, *barely* if it is at
    least above the mean of the random maps, else *not*; a flat map is never better than chance.

    Args:
        image: `uint8`, shape `(height, width, 3)`, that was explained.
        explanation: Of it.
        predictor: The run's predictor; it predicts 74 times, and 3 times more for the stability of a class map.
        stability: Whether to run the method three more times; `None` does so only for the class map, which is cheap.
        progress: Called with (passes done, passes in all) of deletion and insertion.
    """
    started = time.perf_counter()
    index = predictor.run.class_names.index(explanation.class_name)
    maps = [explanation.heatmap, centre_map(), *random_maps(NUM_RANDOM)]
    own, centre, *others = deletion_and_insertion(image, index, maps, predictor, progress)
    gains = np.array([curves.gain for curves in others])
    mean, deviation = float(gains.mean()), float(gains.std(ddof=1))
    shown = bool(explanation.heatmap.any())
    verdict = verdict_of(own.gain, mean, deviation, centre.gain) if shown else "not"
    measured = explanation.method == "class_map" if stability is None else stability
    return Faithfulness(
        deletion=own.deletion_auc,
        insertion=own.insertion_auc,
        gain=own.gain,
        random_gain=mean,
        random_deviation=deviation,
        centre_gain=centre.gain,
        flip_stability=flip_stability(image, explanation, predictor) if measured else None,
        shift_stability=shift_stability(image, explanation, predictor) if measured else None,
        verdict=verdict,
        sentence=VERDICTS[verdict] if shown else "No region stood out.",
        seconds=time.perf_counter() - started,
        curves=own,
    )


def verdict_of(gain: float, random_gain: float, random_deviation: float, centre_gain: float) -> str:
    """A key of `VERDICTS`; see `measure_faithfulness`."""
    clear = random_gain + _CLEAR_DEVIATIONS * max(random_deviation, _LEAST_DEVIATION)
    if gain > clear and gain > centre_gain:
        return "clearly"
    return "barely" if gain > random_gain + _LEAST_DEVIATION else "not"
