"""Did fixing labels help? The same training on given and on reviewed labels, judged on the same test photos."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.dataset.index import Dataset
from core.dataset.overlay import Decision
from core.errors import DatasetError
from core.evaluation.measure import judged_by
from core.metrics import Comparison, compare
from core.metrics.figures import Labels
from core.runs.folder import Run


@dataclass(frozen=True)
class Proof:
    """Two runs that differ in nothing but the labels they learned from.

    Attributes:
        given_run_id: Trained on the labels of the folders.
        reviewed_run_id: Trained on the reviewed labels.
        comparison: The second against the first: accuracies, difference with interval, McNemar's p, changed photos.
        relabelled: Training photos (validation included) with another label than given.
        excluded: Training photos left out.
    """

    given_run_id: str
    reviewed_run_id: str
    comparison: Comparison
    relabelled: int
    excluded: int

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
        labels: By which labels of the test photos both runs are judged: `given`, or `reviewed` if the test photos
            were reviewed too (photos excluded there are then left out).

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
    before, after = (judged_by(run.predictions, dataset, labels, used) for run in (given, reviewed))
    comparison = compare(before, after, "test", labels)
    return Proof(given.run_id, reviewed.run_id, comparison, relabelled, excluded)


def count_changes(dataset: Dataset, decisions: Mapping[str, Decision]) -> tuple[int, int]:
    """How many photos outside `test` got another label, and how many are left out."""
    reviewed = dataset.reviewed(decisions)
    reviewed = reviewed[reviewed["split"] != "test"]
    relabelled = int((reviewed["label"] != reviewed["given_label"]).sum())
    return relabelled, int((dataset.usable["split"] != "test").sum()) - len(reviewed)
