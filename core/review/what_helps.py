"""What would help a dataset most: more photos, more review, or nothing."""

import hashlib
from dataclasses import asdict, dataclass
from typing import Literal

from core import cache
from core.dataset.index import Dataset
from core.metrics.intervals import Measured, proportion
from core.networks.interpreter import Progress
from core.paths import Paths
from core.review.label_advice import predicted_gain
from core.review.label_model import learn
from core.review.label_progress import ENOUGH, LEAST_TEST_PHOTOS, grown
from core.review.stored import suspicious_left

MANY_SUSPICIOUS = 0.05  # of the photos; wrong labels teach, and they blur every figure


@dataclass(frozen=True)
class WhatHelps:
    """An advice.

    Attributes:
        verdict: `review` (wrong labels first), `photos` (more of them), `enough`, or `unknown` (nothing to judge by).
        sentence: The same in words, with its figures.
        accuracy: Of the `quick` head on the labelled test photos; `None` if there are too few.
        gain: What half as many photos again would probably bring, as a share; `None` as above.
    """

    verdict: Literal["review", "photos", "enough", "unknown"]
    sentence: str
    accuracy: Measured | None
    gain: Measured | None


def what_helps(dataset: Dataset, paths: Paths, progress: Progress | None = None) -> WhatHelps:
    """Looks at photos that are new, draws a small learning curve, and counts the labels that still look wrong.

    Args:
        dataset: With labels.
        paths: Where the caches lie.
        progress: Called with (photos done, photos to look at).
    """

    def compute() -> WhatHelps:
        model = learn(dataset, paths, progress)
        train, test = model.rows(is_test=False), model.rows(is_test=True)
        if model.head is None or len(test) < LEAST_TEST_PHOTOS:
            few = f"{len(test)} labelled test photos and {len(train)} training photos"
            return WhatHelps("unknown", f"There are {few} of two classes or more: too few to tell.", None, None)
        right_now = model.probabilities[test].argmax(axis=1) == model.targets[test]
        more = max(20, round(len(train) / 20) * 10)
        gain = predicted_gain(*grown(model, train, test), more)
        accuracy = proportion(int(right_now.sum()), len(test))
        return _advice(accuracy, gain, more, len(train), suspicious_left(dataset))

    return cache.cached(_kept(dataset), _key(dataset), compute)


def known_help(dataset: Dataset) -> WhatHelps | None:
    """The advice if it was given for these very photos, labels and suspects; nothing is computed here."""
    return cache.stored(_kept(dataset), _key(dataset))


def _advice(accuracy: Measured, gain: Measured, more: int, photos: int, suspicious: int | None) -> WhatHelps:
    would = f"{more:,} more photos would bring about {gain.points()} to {accuracy.percent('of test photos right')}"
    if suspicious is None:
        checked = "; whether labels are wrong, nobody has checked yet"
    else:
        checked = f"; {suspicious:,} of {photos:,} labels look wrong"
    if suspicious is not None and suspicious >= MANY_SUSPICIOUS * photos:
        return WhatHelps(
            "review", f"More review: {suspicious:,} of {photos:,} labels look wrong. {would}.", accuracy, gain
        )
    if gain.value >= ENOUGH:
        return WhatHelps("photos", f"More photos: {would}{checked}.", accuracy, gain)
    return WhatHelps("enough", f"Probably enough: {would}{checked}.", accuracy, gain)


def _kept(dataset: Dataset) -> cache.Kept[WhatHelps]:
    return cache.as_record(dataset.cache_dir / "what-helps.json", WhatHelps)


def _key(dataset: Dataset) -> str:
    decisions = [asdict(item) for _, item in sorted(dataset.decisions().items())]
    return hashlib.sha256(f"1 {dataset.fingerprint} {decisions} {suspicious_left(dataset)}".encode()).hexdigest()
