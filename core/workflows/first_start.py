"""The first start of a new installation: draw the sample, and let `quick` be its first training."""

from pathlib import Path

from core.dataset.index import Progress
from core.jobs import queue as jobs
from core.paths import Paths
from core.runs import registry
from core.runs.presets import preset
from core.sample.drawn_dataset import draw_sample

SAMPLE = "sample"


def sample_folder(paths: Paths) -> Path:
    """Where the sample lies."""
    return paths.data_dir / SAMPLE


def is_needed(paths: Paths) -> bool:
    """Whether something is left to prepare; costs two looks at the disk."""
    return not sample_folder(paths).exists() or not _mark(paths).exists()


def prepare(paths: Paths, progress: Progress | None = None) -> str | None:
    """Draws the sample if it is missing and enqueues its first training if it never had one.

    The mark on disk is made in one step, before the training is enqueued: of two sessions, processes or
    machines that come at once only one goes on. Whoever deletes all runs later is not given one again.

    Args:
        paths: Where the sample and the mark lie.
        progress: Called with (pictures drawn, pictures in all).

    Returns:
        The id of the training just enqueued, or `None`.

    Raises:
        DatasetError: If the sample cannot be written.
    """
    folder = sample_folder(paths)
    if not folder.exists():
        draw_sample(folder, progress=progress)
    has_run = any(
        paths.dataset_folder(run.dataset.folder).resolve() == folder.resolve() for run in registry.runs(paths)
    )
    if not claim(paths) or has_run:
        return None
    return jobs.enqueue(paths, folder, preset("quick"))


def claim(paths: Paths) -> bool:
    """Makes the mark; `False` if somebody else was faster."""
    mark = _mark(paths)
    mark.parent.mkdir(parents=True, exist_ok=True)
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _mark(paths: Paths) -> Path:
    return paths.shared_cache_dir / "first-start"
