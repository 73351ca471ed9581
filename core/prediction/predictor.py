"""The one predictor: LiteRT interpreters in a small pool; TensorFlow is never imported."""

import os
import queue
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.dataset.images import resize
from core.errors import RunInvalidError
from core.runs.folder import Run


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

    def as_record(self, path: str) -> dict[str, Any]:
        """The JSON record of the command line and the API."""
        return {
            "path": path, "label": self.label, "probability": self.probability,
            "probabilities": self.probabilities, "subject_score": self.subject_score,
            "is_subject": self.is_subject, "uncertain": self.uncertain, "run_id": self.run_id, "error": None,
        }  # fmt: skip


def failed_record(path: str, run_id: str, error: str) -> dict[str, Any]:
    """The same record for a photo that could not be read."""
    return {"path": path, "label": None, "probability": None, "probabilities": None, "subject_score": None,
            "is_subject": None, "uncertain": None, "run_id": run_id, "error": error}  # fmt: skip


class Predictor:
    """Predicts with one run; safe to call from many threads.

    Args:
        run: A succeeded run.
        pool_size: Number of interpreters; a LiteRT interpreter serves one thread at a time.
        threads: Threads inside each interpreter. The default, one interpreter with all cores, gives the lowest
            latency; many interpreters with one thread give the highest throughput.

    Raises:
        RunInvalidError: If the model cannot be loaded or does not fit the run.
    """

    def __init__(self, run: Run, pool_size: int = 1, threads: int | None = None):
        self.run = run
        model = _read_model(run)
        self._pool: queue.SimpleQueue = queue.SimpleQueue()
        for _ in range(pool_size):
            self._pool.put(_interpreter(run, model, threads or max(1, (os.cpu_count() or 1) // pool_size)))
        self._pool_size = pool_size
        self.predict([np.zeros((*run.image_size, 3), np.uint8)])  # the first call is slow: not the user's

    def predict(self, images: list[np.ndarray]) -> list[Prediction]:
        """Predicts photos of any size.

        Args:
            images: Each `uint8`, shape `(height, width, 3)`, RGB.

        Returns:
            One prediction an image, in order.

        Raises:
            RunInvalidError: If the network gives numbers that are not finite.
        """
        if self._pool_size == 1 or len(images) < 2:
            return [self._predict_one(image) for image in images]
        with ThreadPoolExecutor(self._pool_size) as threads:
            return list(threads.map(self._predict_one, images))

    def probabilities(self, images: list[np.ndarray]) -> np.ndarray:
        """Probabilities alone, `float32`, shape `(len(images), classes)`; for methods that ask many variants."""
        return np.stack([self._invoke(resize(image, self.run.image_size))["probabilities"][0] for image in images])

    def _predict_one(self, image: np.ndarray) -> Prediction:
        outputs = self._invoke(resize(image, self.run.image_size))
        values = outputs["probabilities"][0].astype(float)
        if not np.isfinite(values).all():
            raise RunInvalidError(f"The run {self.run.run_id} gave numbers that are not finite. Roll back or retrain.")
        best = int(values.argmax())
        subject, is_subject = None, None
        if "subject" in outputs and self.run.subject:
            subject = float(np.clip(outputs["subject"].item(), 0, 1))
            is_subject = subject >= self.run.subject["threshold"]
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

    def _invoke(self, pixels: np.ndarray) -> dict[str, np.ndarray]:
        with self._signature() as signature:
            return signature(image=pixels[None].astype(np.float32))

    @contextmanager
    def _signature(self):
        _, signature = interpreter = self._pool.get()
        try:
            yield signature
        finally:
            self._pool.put(interpreter)


def _read_model(run: Run) -> bytes:
    try:
        return (run.folder / "model.tflite").read_bytes()
    except OSError as error:
        raise RunInvalidError(f"The run {run.run_id} has no readable model.tflite. Train it again.") from error


def _interpreter(run: Run, model: bytes, threads: int):
    from ai_edge_litert.interpreter import Interpreter  # 0.1 s; pages that predict nothing do not pay

    try:
        interpreter = Interpreter(model_content=model, num_threads=threads)
        signature = interpreter.get_signature_runner()
        shape = tuple(signature.get_input_details()["image"]["shape"])
        width = signature.get_output_details()["probabilities"]["shape"][-1]
    except (ValueError, RuntimeError, KeyError) as error:
        raise RunInvalidError(f"The model of run {run.run_id} cannot be loaded: it is damaged.") from error
    if shape != (1, *run.image_size, 3) or width != len(run.class_names):
        raise RunInvalidError(
            f"The model of run {run.run_id} takes {shape} and gives {width} classes, but run.json says "
            f"{run.image_size} and {len(run.class_names)}."
        )
    return interpreter, signature  # the interpreter must outlive its signature
