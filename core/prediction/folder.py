"""Predicts files and whole folders: one record a photo, bad photos included."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from core.dataset.images import decode
from core.dataset.walk import photo_paths
from core.errors import ImageError
from core.escaping import printable
from core.prediction.predictor import Predictor, failed_record


def predict_paths(
    paths: Iterable[Path], predictor: Predictor, progress: Callable[[int, int], None] | None = None
) -> Iterator[dict[str, Any]]:
    """Predicts photos one by one.

    Args:
        paths: Files and folders.
        predictor: The run's predictor.
        progress: Called with (photos done, photos in all).

    Yields:
        The record of `Prediction.as_record`; a bad photo has its sentence in `error` and stops nothing.
    """
    files = photo_paths(paths)
    for done, file in enumerate(files, start=1):
        try:
            yield predictor.predict([decode(file)])[0].as_record(printable(str(file)))
        except ImageError as error:
            yield failed_record(printable(str(file)), predictor.run.run_id, str(error))
        except OSError:
            yield failed_record(
                printable(str(file)), predictor.run.run_id, "The file cannot be opened. Check its permissions."
            )
        if progress:
            progress(done, len(files))
