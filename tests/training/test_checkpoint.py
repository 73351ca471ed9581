"""A training from scratch that was killed goes on from its last epoch."""

import numpy as np
import pytest
from conftest import draw_world

from core.dataset.index import index_dataset
from core.errors import TrainingError
from core.runs import registry
from core.runs.contents import DatasetReference
from core.runs.presets import preset
from core.runs.staging import CHECKPOINT_FILE, STAGING_PREFIX, stage
from core.training.checkpoint import Checkpoint, Reached
from core.workflows.train import train, train_staged

CONFIG = preset("baseline-cnn", epochs=4, image_size=(32, 32), batch_size=8)


class Killed(BaseException):
    """Stands for SIGKILL: nothing is cleaned up after it."""


def interrupted(paths, config, epoch, monkeypatch):
    """Trains until the end of an epoch and leaves what a killed process leaves."""
    stage(paths, "run-1", config, DatasetReference("world", "world"), "queued")

    def listen(progress):
        if progress.epoch > epoch:
            raise Killed

    with monkeypatch.context() as patch, pytest.raises(TrainingError):
        patch.setattr("core.workflows.train.publish", lambda *_, **__: None)
        patch.setattr("core.workflows.train.CHECKPOINT_FILE", "no-such-file")
        train_staged(paths, "run-1", listen)
    return paths.models_dir / (STAGING_PREFIX + "run-1")


def test_a_state_comes_back_as_it_was_kept(tmp_path):
    rows = [{"epoch": 1, "loss": 0.5, "accuracy": 0.6}, {"epoch": 2, "loss": 0.4, "accuracy": 0.7, "val_loss": 0.3}]
    arrays = [np.arange(6, dtype=np.float32).reshape(2, 3), np.array(7)]
    Checkpoint(tmp_path / "c.npz", "key").save(Reached(rows, arrays, arrays[:1], [], 1, True))
    found = Checkpoint(tmp_path / "c.npz", "key").load()
    assert (found.rows, found.best, found.best_epoch, found.stopped) == (rows, [], 1, True)
    assert all(np.array_equal(*pair) for pair in zip(found.weights, arrays, strict=True))
    assert len(found.optimizer) == 1
    assert Checkpoint(tmp_path / "c.npz", "other photos").load() is None
    (tmp_path / "c.npz").write_bytes((tmp_path / "c.npz").read_bytes()[:100])
    assert Checkpoint(tmp_path / "c.npz", "key").load() is None


@pytest.mark.slow
def test_T5_a_killed_training_goes_on_from_its_last_epoch_and_its_curve_is_whole(paths, monkeypatch):
    index_dataset(draw_world(paths.data_dir / "world", num_train=12), paths)
    monkeypatch.setattr("core.training.fit.Keeper._MAX_SHARE", 1e9)
    folder = interrupted(paths, CONFIG, 2, monkeypatch)
    before = (folder / "history.csv").read_text().splitlines()
    assert len(before) >= 3 and (folder / CHECKPOINT_FILE).exists()
    train_staged(paths, "run-1")
    run = registry.load(paths, "run-1")
    assert run.state == "succeeded" and not (run.folder / CHECKPOINT_FILE).exists()
    assert (run.folder / "history.csv").read_text().splitlines()[:3] == before[:3]
    assert list(run.history["epoch"]) == [1, 2, 3, 4]


@pytest.mark.slow
def test_early_stopping_remembers_its_best_epoch_over_an_interruption(paths, monkeypatch):
    monkeypatch.setattr("core.training.fit.Keeper._MAX_SHARE", 1e9)
    from core.networks.networks import baseline_cnn
    from core.training.fit import Arrays, fit

    random = np.random.default_rng(0)
    arrays = Arrays(random.integers(0, 255, (24, 32, 32, 3), np.uint8), random.integers(0, 2, 24))
    config = preset(
        "baseline-cnn", epochs=6, image_size=(32, 32), batch_size=8, early_stopping_patience=2, learning_rate=0.01
    )

    def fitted(folder, stop_after=None):
        rows = []

        def on_epoch(row):
            rows.append(row)
            if row["epoch"] == stop_after:
                raise Killed

        folder.mkdir(exist_ok=True)
        model = baseline_cnn((32, 32), 2, 0.0, 0)
        fit(model, arrays, arrays, config, on_epoch=on_epoch, checkpoint=Checkpoint(folder / "c.npz", "key"))
        return model, rows

    folder = paths.data_dir / "interrupted"
    with pytest.raises(Killed):
        fitted(folder, stop_after=3)
    kept = Checkpoint(folder / "c.npz", "key").load()
    assert len(kept.rows) == 2 and kept.best
    _, rows = fitted(folder)
    assert [row["epoch"] for row in rows] == list(range(1, len(rows) + 1)) and rows[:2] == kept.rows
    again, more = fitted(folder)  # killed after the fit, before the model was written
    assert more == rows
    best = Checkpoint(folder / "c.npz", "key").load().best
    assert all(np.allclose(*pair) for pair in zip(again.get_weights(), best, strict=True))


def test_a_finished_run_keeps_no_checkpoint(paths):
    dataset = index_dataset(draw_world(paths.data_dir / "world", num_train=12), paths)
    run = train(preset("baseline-cnn", epochs=1, image_size=(32, 32)), dataset, paths)
    assert not (run.folder / CHECKPOINT_FILE).exists()
