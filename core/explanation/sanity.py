"""The weight-randomisation sanity check of a run: does its heat map depend on what was learned?"""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import spearmanr

from core import cache
from core.paths import Paths
from core.runs.folder import Run
from core.sample.photo import example_elephants

NUM_IMAGES = 8
HIGHEST_CORRELATION = 0.5
_SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Sanity:
    """How much of a run's heat maps survives when its weights are shuffled.

    Attributes:
        run_id: The run.
        head_correlation: Mean size of the rank correlation with the map of a network whose head is shuffled, 0-1.
        network_correlation: The same with all layers shuffled.
        num_images: Pictures it was measured on.
        passed: Both lie below `HIGHEST_CORRELATION`: the map shows what the run learned, not edges of the photo.
        sentence: The same in words.
    """

    run_id: str
    head_correlation: float
    network_correlation: float
    num_images: int
    passed: bool
    sentence: str


def stored_sanity(run: Run, paths: Paths) -> Sanity | None:
    """The check's result if it was made for this very model, without TensorFlow; `None` otherwise."""
    found = cache.stored(*_place(run, paths))
    return found and replace(found, run_id=run.run_id)


def check_sanity(run: Run, paths: Paths) -> Sanity:
    """Makes the check (Adebayo 2018, "Sanity Checks for Saliency Maps"), once a model; needs TensorFlow the first time.

    Grad-CAM maps, for a network with class maps the same thing, of drawn elephants are compared with those of copies
    whose weights are permuted: first the head's alone, then all. The result lies in the shared cache, named by the
    model's hash: a run folder is never written to after training.

    Args:
        run: A succeeded run.
        paths: Where the cache is.
    """
    return replace(cache.cached(*_place(run, paths), lambda: _measured(run)), run_id=run.run_id)


def _measured(run: Run) -> Sanity:
    from core.explanation.gradient_maps import randomised_maps  # imports TensorFlow

    variants = [("none", 0), *((part, seed) for part in ("head", "network") for seed in _SEEDS)]
    trained, *shuffled = randomised_maps(example_elephants(NUM_IMAGES, seed=41), 0, run, variants)
    correlations = np.array([mean_rank_correlation(trained, maps) for maps in shuffled])
    head, network = correlations.reshape(2, len(_SEEDS)).mean(axis=1).tolist()
    passed = max(head, network) < HIGHEST_CORRELATION
    sentence = (
        "The heat maps depend on what the run learned: with shuffled weights they look different."
        if passed
        else "The heat maps look much the same with shuffled weights: they show the photo, not the run."
    )
    return Sanity(run.run_id, head, network, NUM_IMAGES, passed, sentence)


def mean_rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Mean size of Spearman's rank correlation of two stacks of maps; a flat map correlates with nothing.

    Args:
        first, second: Shape `(images, rows, columns)`.
    """
    found = []
    for one, other in zip(first, second, strict=True):
        flat = np.ptp(one) == 0 or np.ptp(other) == 0
        found.append(0.0 if flat else abs(float(spearmanr(one, other, axis=None).statistic)))
    return float(np.mean(found))


def _place(run: Run, paths: Paths) -> tuple[cache.Kept[Sanity], str]:
    key = run.files.get("model.keras") or hashlib.sha256(run.run_id.encode()).hexdigest()
    return cache.as_record(paths.shared_cache_dir / "explanation-sanity" / f"{key[:16]}.json", Sanity), key
