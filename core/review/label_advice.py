"""What more labels would probably bring, remembered and held against what they then brought."""

from dataclasses import asdict, dataclass

import numpy as np

from core.dataset.index import Dataset
from core.dataset.overlay import ADVICE_FILE
from core.metrics.intervals import Measured
from core.records import append_log, read_log

_RESAMPLES = 400
# On elephants, drawn sample and digits the fitted curve promised more than twice of what came: parts drawn at random
# from few labels are a steep start, and what the model chooses next is harder than what came before.
_SHRINK = 0.5
_STEEPEST = 1.5  # error falls like labels^-c; measured slopes lie between 0 and 1


@dataclass(frozen=True)
class Advice:
    """What more labels would probably bring.

    Attributes:
        labels: Those learned from when it was said.
        more: So many more.
        gain: Difference of the accuracies on the honest test, as a share; the interval holds what will be measured.
        at: ISO 8601, UTC.
    """

    labels: int
    more: int
    gain: Measured
    at: str = ""

    def sentence(self) -> str:
        """`60 more labels: about +2.0 points (0.0 to +4.0)`."""
        return f"{self.more} more labels: about {self.gain.points()}"


@dataclass(frozen=True)
class Kept:
    """An advice of before, and what came of it: the accuracy now (`labels` later) less the one of then."""

    advice: Advice
    labels: int
    happened: float
    is_covered: bool


@dataclass(frozen=True)
class _Entry:
    advice: Advice
    accuracy: float


def predicted_gain(sizes: np.ndarray, right: np.ndarray, more: int) -> Measured:
    """What the accuracy will have gained on the same test photos after more labels.

    The error is taken to fall like a power of the labels (Hestness et al., "Deep Learning Scaling is Predictable,
    Empirically", 2017); test photos are drawn again with replacement (bootstrap). The interval also holds the noise of
    what will be measured: how many test photos change sides between two models that are as far apart, and that test
    photos will have come.

    Args:
        sizes: Labels learned from, rising, shape `(sizes,)`.
        right: Which test photos each model had right, `bool`, shape `(sizes, draws, test photos)`.
        more: So many more labels.

    Returns:
        A difference of shares; `n` is the number of test photos.
    """
    wrong, n = 1 - right.mean(axis=1), right.shape[2]
    generator = np.random.default_rng(0)
    weights = np.vstack([np.ones(n), generator.multinomial(n, np.full(n, 1 / n), _RESAMPLES)])
    errors = (weights @ wrong.T + 0.5) / (n + 1)  # no error is ever quite 0; shape (resamples + 1, sizes)
    x, pull = np.log(sizes), sizes / sizes.sum()
    centred = x - (pull * x).sum()
    slopes = -(np.log(errors) * pull * centred).sum(axis=1) / (pull * centred**2).sum()
    shrinking = 1 - (sizes[-1] / (sizes[-1] + more)) ** np.clip(slopes, 0, _STEEPEST)
    gains = _SHRINK * errors[:, -1] * shrinking
    moved = (float((right[-2] != right[-1]).mean()) * n + 1) / (n + 2)
    newer = more / (sizes[-1] + more)  # share of the later test photos that are not among those of now
    variance = (moved + errors[0, -1] * (1 - errors[0, -1]) * newer) / n
    noise = generator.normal(0, np.sqrt(variance), _RESAMPLES)
    low, high = np.quantile(gains[1:] + noise, [0.025, 0.975])
    value = float(gains[0])
    return Measured(value, min(float(low), value), max(float(high), value), n)


def remember_advice(dataset: Dataset, advice: Advice, accuracy: float) -> None:
    """Keeps what is predicted now, beside the accuracy of now (0-1)."""
    append_log(dataset.cache_dir / ADVICE_FILE, [asdict(_Entry(advice, accuracy))])


def kept_advice(dataset: Dataset) -> list[Kept]:
    """What was predicted before and what then happened, oldest first; only where as many labels have come since."""
    log, found, last = read_log(_Entry, dataset.cache_dir / ADVICE_FILE), [], 0
    for number, entry in enumerate(log):
        goal = entry.advice.labels + entry.advice.more
        later = next((item for item in log[number + 1 :] if item.advice.labels >= goal), None)
        if later is None or entry.advice.labels < last:
            continue
        gain, last = entry.advice.gain, goal
        happened = later.accuracy - entry.accuracy
        found.append(Kept(entry.advice, later.advice.labels, happened, gain.low <= happened <= gain.high))
    return found
