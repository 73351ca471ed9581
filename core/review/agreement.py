"""Do two reviewers see the same? Cohen's kappa over the photos both decided about."""

import math
from collections import Counter
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from core.dataset.index import Dataset
from core.dataset.overlay import Decision, current
from core.metrics.intervals import Measured, Z


@dataclass(frozen=True)
class Agreement:
    """Two reviewers compared.

    Attributes:
        reviewer_a: One of them.
        reviewer_b: The other one.
        n: Photos both decided about.
        agreed: Of these with the same outcome.
        kappa: Cohen's kappa, -1 to 1, with its interval: 0 is what chance gives, 1 always the same; `None` if both
            gave every photo one and the same outcome.
        disagreements: `path`, `given_label`, `outcome_a`, `outcome_b`.
    """

    reviewer_a: str
    reviewer_b: str
    n: int
    agreed: int
    kappa: Measured | None
    disagreements: pd.DataFrame


def agreements(dataset: Dataset, made: list[Decision]) -> list[Agreement]:
    """Compares every two reviewers who share photos, most shared photos first.

    An outcome is the class a photo ends in, or "exclude"; keeping the given label equals relabelling to it.

    Args:
        dataset: Whose photos.
        made: The log, see `decisions.log`; of each reviewer the last decision on a photo counts.
    """
    photos = dataset.table[dataset.table["sha256"] != ""].drop_duplicates("sha256").set_index("sha256")
    labels = photos["label"].to_dict()
    outcomes: dict[str, dict[str, str]] = {}
    for reviewer in dict.fromkeys(decision.reviewer for decision in made):
        own = current(decision for decision in made if decision.reviewer == reviewer).items()
        outcomes[reviewer] = {image: item.outcome(labels[image]) or "exclude" for image, item in own if image in labels}
    found = []
    for first, second in combinations(outcomes, 2):
        shared = [image for image in outcomes[first] if image in outcomes[second]]
        if not shared:
            continue
        table = photos.loc[shared, ["path", "label"]].rename(columns={"label": "given_label"})
        table = table.assign(outcome_a=table.index.map(outcomes[first]), outcome_b=table.index.map(outcomes[second]))
        differing = table[table["outcome_a"] != table["outcome_b"]].reset_index(drop=True)
        kappa = cohens_kappa(list(zip(table["outcome_a"], table["outcome_b"], strict=True)))
        found.append(Agreement(first, second, len(table), len(table) - len(differing), kappa, differing))
    return sorted(found, key=lambda item: -item.n)


def cohens_kappa(pairs: list[tuple[str, str]]) -> Measured | None:
    """Agreement beyond chance with its large-sample interval.

    J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960).

    Args:
        pairs: What each of the two said, one pair a photo; at least one.

    Returns:
        Kappa, or `None` where chance alone would always agree.
    """
    n = len(pairs)
    observed = sum(a == b for a, b in pairs) / n
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    expected = sum(first[name] * second[name] for name in first) / n**2
    if expected >= 1:
        return None
    kappa = (observed - expected) / (1 - expected)
    margin = Z * math.sqrt(observed * (1 - observed) / n) / (1 - expected)
    return Measured(kappa, max(-1.0, kappa - margin), min(1.0, kappa + margin), n)
