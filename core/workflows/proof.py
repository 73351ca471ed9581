"""What did the review bring? The same training on given and on reviewed labels, judged on the same test photos."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from core.dataset.decisions import Decision, current, log
from core.dataset.index import Dataset
from core.errors import DatasetError
from core.metrics import Comparison, compare
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
        judged_by: `given` or `reviewed` labels of the test photos.
        relabelled: Training photos (validation included) with another label than given.
        excluded: Training photos left out.
    """

    given_run_id: str
    reviewed_run_id: str
    comparison: Comparison
    judged_by: str
    relabelled: int
    excluded: int

    def sentence(self) -> str:
        """The gain in plain words."""
        return (
            f"After {self.relabelled} training photos got another label and {self.excluded} were left out: "
            f"{self.comparison.sentence()}"
        )


def prove(
    config: TrainingConfig, dataset: Dataset, paths: Paths, judged_by: str = "given", progress: Listener | None = None
) -> Proof:
    """Trains twice with the same configuration and seed and compares on the test photos.

    Args:
        config: Its `labels` is ignored.
        dataset: With decisions and a `test` split.
        paths: Where runs and caches lie.
        judged_by: By which labels of the test photos both runs are judged: `given`, or `reviewed` if the test photos
            were reviewed too (photos excluded there are then left out).
        progress: Called with `given` or `reviewed` and the training's progress.

    Raises:
        DatasetError: If nothing was decided about training photos, or there is no test photo.
        TrainingError: If a training fails.
    """
    from core.workflows.train import train

    used = current(log(dataset))
    relabelled, excluded = count_changes(dataset, used)
    if relabelled + excluded == 0:
        raise DatasetError(
            f"The reviewed labels of {dataset.name} equal the given ones, so there is nothing to prove. "
            "Review some photos first."
        )
    if not (dataset.usable["split"] == "test").any():
        raise DatasetError(f"{dataset.name} has no test photos to prove a gain on. Add a test folder.")

    def run(labels: str) -> Run:
        listener = (lambda step: progress(labels, step)) if progress else None
        return train(replace(config, labels=labels), dataset, paths, progress=listener)

    return prove_with(run("given"), run("reviewed"), dataset, judged_by)


def prove_with(given: Run, reviewed: Run, dataset: Dataset, judged_by: str = "given") -> Proof:
    """A proof from two finished runs, for example two that a worker trained.

    Raises:
        DatasetError: If the runs differ in more than their labels, or share no test photo.
    """
    if replace(given.config, labels="reviewed") != replace(reviewed.config, labels="reviewed"):
        raise DatasetError(f"The runs {given.run_id} and {reviewed.run_id} differ in more than their labels.")
    used = {item.image: item for item in reviewed.dataset.decisions}
    relabelled, excluded = count_changes(dataset, used)
    sides = [judge(run.predictions, dataset, judged_by, used) for run in (given, reviewed)]
    return Proof(
        given.run_id, reviewed.run_id, compare(*sides, split="test", labels=judged_by), judged_by, relabelled, excluded
    )


def judge(predictions: pd.DataFrame, dataset: Dataset, by: str, used: dict[str, Decision]) -> pd.DataFrame:
    """A run's predictions with the labels of the folders or of the review in `given_label`."""
    rows = dataset.usable
    labels = dict(zip(rows["path"], rows["label"], strict=True))
    table = predictions[predictions["path"].isin(labels)]
    table = table.assign(given_label=table["path"].map(labels))
    if by == "reviewed":
        excluded = [image for image, item in used.items() if item.action == "exclude"]
        changed = {image: item.label for image, item in used.items() if item.action == "relabel"}
        table = table[~table["sha256"].isin(excluded)]
        pairs = zip(table["sha256"], table["given_label"], strict=True)
        table = table.assign(given_label=[changed.get(image, label) for image, label in pairs])
    return table


def count_changes(dataset: Dataset, used: dict[str, Decision]) -> tuple[int, int]:
    """How many photos outside `test` got another label, and how many are left out."""
    rows = dataset.usable[dataset.usable["split"] != "test"]
    made = [(used.get(image), label) for image, label in zip(rows["sha256"], rows["label"], strict=True)]
    relabelled = sum(item is not None and item.action == "relabel" and item.label != label for item, label in made)
    return relabelled, sum(item is not None and item.action == "exclude" for item, _ in made)
