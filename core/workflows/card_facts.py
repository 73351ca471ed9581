"""What a model card says about the photos: counts and known faults."""

from dataclasses import dataclass

from core.dataset.index import Dataset, index_dataset
from core.dataset.statistics import statistics
from core.errors import DatasetError
from core.paths import Paths
from core.review.stored import stored_ranking
from core.runs.folder import Run

_DOUBTFUL = ("class", "copy", "subject", "poor", "unreadable")  # kinds of the review's ranking that name a fault


@dataclass(frozen=True)
class DataFacts:
    """What is known of the photos beyond what the run itself records.

    Attributes:
        counts: Split -> class -> number of usable photos, as the folder has them.
        unusable: Files that are no usable photo.
        across_splits: Pairs of copies, exact or near, that lie in two splits.
        across_classes: Pairs of copies with two labels.
        leaked_test_photos: Test photos with a copy outside of test.
        suspects: Labels that the review doubts and nobody decided about; `None` if nobody looked.
    """

    counts: dict[str, dict[str, int]]
    unusable: int
    across_splits: int
    across_classes: int
    leaked_test_photos: int
    suspects: int | None


def data_facts(dataset: Dataset) -> DataFacts:
    """Collects the facts of a dataset; no photo is opened, no label is ranked."""
    found, ranking = statistics(dataset), stored_ranking(dataset)
    suspects = None
    if ranking is not None:
        suspects = int((ranking["kind"].isin(_DOUBTFUL) & (ranking["decision"] == "")).sum())
    copies = found.duplicates
    return DataFacts(
        found.counts,
        len(found.problems),
        copies.across_splits,
        copies.across_classes,
        copies.leaked_test_photos,
        suspects,
    )


def facts_if_unchanged(run: Run, paths: Paths) -> DataFacts | None:
    """The facts of a run's dataset, if it is there and its photos and labels are the same as then."""
    try:
        dataset = index_dataset(paths.dataset_folder(run.dataset.folder), paths)
    except (DatasetError, OSError):
        return None
    return data_facts(dataset) if dataset.fingerprint == run.dataset.fingerprint else None
