"""What a model card says about the photos: counts and known faults."""

from dataclasses import dataclass

from core.dataset.index import Dataset, index_dataset
from core.dataset.statistics import DuplicateCounts, statistics
from core.errors import DatasetError
from core.paths import Paths
from core.review.stored import suspicious_left
from core.runs.folder import Run


@dataclass(frozen=True)
class DataFacts:
    """What is known of the photos beyond what the run itself records.

    Attributes:
        counts: Split -> class -> number of usable photos, as the folder has them.
        unusable: Files that are no usable photo.
        copies: Pairs of copies among the usable photos.
        suspects: Labels that the review doubts and nobody decided about; `None` if nobody looked.
    """

    counts: dict[str, dict[str, int]]
    unusable: int
    copies: DuplicateCounts
    suspects: int | None


def data_facts(dataset: Dataset) -> DataFacts:
    """Collects the facts of a dataset; no photo is opened, no label is ranked."""
    found = statistics(dataset)
    return DataFacts(found.counts, len(found.problems), found.duplicates, suspicious_left(dataset))


def facts_if_unchanged(run: Run, paths: Paths) -> DataFacts | None:
    """The facts of a run's dataset, if it is there and its photos and labels are the same as then."""
    try:
        dataset = index_dataset(paths.dataset_folder(run.dataset.folder), paths)
    except (DatasetError, OSError):
        return None
    return data_facts(dataset) if dataset.fingerprint == run.dataset.fingerprint else None
