"""A small world for the tests of the pages: a dataset of two colours and runs that were never trained."""

from dataclasses import asdict

import numpy as np
import pandas as pd

from core.dataset.index import Dataset
from core.files import write_json, write_parquet
from core.metrics import from_table, predictions_table
from core.paths import Paths
from core.prediction.predictor import Prediction
from core.runs.contents import DatasetReference, SubjectThreshold
from core.runs.folder import Run
from core.runs.presets import preset
from core.runs.staging import publish, stage, write


def fake_run(
    data: Dataset, paths: Paths, run_id: str = "fake-run", mistakes: int = 1, labels: str = "given", used=(), **changes
) -> Run:
    """Publishes a run that was right on all photos of `test` but the first `mistakes`; `used` are its decisions."""
    rows = data.usable[data.usable["split"] == "test"].reset_index(drop=True)
    names = data.class_names
    truth = rows["label"].map(names.index).to_numpy()
    said = truth.copy()
    said[:mistakes] = (said[:mistakes] + 1) % len(names)
    probabilities = np.full((len(rows), len(names)), 0.1 / (len(names) - 1))
    probabilities[np.arange(len(rows)), said] = 0.9
    dataset = DatasetReference(data.name, data.name, data.fingerprint, len(data.usable), tuple(used))
    run = stage(paths, run_id, preset("quick", labels=labels), dataset, "running")
    run = write(run, class_names=names, uncertain_below=0.6, subject=SubjectThreshold(0.1, imagenet_classes=[385]))
    table = predictions_table(rows, probabilities, names)
    write_parquet(run.folder / "predictions.parquet", table)
    write_json(run.folder / "evaluation.json", {"test": asdict(from_table(table, "test", names))})
    history = {
        "epoch": [1, 2],
        "loss": [0.7, 0.4],
        "accuracy": [0.5, 0.9],
        "val_loss": [0.7, 0.5],
        "val_accuracy": [0.5, 0.8],
    }
    pd.DataFrame(history).to_csv(run.folder / "history.csv", index=False)
    for name in ("model.keras", "model.tflite", "log.txt"):
        (run.folder / name).write_text("not a model", encoding="utf-8")
    return publish(run, paths, **{"state": "succeeded", "seconds": 12.0, **changes})


class FakePredictor:
    """Says African of reddish photos, Asian of bluish ones, and nothing at all of grey ones."""

    def __init__(self, run: Run):
        self.run = run

    def predict(self, images):
        return [self._one(image) for image in images]

    def probabilities(self, images):
        return np.array([list(self._one(image).probabilities.values()) for image in images], np.float32)

    def _one(self, image: np.ndarray) -> Prediction:
        red, _, blue = image.reshape(-1, 3).mean(axis=0)
        first = float(np.clip(0.5 + (red - blue) / 150, 0.02, 0.98))
        values = dict(zip(self.run.class_names, (first, 1 - first), strict=True))
        label = max(values, key=values.get)
        subject = float(abs(red - blue) / 255)
        return Prediction(
            label=label,
            probability=values[label],
            probabilities=values,
            subject_score=subject,
            is_subject=subject >= 0.02,
            uncertain=values[label] < 0.6 or subject < 0.02,
            run_id=self.run.run_id,
            class_maps=np.ones((3, 3, 2), np.float32) * np.array([1, -1], np.float32),
            embedding=np.array([red, blue], np.float32),
        )
