"""Plain numbers that betray the class without a look at the picture: a network may learn these instead."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # as in `statistics`
    import pandas as pd

NOTABLE, STRONG = 0.3, 0.6  # of the way from guessing to always right
ADVICE = {
    "fine": "fine",
    "notable": "notable, a network may learn it instead of the subject",
    "strong": "a strong shortcut, so collect photos in which the classes do not differ that way",
}
_FOLDS = 5
_MIN_PHOTOS = 20  # below, any figure would be chance


@dataclass(frozen=True)
class Shortcut:
    """How well one plain number, without looking at the picture, predicts the class.

    Attributes:
        feature: brightness, number of pixels, file size or aspect ratio.
        balanced_accuracy: Mean recall of the classes, cross-validated, 0-1; `None` for too few photos.
        chance: What guessing reaches; `None` as above.
        verdict: fine, notable, strong or unknown.
        sentence: The same in words.
    """

    feature: str
    balanced_accuracy: float | None
    chance: float | None
    verdict: str
    sentence: str


def shortcuts(table: "pd.DataFrame") -> tuple[Shortcut, ...]:
    """Checks brightness, number of pixels, file size and aspect ratio of the usable photos.

    Args:
        table: Usable rows of a dataset.
    """
    features = {
        "brightness": table["brightness"],
        "number of pixels": table["width"] * table["height"],
        "file size": table["bytes"],
        "aspect ratio": table["width"] / table["height"].clip(lower=1),
    }
    enough = (table["label"].map(table["label"].value_counts()) >= _FOLDS) & (table["label"] != "")
    labels = table.loc[enough, "label"].to_numpy(dtype=str)
    return tuple(_shortcut(name, values[enough].to_numpy(float), labels) for name, values in features.items())


def _shortcut(feature: str, values: np.ndarray, labels: np.ndarray) -> Shortcut:
    """Cross-validates a small decision tree on one number."""
    names = np.unique(labels)
    if len(names) < 2 or len(labels) < _MIN_PHOTOS:
        sentence = f"Too few photos to tell whether the {feature} gives the class away."
        return Shortcut(feature, None, None, "unknown", sentence)
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.tree import DecisionTreeClassifier

    # A tree, not a line: a class whose photos all have one size may lie amid the sizes of the other.
    tree = DecisionTreeClassifier(
        max_leaf_nodes=2 * len(names), min_samples_leaf=0.05, class_weight="balanced", random_state=0
    )
    splitter = StratifiedKFold(n_splits=_FOLDS, shuffle=True, random_state=0)
    predicted = cross_val_predict(tree, values[:, None], labels, cv=splitter)
    accuracy = float(np.mean([(predicted[labels == name] == name).mean() for name in names]))
    chance = 1 / len(names)
    lift, noise = (accuracy - chance) / (1 - chance), np.sqrt(chance / (1 - chance) / len(labels))
    verdict = "fine" if lift < max(NOTABLE, 3 * noise) else "notable" if lift < STRONG else "strong"
    sentence = f"The {feature} alone predicts the class {accuracy:.0%} (guessing: {chance:.0%}): {ADVICE[verdict]}."
    return Shortcut(feature, accuracy, chance, verdict, sentence.replace("%", " %"))
