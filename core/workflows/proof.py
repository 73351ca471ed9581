"""Did fixing labels help? The same training on given and on reviewed labels, judged on the same test photos."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.dataset.index import Dataset
from core.dataset.overlay import Decision
from core.errors import DatasetError
from core.evaluation.measure import judged_by
from core.metrics import Comparison, compare
from core.metrics.figures import Labels
from core.runs.folder import Run

if TYPE_CHECKING:  # 70 MiB that a server which only predicts does not need
    import pandas as pd

_CHANCE = 0.05  # p-values below are unlikely to be chance
_SURE = 0.9


@dataclass(frozen=True)
class Proof:
    """Two runs that differ in nothing but the labels they learned from.

    Attributes:
        given_run_id: Trained on the labels of the folders.
        reviewed_run_id: Trained on the reviewed labels.
        comparison: The second against the first: accuracies, difference with interval, McNemar's p, changed photos.
        relabelled: Training photos (validation included) with another label than given.
        excluded: Training photos left out.
        doubtful: Test photos whose label both runs contradict with a probability of 90 % or more: it may be wrong.
    """

    given_run_id: str
    reviewed_run_id: str
    comparison: Comparison
    relabelled: int
    excluded: int
    doubtful: int = 0

    @property
    def is_gain(self) -> bool:
        """The run on reviewed labels is the better one, and that is unlikely to be chance."""
        return self.comparison.difference.value > 0 and self.comparison.p_value < _CHANCE

    @property
    def advice(self) -> str:
        """What to do where the reviewed labels did not prove better; "" where they did."""
        if self.is_gain:
            return ""
        if self.comparison.p_value < _CHANCE:
            found = [
                "The reviewed labels made the run worse: look at your last decisions again, above all at exclusions."
            ]
        else:
            difference = self.comparison.difference
            margin = 100 * (difference.high - difference.low) / 2
            found = [
                f"{self.comparison.n:,} test photos only show differences of about {margin:.0f} points or more: "
                "review more labels, or add test photos."
            ]
        if self.doubtful:
            photos, are = ("photo looks", "it") if self.doubtful == 1 else ("photos look", "them")
            found.append(f"{self.doubtful:,} test {photos} mislabelled themselves: review {are} too.")
        return " ".join(found)

    def sentence(self) -> str:
        """The gain in plain words."""
        return (
            f"After {self.relabelled} training photos got another label and {self.excluded} were left out: "
            f"{self.comparison.sentence()}"
        )


def prove_with(given: Run, reviewed: Run, dataset: Dataset, labels: Labels = "given") -> Proof:
    """Compares two finished runs on the test photos.

    Args:
        given: Trained on the labels of the folders.
        reviewed: Trained with the same settings and seed on the reviewed labels.
        dataset: Of both.
        labels: By which labels of the test photos both runs are judged: `given`, or `reviewed` (as decided by now) if
            the test photos were reviewed too; photos excluded there are then left out.

    Raises:
        DatasetError: If the runs differ in more than their labels or not even in these, or share no test photo.
    """
    if replace(given.config, labels="reviewed") != replace(reviewed.config, labels="reviewed"):
        raise DatasetError(f"The runs {given.run_id} and {reviewed.run_id} differ in more than their labels.")
    used = {item.image: item for item in reviewed.dataset.decisions}
    relabelled, excluded = count_changes(dataset, used)
    if relabelled + excluded == 0:
        raise DatasetError(
            f"The reviewed labels of {dataset.name} equal the given ones, so there is nothing to prove. "
            "Review some photos first."
        )
    now = dataset.decisions()
    before, after = (judged_by(run.predictions, dataset, labels, now) for run in (given, reviewed))
    comparison = compare(before, after, "test", labels)
    doubted = [set(_contradicted(predictions)["path"]) for predictions in (before, after)]
    return Proof(given.run_id, reviewed.run_id, comparison, relabelled, excluded, len(doubted[0] & doubted[1]))


def _contradicted(predictions: "pd.DataFrame") -> "pd.DataFrame":
    """Test photos whose label the run is sure to be another."""
    is_other = (predictions["split"] == "test") & (predictions["predicted_label"] != predictions["given_label"])
    return predictions[is_other & (predictions["probability"] >= _SURE)]


def count_changes(dataset: Dataset, decisions: Mapping[str, Decision]) -> tuple[int, int]:
    """How many photos outside `test` got another label, and how many are left out."""
    reviewed = dataset.reviewed(decisions)
    reviewed = reviewed[reviewed["split"] != "test"]
    relabelled = int((reviewed["label"] != reviewed["given_label"]).sum())
    return relabelled, int((dataset.usable["split"] != "test").sum()) - len(reviewed)
