"""What did the review bring? The same training on given and on reviewed labels, judged on the same test photos."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from core.dataset.index import Dataset
from core.dataset.overlay import Decision
from core.errors import DatasetError
from core.evaluation.measure import judged_by
from core.metrics import Comparison, compare
from core.metrics.figures import Labels
from core.paths import Paths
from core.runs.config import TrainingConfig
from core.runs.folder import Run

Listener = Callable[[str, object], None]


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


def prove(
    config: TrainingConfig, dataset: Dataset, paths: Paths, labels: Labels = "given", progress: Listener | None = None
) -> Proof:
    """Trains twice with the same configuration and seed and compares on the test photos.

    Args:
        config: Its `labels` is ignored.
        dataset: With decisions and a `test` split.
        paths: Where runs and caches lie.
        labels: By which labels of the test photos both runs are judged: `given`, or `reviewed` if the test photos
            were reviewed too (photos excluded there are then left out).
        progress: Called with `given` or `reviewed` and the training's progress.

    Raises:
        DatasetError: If nothing was decided about training photos, or there is no test photo.
        TrainingError: If a training fails.
    """
    from core.workflows.train import train

    if not any(count_changes(dataset, dataset.decisions())):
        raise DatasetError(
            f"The reviewed labels of {dataset.name} equal the given ones, so there is nothing to prove. "
            "Review some photos first."
        )
    if not (dataset.usable["split"] == "test").any():
        raise DatasetError(f"{dataset.name} has no test photos to prove a gain on. Add a test folder.")

    def run(labels: str) -> Run:
        listener = (lambda step: progress(labels, step)) if progress else None
        return train(replace(config, labels=labels), dataset, paths, progress=listener)

    return prove_with(run("given"), run("reviewed"), dataset, labels)


def prove_with(given: Run, reviewed: Run, dataset: Dataset, labels: Labels = "given") -> Proof:
    """A proof from two finished runs, for example two that a worker trained.

    Raises:
        DatasetError: If the runs differ in more than their labels, or share no test photo.
    """
    if replace(given.config, labels="reviewed") != replace(reviewed.config, labels="reviewed"):
        raise DatasetError(f"The runs {given.run_id} and {reviewed.run_id} differ in more than their labels.")
    used = {item.image: item for item in reviewed.dataset.decisions}
    sides = [judged_by(run.predictions, dataset, labels, used) for run in (given, reviewed)]
    comparison = compare(*sides, split="test", labels=labels)
    return Proof(given.run_id, reviewed.run_id, comparison, *count_changes(dataset, used))


def count_changes(dataset: Dataset, decisions: Mapping[str, Decision]) -> tuple[int, int]:
    """How many photos outside `test` got another label, and how many are left out."""
    reviewed = dataset.reviewed(decisions)
    reviewed = reviewed[reviewed["split"] != "test"]
    relabelled = int((reviewed["label"] != reviewed["given_label"]).sum())
    return relabelled, int((dataset.usable["split"] != "test").sum()) - len(reviewed)
