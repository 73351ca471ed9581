"""Training from start to end: labels, split, recipe, evaluation, reload check, publication."""

import os
import signal
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from core.dataset.images import decode
from core.dataset.index import Dataset, index_dataset
from core.dataset.splits import with_validation
from core.errors import TrainingError, TuskscopeError
from core.files import storage_error, write_json, write_parquet
from core.jobs.lease import kept_lease
from core.jobs.staged import ATTEMPT
from core.paths import Paths
from core.prediction.predictor import Predictor
from core.runs import registry
from core.runs.config import TrainingConfig
from core.runs.contents import DatasetReference
from core.runs.folder import Run
from core.runs.reporter import Listener, Reporter
from core.runs.staging import CHECKPOINT_FILE, new_run_id, publish, stage, write
from core.training.recipes import RECIPES
from core.training.recipes.shared import Trained
from core.workflows.card import CARD_FILE, write_card

_RESULTS = ("model.keras", "model.tflite", "evaluation.json", "predictions.parquet", CARD_FILE)
_SUBJECT_TOLERANCE = 0.05  # the score is steep where photos are alike, and weights may have been rounded
# Of a probability, between training and the written model: float16 weights move it by 0.006, a wrong file by more.
_RELOAD_TOLERANCE = 0.02


class Cancelled(BaseException):
    """Someone asked the training to stop; no `Exception`, so that nothing swallows it."""


def train(
    config: TrainingConfig, dataset: Dataset, paths: Paths, run_id: str | None = None, progress: Listener | None = None
) -> Run:
    """Trains and publishes a run.

    Args:
        config: What to train.
        dataset: On which photos.
        paths: Where runs and caches lie.
        run_id: Its id; `None` makes a fresh one.
        progress: Called often, with no user interface in mind.

    Returns:
        The published run; unless it is the very first, it is not served until it is promoted.

    Raises:
        TrainingError: If it cannot start, diverges, or its written model does not predict what it learned. The run
            is then listed as failed, with its log and without a model.
    """
    run = stage(paths, run_id or new_run_id(config.preset), config, _describe(dataset, paths), "running")
    return _finish(run, paths, progress, lambda report: dataset)


def train_staged(paths: Paths, run_id: str, progress: Listener | None = None) -> Run:
    """Trains a run that was queued before, from where an earlier start of it came to; see `train`."""
    run = write(registry.load(paths, run_id), state="running")

    def open_dataset(report: Reporter) -> Dataset:
        folder = paths.dataset_folder(run.dataset.folder)
        return index_dataset(folder, paths, lambda done, total: report("read the dataset", done, total))

    attempt = os.environ.get(ATTEMPT, "")
    return _finish(run, paths, progress, open_dataset, int(attempt) if attempt.isdigit() else None)


def _finish(
    run: Run,
    paths: Paths,
    progress: Listener | None,
    open_dataset: Callable[[Reporter], Dataset],
    attempt: int | None = None,
) -> Run:
    reporter = Reporter(run, progress)
    started = time.monotonic()
    if (attempt or 1) > 1:
        reporter.log(f"start {attempt}, after an interruption")
    try:
        with _cancel_on_sigterm(), kept_lease(run.folder, attempt):
            dataset = open_dataset(reporter)
            run = _work(run, dataset, paths, reporter)
            seconds = round(time.monotonic() - started, 1)
            write_card(replace(run, seconds=seconds), dataset)
        reporter.close()
        (run.folder / CHECKPOINT_FILE).unlink(missing_ok=True)
        run = publish(run, paths, state="succeeded", seconds=seconds)
    except BaseException as error:
        cancelled = isinstance(error, Cancelled | KeyboardInterrupt)
        if not cancelled and not isinstance(error, TuskscopeError):
            reporter.log(traceback.format_exc())
        reporter.close()
        message = "Cancelled." if cancelled else _sentence(error)
        for name in (
            "model.keras",
            "model.tflite",
            "evaluation.json",
            "predictions.parquet",
            CARD_FILE,
            CHECKPOINT_FILE,
        ):
            (run.folder / name).unlink(missing_ok=True)
        publish(
            run,
            paths,
            state="cancelled" if cancelled else "failed",
            message=message,
            seconds=round(time.monotonic() - started, 1),
        )
        if cancelled or isinstance(error, TuskscopeError):
            raise
        raise TrainingError(message) from error
    if registry.active_id(paths) is None:  # the very first run has none to be compared with
        registry.promote(paths, run.run_id)
    return run


