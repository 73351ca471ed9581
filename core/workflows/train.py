"""Training from start to end: labels, split, recipe, evaluation, reload check, publication."""

import math
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np

from core.dataset.images import decode
from core.dataset.index import Dataset, index_dataset
from core.errors import TrainingError, TuskscopeError
from core.evaluation.learned import LEARNED_FILE, near_copies, write_learned
from core.files import storage_error, write_json, write_parquet
from core.jobs.lease import kept_lease
from core.jobs.staged import ATTEMPT
from core.metrics import Labels, from_table, predictions_table
from core.paths import Paths
from core.prediction.predictor import Predictor
from core.runs import registry
from core.runs.config import TrainingConfig
from core.runs.contents import DatasetReference
from core.runs.folder import Run
from core.runs.promotions import history
from core.runs.reporter import Listener, Reporter
from core.runs.staging import CHECKPOINT_FILE, free_run_id, publish, run_kind, stage, write
from core.training.context import Trained, TrainingContext
from core.training.recipes import RECIPES
from core.workflows.card import CARD_FILE, write_card
from core.workflows.choose_photos import choose_photos

_RESULTS = ("model.keras", "model.tflite", "evaluation.json", "predictions.parquet", LEARNED_FILE, CARD_FILE)
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
    run_id = run_id or free_run_id(paths, run_kind(config, bool(dataset.decisions())))
    run = stage(paths, run_id, config, _describe(dataset, paths), "running")
    return _finish(run, paths, progress, lambda report: dataset)


def train_staged(paths: Paths, run_id: str, progress: Listener | None = None) -> Run:
    """Trains a run that was queued before, from where an earlier start of it came to; see `train`."""
    run = write(registry.load(paths, run_id), state="running")

    def open_dataset(report: Reporter) -> Dataset:
        folder = paths.dataset_folder(run.dataset.folder)
        return index_dataset(folder, paths, partial(report, "read the dataset"))

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

    def seconds() -> float:
        return round(time.monotonic() - started, 1)

    try:
        with _cancel_on_sigterm(), kept_lease(run.folder, attempt):
            dataset = open_dataset(reporter)
            run = _work(run, dataset, paths, reporter)
            run = replace(run, seconds=seconds())
            write_card(run, dataset)
        reporter.close()
        (run.folder / CHECKPOINT_FILE).unlink(missing_ok=True)
        run = publish(run, paths, state="succeeded")
    except BaseException as error:
        cancelled = isinstance(error, Cancelled | KeyboardInterrupt)
        expected = cancelled or isinstance(error, TuskscopeError)
        if not expected:
            reporter.log(traceback.format_exc())
        reporter.close()
        message = "Cancelled." if cancelled else _sentence(error, paths.dataset_folder(run.dataset.folder))
        for name in (*_RESULTS, CHECKPOINT_FILE):
            (run.folder / name).unlink(missing_ok=True)
        publish(run, paths, state="cancelled" if cancelled else "failed", message=message, seconds=seconds())
        if expected:
            raise
        raise TrainingError(message) from error
    if registry.active_id(paths) is None and not history(paths):  # the very first run has none to be compared with
        registry.promote(paths, run.run_id)
    return run


def _work(run: Run, dataset: Dataset, paths: Paths, report: Reporter) -> Run:
    config = run.config
    used = dataset.decisions() if config.labels == "reviewed" else {}
    chosen = choose_photos(dataset, used, config)
    table, class_names = chosen.table, chosen.class_names
    run = write(
        run,
        class_names=class_names,
        labels="reviewed" if used else "given",
        dataset=replace(_describe(dataset, paths), decisions=tuple(used.values())),
        uncertain_below=config.uncertain_below,
    )
    context = TrainingContext(run, dataset, table, paths, report)
    trained = RECIPES[config.network](context)
    doubt = trained.calibration.uncertain_below if trained.calibration else config.uncertain_below
    run = write(run, subject=trained.subject, calibration=trained.calibration, uncertain_below=doubt)
    report("check the written model", 0, 1)
    _check_reload(run, context, trained)
    report("evaluate", 0, 1)
    decided = dataset.usable.loc[dataset.usable["sha256"].isin(used), "split"]
    _evaluate(context, trained, test_labels="reviewed" if "test" in set(decided) else "given")
    return write(run, message=" ".join(chosen.notes))


def _evaluate(context: TrainingContext, trained: Trained, test_labels: Labels) -> None:
    """Writes the predictions of the held-out photos and their figures; says `reviewed` only where it is true.

    A photo that was learned from, under another name or as a copy in another split, is not held out.
    """
    run, table, images = context.run, context.table, context.table["sha256"]
    write_learned(run.folder, table[~context.rows("test")], trained.learned[~context.rows("test")])
    seen = {"validation": context.rows("train"), "test": ~context.rows("test")}
    known = {split: context.rows(split) & images.isin(images[rows]).to_numpy() for split, rows in seen.items()}
    rows = ~context.rows("train") & ~known["validation"] & ~known["test"] & trained.unseen
    predictions = predictions_table(table[rows], trained.probabilities[rows], run.class_names)
    write_parquet(run.folder / "predictions.parquet", predictions)
    labels, results = {"validation": run.labels, "test": test_labels}, {}
    for split in labels:
        own = rows & context.rows(split)
        if own.any():
            found = from_table(predictions, split, run.class_names, labels[split])
            copies = int(near_copies(table[own], table[seen[split]]).sum())
            results[split] = asdict(replace(found, learned=int(known[split].sum()), near_copies=copies))
    write_json(run.folder / "evaluation.json", results)


def _check_reload(run: Run, context: TrainingContext, trained: Trained) -> None:
    """Loads the written model as the server will and compares it with what was trained, on eight photos."""
    predictor, files = Predictor(run), context.table["path"]
    for position in np.linspace(0, len(files) - 1, min(8, len(files))).astype(int):
        prediction = predictor.predict([decode(context.dataset.folder / files.iloc[position])])[0]
        difference = np.abs(np.array(list(prediction.probabilities.values())) - trained.final[position]).max()
        if difference > _RELOAD_TOLERANCE:
            raise TrainingError(
                f"The written model differs from the trained one by {difference:.3f} in a probability. Train again."
            )
        if trained.subject_scores is None:
            continue
        score = math.nan if prediction.subject_score is None else prediction.subject_score
        difference = abs(score - trained.subject_scores[position])
        if not difference <= _SUBJECT_TOLERANCE:  # NaN is not
            raise TrainingError(f"The written model differs by {difference:.3f} in the subject score. Train again.")


@contextmanager
def _cancel_on_sigterm() -> Iterator[None]:
    """SIGTERM ends a training cleanly; only the main thread may install handlers."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def cancel(*_: object) -> None:
        raise Cancelled

    previous = signal.signal(signal.SIGTERM, cancel)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _describe(dataset: Dataset, paths: Paths) -> DatasetReference:
    num_photos = int((dataset.usable["split"] != "test").sum())
    return DatasetReference(dataset.name, paths.reference(dataset.folder), dataset.fingerprint, num_photos)


def _sentence(error: BaseException, photos: Path) -> str:
    if isinstance(error, TuskscopeError):
        return str(error)
    if found := storage_error(error):
        return str(found)
    if isinstance(error, FileNotFoundError) and Path(str(error.filename)).is_relative_to(photos):
        return "A photo was removed or renamed while the training read the dataset. Train again."
    if isinstance(error, MemoryError):
        return "The memory was not enough. Lower batch_size or image_size and train again."
    return f"The training stopped by an unexpected {type(error).__name__}. The log has the details."
