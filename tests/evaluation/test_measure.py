"""A run is measured on photos it has not seen, known by their content, and by what was said of these very photos."""

import shutil
from dataclasses import replace

import pandas as pd
import pytest
from conftest import COLOURS, draw_photo, draw_world, use_backbones
from PIL import Image

from core.dataset.index import index_dataset
from core.errors import DatasetError
from core.evaluation.learned import LEARNED_FILE, learned_photos
from core.evaluation.measure import judged_by, measure, select_rows
from core.paths import Paths
from core.runs.presets import preset
from core.workflows.train import train


@pytest.fixture(scope="module")
def plain(tmp_path_factory, backbones):
    """A folder without splits, and a run that has learned all of it in the end."""
    root = tmp_path_factory.mktemp("plain")
    paths = use_backbones(Paths(data_dir=root / "data", models_dir=root / "models"), backbones)
    draw_world(root / "drawn")
    shutil.copytree(root / "drawn" / "train", paths.data_dir / "world")
    dataset = index_dataset(paths.data_dir / "world", paths)
    return train(preset("quick"), dataset, paths, run_id="plain"), dataset, paths


@pytest.fixture
def copy(plain, tmp_path):
    """A copy of the folder to change."""
    shutil.copytree(plain[1].folder, tmp_path / "copy")
    return tmp_path / "copy"


def test_a_run_lists_the_photos_it_has_seen(plain):
    run, dataset, _ = plain
    assert set(learned_photos(run)["sha256"]) == set(dataset.usable["sha256"])
    assert LEARNED_FILE in run.files


def test_learned_photos_never_count_as_test(plain, copy):
    run, dataset, paths = plain
    with pytest.raises(DatasetError, match="learned from all 16 photos"):
        measure(run, dataset)
    draw_photo(copy / "African" / "new.png", COLOURS["African"], 4711)
    (copy / "Asian" / "train_000.png").rename(copy / "Asian" / "renamed.png")
    result, _ = measure(run, index_dataset(copy, paths))
    assert (result.n, result.learned, result.near_copies) == (1, 16, 0)
    assert "left out, because it has learned from them: 16 photos" in result.sentence()
    assert "no photo of Asian among them" in result.sentence()


def test_photos_that_moved_from_train_to_test_stay_learned(plain, tmp_path):
    run, dataset, paths = plain
    for split, names in (("train", ("train_000", "train_001")), ("test", ("train_002", "new"))):
        for label in COLOURS:
            for name in names:
                target = tmp_path / "moved" / split / label / f"{name}.png"
                target.parent.mkdir(parents=True, exist_ok=True)
                if name == "new":
                    draw_photo(target, COLOURS[label], 99 + len(label))
                else:
                    shutil.copy(dataset.folder / label / f"{name}.png", target)
    result, _ = measure(run, index_dataset(tmp_path / "moved", paths))
    assert (result.n, result.learned) == (2, 2)


def test_near_copies_of_learned_photos_are_counted_and_said(plain, copy):
    run, _, paths = plain
    photo = next((copy / "African").iterdir())
    Image.open(photo).save(copy / "African" / "again.webp", lossless=True)
    result, _ = measure(run, index_dataset(copy, paths))
    assert (result.n, result.learned, result.near_copies) == (1, 16, 1)
    assert "1 of the photos is a near copy of training photos" in result.sentence()


def test_carved_validation_photos_are_judged_by_what_was_said_before_they_were_learned(plain):
    run, dataset, _ = plain
    result, _ = measure(run, dataset, "validation")
    assert result.accuracy == run.evaluation["validation"].accuracy
    held_out = run.predictions.loc[run.predictions["split"] == "validation", "sha256"]
    assert set(select_rows(run, dataset, "validation")["sha256"]) == set(held_out)


def test_a_run_from_before_photos_were_listed_says_so(plain, copy, tmp_path):
    run, dataset, paths = plain
    shutil.copytree(run.folder, tmp_path / "old")
    (tmp_path / "old" / LEARNED_FILE).unlink()
    old = replace(run, folder=tmp_path / "old")
    with pytest.raises(DatasetError, match="learned from all"):
        measure(old, dataset)  # its own photos, unchanged
    draw_photo(copy / "African" / "new.png", COLOURS["African"], 4711)
    result, _ = measure(old, index_dataset(copy, paths))
    assert result.learned is None and "does not record which photos it has learned from" in result.sentence()


def test_an_answer_belongs_to_a_photos_content_and_not_to_its_name(plain, copy):
    run, _, paths = plain
    said = run.predictions
    path = said["path"].iloc[0]
    shutil.move(copy / path, copy / "Asian" / "elsewhere.png")
    draw_photo(copy / path, (20, 200, 20), 5)  # another photo under the old name
    found = judged_by(said, index_dataset(copy, paths), "given", {})
    row = found[found["sha256"] == said["sha256"].iloc[0]].iloc[0]
    assert (row["path"], row["given_label"]) == ("Asian/elsewhere.png", "Asian")
    assert path not in set(found["path"]) and len(found) == len(said)
    assert judged_by(pd.DataFrame(), index_dataset(copy, paths), "given", {}).empty


def test_a_test_photo_that_is_also_in_train_is_left_out_of_the_figure(paths, backbones):
    use_backbones(paths, backbones)
    folder = draw_world(paths.data_dir / "world")
    shutil.copy(folder / "train" / "Asian" / "train_003.png", folder / "test" / "Asian" / "known.png")
    run = train(preset("quick"), index_dataset(folder, paths), paths)
    assert (run.evaluation["test"].n, run.evaluation["test"].learned) == (8, 1)
    assert not run.predictions["path"].str.contains("known").any()
