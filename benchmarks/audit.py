"""How often the intervals of an audit hold the truth, in simulated folders of known truth."""

from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from core.review.audit import Scored, audit, draw

# How confidence relates to the truth: the log-odds are stretched by so much; a model that is right, one too sure of
# itself, one too modest.
PROFILES = {"calibrated": 1.0, "too sure": 2.0, "too modest": 0.5}
AUDITS, CHECKS, PHOTOS = 1000, 80, 3000


def measure(folder: Path | None = None) -> dict:
    """Simulates 1,000 audits of 80 checks for each profile.

    Returns:
        For each profile the share of audits whose interval holds the true accuracy, and the true class share, and the
        mean half widths in points.
    """
    return {name: coverage(stretch, AUDITS, CHECKS) for name, stretch in PROFILES.items()}


def coverage(stretch: float, audits: int, checks: int, photos: int = PHOTOS) -> dict[str, float]:
    """One profile: how often accuracy and share of the first class lie in their intervals."""
    hits, widths = np.zeros((audits, 2)), np.zeros((audits, 2))
    for number in range(audits):
        random = np.random.default_rng(number)
        scored, truth = folder_of(random, stretch, photos)
        chosen = draw(scored.confidence, checks, number)
        found = audit(scored, dict(zip(chosen.tolist(), truth[chosen].tolist(), strict=True)))
        pairs = (found.accuracy, (truth == scored.answers).mean()), (found.shares["African"], (truth == 0).mean())
        for column, (measured, true) in enumerate(pairs):
            hits[number, column] = measured.low <= true <= measured.high
            widths[number, column] = (measured.high - measured.low) / 2
    return {
        "accuracy_covered": float(hits[:, 0].mean()),
        "share_covered": float(hits[:, 1].mean()),
        "accuracy_points": float(100 * widths[:, 0].mean()),
        "share_points": float(100 * widths[:, 1].mean()),
    }


def folder_of(random: np.random.Generator, stretch: float, photos: int) -> tuple[Scored, np.ndarray]:
    """Photos of two species and some of neither; a model that is right for about nine in ten."""
    odds = random.normal(0.6, 3.0, photos)
    truth = (random.random(photos) > expit(odds)).astype(int)
    subject = np.clip(random.beta(12, 1, photos), 1e-3, 1 - 1e-3)
    truth[random.random(photos) > subject] = 2
    first = expit(stretch * odds)
    shown = expit(stretch * logit(subject))
    scored = Scored.of(("African", "Asian"), np.stack([first, 1 - first], axis=1), shown, shown >= 0.5)
    return scored, truth
