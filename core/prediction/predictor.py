"""The one predictor: a photo goes through the run's LiteRT graph once; TensorFlow is never imported."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.dataset.framing import framed
from core.dataset.images import resize
from core.errors import RunInvalidError
from core.prediction.pool import Pool
from core.runs.folder import Run

# Copies of the weights beside the first one; above it callers take turns on all cores, which costs 3-7 % of throughput.
MAX_COPIES_BYTES = 40 * 1024 * 1024
OUTPUTS = ("probabilities", "class_maps", "embedding", "subject")  # what a prediction needs; a graph may give more

NOT_SURE, NOT_SUBJECT = "not sure", "not the subject"


@dataclass(frozen=True)
class Prediction:
    """What a run says about one photo.

    Attributes:
        label: The most probable class name.
        probability: Of `label`, 0-1.
        probabilities: Class name to probability; they sum to 1.
        subject_score: Evidence that the photo shows the dataset's subject at all, 0-1; `None` if the run has none.
        is_subject: Whether the score reaches the run's threshold; `None` if the run has none.
        uncertain: The probability is below the run's `uncertain_below`, or the photo does not show the subject.
        run_id: The run that said it.
        class_maps: `float32`, shape `(rows, columns, classes)`, evidence by place before upsampling, in logits;
            `None` if the network has none.
        embedding: `float32`, shape `(features,)`.
    """

    label: str
    probability: float
    probabilities: dict[str, float]
    subject_score: float | None
    is_subject: bool | None
    uncertain: bool
    run_id: str
    class_maps: np.ndarray | None = field(repr=False, compare=False)
    embedding: np.ndarray = field(repr=False, compare=False)

    @property
    def answer(self) -> str:
        """What to count the photo as: a class, `not sure` or `not the subject`."""
        if self.is_subject is False:
            return NOT_SUBJECT
        return NOT_SURE if self.uncertain else self.label

    def as_record(self, path: str) -> dict[str, Any]:
        """The JSON record of the command line and the API."""
        return {
            "path": path,
            "answer": self.answer,
            "label": self.label,
            "probability": self.probability,
            "probabilities": self.probabilities,
            "subject_score": self.subject_score,
            "is_subject": self.is_subject,
            "uncertain": self.uncertain,
            "run_id": self.run_id,
            "error": None,
        }


def failed_record(path: str, run_id: str, error: str) -> dict[str, Any]:
    """The same record for a photo that could not be read."""
    return {
        "path": path,
        "answer": None,
        "label": None,
        "probability": None,
        "probabilities": None,
        "subject_score": None,
        "is_subject": None,
        "uncertain": None,
        "run_id": run_id,
        "error": error,
    }


class Predictor:
    """Predicts with one run; safe to call from many threads.

    Args:
        run: A succeeded run.
        pool_size: Callers that may run side by side, on one core each; each costs one more copy of the weights. With 1,
            and where the copies would take more than `MAX_COPIES_BYTES`, they take turns on all cores.
        threads: Cores of a caller who is alone; all that this process may use by default.

    Raises:
        RunInvalidError: If the model cannot be loaded, does not fit the run, or gives no finite numbers.
    """

    def __init__(self, run: Run, pool_size: int = 1, threads: int | None = None):
        self.run = run
        self._pool = _pool(run, pool_size, threads or available_cores())
        blank = np.zeros((*run.image_size, 3), np.uint8)
        for network in self._pool.networks():  # the first call is slow: not the user's
            self._prediction(network(blank, OUTPUTS))

    def predict(self, images: list[np.ndarray]) -> list[Prediction]:
        """Predicts photos of any size.

        Args:
            images: Each `uint8`, shape `(height, width, 3)`, RGB.

        Returns:
            One prediction an image, in order.

        Raises:
            RunInvalidError: If the network gives numbers that are not finite.
        """
        if self._pool.size == 1 or len(images) < 2:
            return [self._predict_one(image) for image in images]
        with ThreadPoolExecutor(self._pool.size) as threads:
            return list(threads.map(self._predict_one, images))

    def probabilities(self, images: list[np.ndarray]) -> np.ndarray:
        """Probabilities alone, `float32`, shape `(len(images), classes)`; for methods that ask many variants."""
        return np.stack([self._pass(image, OUTPUTS[:1])["probabilities"][0] for image in images])

    def _predict_one(self, image: np.ndarray) -> Prediction:
        return self._prediction(self._pass(image, OUTPUTS))

    def _pass(self, image: np.ndarray, names: tuple[str, ...]) -> dict[str, np.ndarray]:
        with self._pool.asking():
            pixels = resize(framed(image, self.run.framing), self.run.image_size)  # before a network is held
            with self._pool.lent() as network:
                return network(pixels, names)

    def _prediction(self, outputs: dict[str, np.ndarray]) -> Prediction:
        values = outputs["probabilities"][0].astype(float)
        if not np.isfinite(values).all():
            raise RunInvalidError(f"The run {self.run.run_id} gave numbers that are not finite. Roll back or retrain.")
        best = int(values.argmax())
        subject, is_subject = None, None
        if "subject" in outputs and self.run.subject:
            subject = float(np.clip(outputs["subject"].item(), 0, 1))
            is_subject = subject >= self.run.subject.threshold
        class_maps = outputs.get("class_maps")
        return Prediction(
            label=self.run.class_names[best],
            probability=float(values[best]),
            probabilities=dict(zip(self.run.class_names, values.tolist(), strict=True)),
            subject_score=subject,
            is_subject=is_subject,
            uncertain=bool(values[best] < self.run.uncertain_below) or is_subject is False,
            run_id=self.run.run_id,
            class_maps=None if class_maps is None else class_maps[0],
            embedding=outputs["embedding"][0],
        )


def available_cores() -> int:
    """Cores that this process may use; fewer than the machine has inside many containers."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _pool(run: Run, size: int, threads: int) -> Pool:
    model = run.network()
    if threads > 1 and size * len(model) > MAX_COPIES_BYTES:
        size = 1
    try:
        pool = Pool(model, size, threads)
        width = pool.outputs["probabilities"][-1]
    except (ValueError, RuntimeError, KeyError) as error:
        raise RunInvalidError(f"The model of run {run.run_id} cannot be loaded: it is damaged.") from error
    if pool.shape != (1, *run.image_size, 3) or width != len(run.class_names):
        raise RunInvalidError(
            f"The model of run {run.run_id} takes {pool.shape} and gives {width} classes, but run.json says "
            f"{run.image_size} and {len(run.class_names)}."
        )
    return pool
