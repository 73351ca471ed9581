"""A folder becomes a table, whatever lies in it."""

import pytest
from conftest import COLOURS, draw_photo, draw_world

from core.dataset.index import index_dataset
from core.dataset.splits import folds, with_validation
from core.errors import DatasetError


def test_lists_every_photo_with_its_class_split_and_size(world):
    assert world.class_names == ("African", "Asian")
    assert len(world.table) == 24
    assert world.table["split"].value_counts().to_dict() == {"train": 16, "test": 8}
    assert set(world.table["width"]) == {64} and set(world.table["height"]) == {48}
    assert world.table["sha256"].nunique() == 24
    assert not world.is_plain


def test_T10_bad_files_become_rows_with_their_problem(paths):
    folder = draw_world(paths.data_dir / "world")
    (folder / "train" / "Empty").mkdir()
    (folder / "train" / "African" / "notes.txt").write_text("not a photo")
    (folder / "train" / "African" / "zero.jpg").write_bytes(b"")
    broken = folder / "train" / "Asian" / "broken.png"
    broken.write_bytes(draw_photo(folder / "x.png", (1, 2, 3), 7).read_bytes()[:300])
    (folder / "x.png").rename(folder / "train" / "lost.png")
    problems = index_dataset(folder, paths).table.set_index("path")["problem"]
    found = problems[problems != ""].to_dict()
    assert found == {
        "train/Empty": "empty-class",
        "train/African/notes.txt": "not-an-image",
        "train/African/zero.jpg": "empty-file",
        "train/Asian/broken.png": "corrupt-image",
        "train/lost.png": "outside-class",
    }
    again = index_dataset(folder, paths).table.set_index("path")["problem"]
    assert again.to_dict() == problems.to_dict()


def test_a_plain_folder_is_all_train(paths):
    for name, colour in COLOURS.items():
        draw_photo(paths.data_dir / "plain" / name / "a.jpg", colour, 1)
    dataset = index_dataset(paths.data_dir / "plain", paths)
    assert dataset.is_plain
    assert set(dataset.table["split"]) == {"train"}


@pytest.mark.parametrize("name", ["val", "valid", "validation", "Validation"])
def test_knows_the_usual_names_of_the_validation_folder(paths, name):
    folder = draw_world(paths.data_dir / "world")
    draw_photo(folder / name / "African" / "v.png", COLOURS["African"], 99)
    assert (index_dataset(folder, paths).table["split"] == "validation").sum() == 1


def test_reads_only_what_changed(paths, monkeypatch):
    folder = draw_world(paths.data_dir / "world")
    before = index_dataset(folder, paths)
    draw_photo(folder / "train" / "African" / "new.png", COLOURS["African"], 77)
    (folder / "test" / "Asian" / "test_000.png").unlink()
    read = []
    after = index_dataset(folder, paths, progress=lambda done, total: read.append(total))
    assert set(read) == {1}
    assert len(after.table) == len(before.table)
    assert after.fingerprint != before.fingerprint


def test_a_damaged_cache_is_rebuilt(paths):
    folder = draw_world(paths.data_dir / "world")
    first = index_dataset(folder, paths)
    (first.cache_dir / "index.parquet").write_bytes(b"nonsense")
    assert index_dataset(folder, paths).fingerprint == first.fingerprint


def test_refuses_a_missing_folder_and_one_without_classes(paths):
    with pytest.raises(DatasetError, match="Expected a folder"):
        index_dataset(paths.data_dir / "nothing", paths)
    (paths.data_dir / "bare").mkdir()
    with pytest.raises(DatasetError, match="Expected class folders"):
        index_dataset(paths.data_dir / "bare", paths)


def test_photos_are_never_written_to(paths):
    folder = draw_world(paths.data_dir / "world")
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*.png")}
    index_dataset(folder, paths)
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*.png")} == before
    assert sorted(path.name for path in folder.iterdir()) == ["test", "train"]


def test_the_validation_split_is_stratified_seeded_and_leaves_test_alone(world):
    split = with_validation(world.usable, 0.25, seed=3)
    counts = split.groupby(["split", "label"]).size().to_dict()
    assert counts[("validation", "African")] == counts[("validation", "Asian")] == 2
    assert counts[("test", "African")] == 4
    assert split.equals(with_validation(world.usable, 0.25, seed=3))
    assert not split.equals(with_validation(world.usable, 0.25, seed=4))


def test_copies_of_a_photo_stay_on_one_side(paths):
    folder = draw_world(paths.data_dir / "world")
    for path in sorted((folder / "train" / "African").glob("*.png")):
        (path.parent / f"copy_{path.name}").write_bytes(path.read_bytes())
    table = index_dataset(folder, paths).usable
    split = with_validation(table, 0.2, seed=0)
    assert (split.groupby("sha256")["split"].nunique() == 1).all()
    for fit, held in folds(table, 3):
        assert not set(table["sha256"].iloc[fit]) & set(table["sha256"].iloc[held])


def test_an_own_validation_split_is_kept(paths):
    folder = draw_world(paths.data_dir / "world")
    draw_photo(folder / "val" / "African" / "v.png", COLOURS["African"], 99)
    table = index_dataset(folder, paths).usable
    assert with_validation(table, 0.3, seed=0).equals(table)