def _work(run: Run, dataset: Dataset, paths: Paths, report: Reporter) -> Run:
    config = run.config
    used = dataset.decisions() if config.labels == "reviewed" else {}
    table = dataset.reviewed(used)
    class_names = tuple(sorted(table.loc[table["split"] != "test", "label"].unique()))
    table = table[table["label"].isin(class_names)].reset_index(drop=True)
    table = with_validation(table, config.validation_fraction, config.seed)
    _check_trainable(dataset, table, class_names)
    run = write(
        run,
        class_names=class_names,
        labels="reviewed" if used else "given",
        dataset=replace(_describe(dataset, paths), decisions=tuple(used.values())),
        uncertain_below=config.uncertain_below,
    )
    trained = RECIPES[config.network](run, dataset, table, paths, report)
    run = write(run, subject=trained.subject)
    if trained.calibration:
        run = write(run, calibration=trained.calibration, uncertain_below=trained.calibration.uncertain_below)
    report("check the written model", 0, 1)
    _check_reload(run, dataset, table, trained)
    report("evaluate", 0, 1)
    decided = dataset.usable.loc[dataset.usable["sha256"].isin(used), "split"]
    _evaluate(run, table, trained, test_labels="reviewed" if "test" in set(decided) else "given")
    return run


def _evaluate(run: Run, table: pd.DataFrame, trained: Trained, test_labels: str) -> None:
    """Writes the predictions of the held-out photos and their figures; says `reviewed` only where it is true."""
    from core.metrics import from_table, predictions_table

    rows = (table["split"] != "train").to_numpy()
    predictions = predictions_table(table[rows], trained.probabilities[rows], run.class_names)
    write_parquet(run.folder / "predictions.parquet", predictions)
    results = {
        split: asdict(from_table(predictions, split, run.class_names, test_labels if split == "test" else run.labels))
        for split in ("validation", "test")
        if (predictions["split"] == split).any()
    }
    write_json(run.folder / "evaluation.json", results)


def _check_trainable(dataset: Dataset, table: pd.DataFrame, class_names: tuple[str, ...]) -> None:
    if len(class_names) < 2:
        raise TrainingError(
            f"Expected photos of at least two classes to train on, but {dataset.name} has {len(class_names)}. "
            "Add a folder with photos of another class."
        )
    counts = table.loc[table["split"] == "train", "label"].value_counts()
    for name in class_names:
        if counts.get(name, 0) < 2:
            raise TrainingError(
                f"Expected at least two photos of {name} to train on, but there are {counts.get(name, 0)}. "
                "Add photos or leave the class out."
            )


def _check_reload(run: Run, dataset: Dataset, table: pd.DataFrame, trained: Trained) -> None:
    """Loads the written model as the server will and compares it with what was trained, on eight photos."""
    predictor = Predictor(run)
    for position in np.linspace(0, len(table) - 1, min(8, len(table))).astype(int):
        prediction = predictor.predict([decode(dataset.folder / table["path"].iloc[position])])[0]
        difference = np.abs(np.array(list(prediction.probabilities.values())) - trained.final[position]).max()
        if difference > _RELOAD_TOLERANCE:
            raise TrainingError(
                f"The written model differs from the trained one by {difference:.3f} in a probability. Train again."
            )
        if trained.subject_scores is None:
            continue
        difference = abs(prediction.subject_score - trained.subject_scores[position])
        if difference > _SUBJECT_TOLERANCE:
            raise TrainingError(f"The written model differs by {difference:.3f} in the subject score. Train again.")


@contextmanager
def _cancel_on_sigterm():
    """SIGTERM ends a training cleanly; only the main thread may install handlers."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def cancel(*_):
        raise Cancelled

    previous = signal.signal(signal.SIGTERM, cancel)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _describe(dataset: Dataset, paths: Paths) -> DatasetReference:
    num_photos = int((dataset.usable["split"] != "test").sum())
    return DatasetReference(dataset.name, paths.reference(dataset.folder), dataset.fingerprint, num_photos)


def _sentence(error: BaseException) -> str:
    if isinstance(error, TuskscopeError):
        return str(error)
    if found := storage_error(error):
        return str(found)
    if isinstance(error, MemoryError):
        return "The memory was not enough. Lower batch_size or image_size and train again."
    return f"The training stopped by an unexpected {type(error).__name__}. The log has the details."
