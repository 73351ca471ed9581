"""A run's prediction sets rest on its validation photos alone, and it says so when there are too few."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.errors import RunInvalidError
from core.files import write_parquet
from core.prediction.scoring.chunk import score_chunk
from core.prediction.scoring.plan import read_plan
from core.prediction.scoring.planning import make_plan
from core.prediction.scoring.results import tables
from core.prediction.sets import sets_of


def held_out(run, folder, split="validation", n=40):
    """The run with predictions of so many photos: half right and sure, half nearly undecided."""
    label = np.array(run.class_names)[np.arange(n) % 2]
    own = np.where(np.arange(n) % 4 < 2, 0.9, 0.4)
    table = pd.DataFrame({"split": split, "given_label": label})
    for name in run.class_names:
        table[f"probability_{name}"] = np.where(label == name, own, 1 - own)
    write_parquet(folder / "predictions.parquet", table)
    return replace(run, folder=folder)


def test_validation_photos_decide_and_test_photos_do_not(quick_run, tmp_path):
    sets = sets_of(held_out(quick_run, tmp_path), 0.95)
    assert sets.n == {"African": 20, "Asian": 20} and sets.least == pytest.approx({"African": 0.4, "Asian": 0.4})
    with pytest.raises(RunInvalidError, match="African has 0"):
        sets_of(held_out(quick_run, tmp_path, "test"))


@pytest.mark.parametrize("content", [None, b"nothing"])
def test_a_run_without_predictions_says_what_is_missing(quick_run, tmp_path, content):
    if content:
        (tmp_path / "predictions.parquet").write_bytes(content)
    with pytest.raises(RunInvalidError, match="no predictions of held-out photos"):
        sets_of(replace(quick_run, folder=tmp_path))


def test_a_scoring_holds_the_sets_or_says_why_not(quick_run, trained_paths, tmp_path, monkeypatch):
    photos = trained_paths.data_dir / "world" / "test" / "Asian"
    plan = make_plan(photos, quick_run, tmp_path / "without")
    assert plan.sets is None and "need 19 held-out photos of each class" in plan.notes[-1]
    monkeypatch.setattr(
        "core.prediction.scoring.planning.sets_of", lambda run: sets_of(held_out(run, tmp_path, n=40), 0.95)
    )
    make_plan(photos, quick_run, tmp_path / "with")
    score_chunk(tmp_path / "with", 0, trained_paths)
    plan = read_plan(tmp_path / "with")
    rows = [row for table in tables(tmp_path / "with", plan) for row in table.to_pylist()]
    assert rows and all(row["prediction_set"].split("|")[0] == row["label"] for row in rows)
