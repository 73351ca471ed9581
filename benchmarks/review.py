"""How soon a perfect reviewer finds the wrong photos: our queue against cleanlab's plain order and chance.

On the drawn sample the truth is known. On any other folder the photos that look right are taken for right, and wrong
labels are planted among them.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from core.dataset.index import Dataset, index_dataset
from core.dataset.labels import class_indices
from core.features.photo_features import Features, read_features
from core.paths import Paths
from core.review.scoring import EXCLUDED, UNDECIDED, Scorer
from core.sample.drawn_dataset import draw_sample, read_truth
from core.sample.truth import TRUTH_FILE

BATCH = 25
FLIPS = (0.05, 0.10, 0.20)
TOPS = (0.05, 0.10, 0.25)
_BELIEVED_RIGHT = 0.15  # suspicion below which a photo counts as right where no truth is known
_PLAIN_REGULARIZATION = 1e-2


def measure(folder: Path | None = None) -> dict:
    """Simulates reviews of a folder's training photos.

    Args:
        folder: A dataset; the drawn sample by default.

    Returns:
        By scenario (`as it is`, where the truth is known, then planted flips), see `simulate`; and `num_photos`.
    """
    paths = Paths.from_env()
    folder = folder or paths.data_dir / "sample"
    if not folder.exists():
        draw_sample(folder)
    dataset = index_dataset(folder, paths)
    table = dataset.usable[dataset.usable["split"] != "test"].reset_index(drop=True)
    features = read_features(dataset, table, paths)
    given = class_indices(table, dataset.class_names)
    truth = known_truth(dataset, table)
    results: dict = {"num_photos": len(table)}
    if truth is not None:
        results["as it is"] = simulate(features, given, truth, len(dataset.class_names))
        rows = truth == given
    else:
        rows = Scorer(features, given, len(dataset.class_names)).score().suspicion() < _BELIEVED_RIGHT
        results["believed_right"] = int(rows.sum())
    right, right_features = given[rows], take(features, rows)
    for share in FLIPS:
        for sides in ("two-sided", "one-sided"):
            flipped = plant_flips(right, len(dataset.class_names), share, sides == "one-sided", seed=1)
            name = f"{share:.0%} planted, {sides}"
            results[name] = simulate(right_features, flipped, right, len(dataset.class_names))
    return results


def simulate(features: Features, given: np.ndarray, truth: np.ndarray, num_classes: int) -> dict:
    """One scenario: three static orders, and a perfect reviewer who works through the queue with re-ranking.

    Args:
        features: Of n photos.
        given: Class indices as the folders say, shape `(n,)`.
        truth: What a perfect reviewer decides: class index or `EXCLUDED`, shape `(n,)`.
        num_classes: At least 2.

    Returns:
        `num_wrong`; for `ours`, `cleanlab` and `random` the `average_precision` and `recall_at_5_percent` and so on;
        `found_after`: share of the wrong photos found after 25, 50, … reviews (with re-ranking, by cleanlab's order,
        by chance); `reviews_for_95_percent` of each.
    """
    bad = truth != given
    scorer = Scorer(features, given, num_classes)
    orders = {"ours": scorer.score().suspicion(), "cleanlab": cleanlab_order(features, given)}
    result: dict = {"num_wrong": int(bad.sum())}
    for name, suspicion in orders.items():
        result[name] = {"average_precision": average_precision(bad, suspicion), **recalls(bad, suspicion)}
    result["random"] = {
        "average_precision": float(bad.mean()),
        **{f"recall_at_{100 * top:.0f}_percent": top for top in TOPS},
    }
    found = {
        "ours": review(scorer, given, truth),
        "cleanlab": np.cumsum(bad[np.argsort(-orders["cleanlab"], kind="stable")]),
        "random": np.arange(1, len(bad) + 1) * bad.mean(),
    }
    steps = range(BATCH, min(len(bad), 4 * int(bad.sum()) + BATCH) + 1, BATCH)
    result["found_after"] = {
        str(step): {name: float(curve[step - 1] / max(bad.sum(), 1)) for name, curve in found.items()} for step in steps
    }
    result["reviews_for_95_percent"] = {
        name: int(np.searchsorted(curve, 0.95 * bad.sum() - 1e-9) + 1) for name, curve in found.items()
    }
    return result


def review(scorer: Scorer, given: np.ndarray, truth: np.ndarray, batch: int = BATCH) -> np.ndarray:
    """Wrong photos found after each review, shape `(n,)`: every batch is decided, then the rest is ranked again."""
    trusted, found = np.full(len(given), UNDECIDED), []
    while (trusted == UNDECIDED).any():
        suspicion = np.where(trusted == UNDECIDED, scorer.score(trusted).suspicion(), -1)
        chosen = np.argsort(-suspicion, kind="stable")[: min(batch, int((trusted == UNDECIDED).sum()))]
        trusted[chosen] = truth[chosen]
        found += (truth[chosen] != given[chosen]).tolist()
    return np.cumsum(found)


def cleanlab_order(features: Features, given: np.ndarray) -> np.ndarray:
    """How cleanlab's tutorial does it: out-of-fold probabilities of a logistic regression, then self-confidence."""
    from cleanlab.rank import get_label_quality_scores
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

    model = LogisticRegression(C=1 / (_PLAIN_REGULARIZATION * len(given)), max_iter=500)
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    probabilities = cross_val_predict(
        model, features.components, given, groups=features.groups, cv=folds, method="predict_proba"
    )
    return 1 - get_label_quality_scores(given, probabilities, method="self_confidence")


def plant_flips(right: np.ndarray, num_classes: int, share: float, one_sided: bool, seed: int) -> np.ndarray:
    """Labels with a share of them wrong: to any other class, or only from class 0 to class 1."""
    random = np.random.default_rng(seed)
    candidates = np.flatnonzero(right == 0) if one_sided else np.arange(len(right))
    chosen = random.choice(candidates, min(len(candidates), round(share * len(right))), replace=False)
    flipped = right.copy()
    flipped[chosen] = 1 if one_sided else (right[chosen] + random.integers(1, num_classes, len(chosen))) % num_classes
    return flipped


def known_truth(dataset: Dataset, table: pd.DataFrame) -> np.ndarray | None:
    """What a drawn sample really shows, `EXCLUDED` for what is no elephant; `None` for other folders."""
    if not (dataset.folder / TRUTH_FILE).is_file():
        return None
    truth = read_truth(dataset.folder).set_index("path").loc[table["path"], "true_label"]
    position = {name: index for index, name in enumerate(dataset.class_names)}
    return np.array([position.get(name, EXCLUDED) for name in truth])


def average_precision(bad: np.ndarray, suspicion: np.ndarray) -> float:
    """Mean precision at each wrong photo's place in the order, 0-1; 0 without any wrong photo."""
    hits = bad[np.argsort(-suspicion, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean()) if hits.any() else 0.0


def recalls(bad: np.ndarray, suspicion: np.ndarray) -> dict[str, float]:
    """Share of the wrong photos among the first 5, 10 and 25 % of the order."""
    hits = np.cumsum(bad[np.argsort(-suspicion, kind="stable")])
    ends = {top: max(round(top * len(bad)), 1) - 1 for top in TOPS}
    return {f"recall_at_{100 * top:.0f}_percent": float(hits[end] / max(hits[-1], 1)) for top, end in ends.items()}


def take(features: Features, rows: np.ndarray) -> Features:
    """The features of some photos."""
    parts = {name: getattr(features, name)[rows] for name in ("components", "hints", "subject", "colours", "groups")}
    return Features(**parts)
