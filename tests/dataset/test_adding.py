"""Photos are added to a dataset that is there: copies only, named where they are left out, test photos untouched."""

import shutil
import zipfile

import pytest
from conftest import COLOURS, draw_photo, draw_world

from core.dataset import adding, decisions, set_aside
from core.dataset.adding import NewPhoto, add_photos, inspect_addition, photos_of
from core.dataset.index import index_dataset
from core.errors import DatasetError


@pytest.fixture
def more(tmp_path):
    """Two new photos of a class, a copy of one that is there, and a broken one; two new test photos."""
    folder = tmp_path / "more photos"
    for seed in (9001, 9002):
        draw_photo(folder / "train" / "African" / f"train_00{seed % 10}.png", COLOURS["African"], seed)
        draw_photo(folder / "test" / "Asian" / f"t{seed}.png", COLOURS["Asian"], seed)
    draw_photo(folder / "train" / "Asian" / "copy.png", COLOURS["Asian"], 1000)
    (folder / "train" / "Asian" / "broken.jpg").write_bytes(b"\xff\xd8 not a photo")
    return folder


def zipped(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        for file in sorted(folder.rglob("*.*")):
            archive.write(file, file.relative_to(folder))
    return tmp_path / "more.zip"


def bytes_of(data):
    return {path: (data.folder / path).read_bytes() for path in data.table["path"]}


@pytest.mark.parametrize("as_zip", [False, True])
def test_new_photos_are_copied_and_what_is_left_out_is_named(world, paths, more, tmp_path, as_zip):
    before = bytes_of(world)
    with photos_of(zipped(more, tmp_path) if as_zip else more) as offered:
        report = inspect_addition(offered.photos, world)
        assert bytes_of(index_dataset(world.folder, paths)) == before  # a report writes nothing
        assert add_photos(offered.photos, world, paths) == report
    assert report.counts == {"train": {"African": 2}} and report.num_photos == 2 and report.num_test == 2
    said = " ".join(report.warnings)
    assert "1 file (“copy.png”) not added: exact copies of photos that are there already." in said
    assert "1 file (“broken.jpg”) not added: they cannot be used" in said
    assert "2 files (“t9001.png”, “t9002.png”) of a test folder not added: the test photos stay" in said
    after = index_dataset(world.folder, paths)
    assert {path: after_bytes for path, after_bytes in bytes_of(after).items() if path in before} == before
    assert set(bytes_of(after)) - set(before) == {
        "train/African/train_001-2.png",  # the names were taken
        "train/African/train_002-2.png",
    }
    assert list(paths.data_dir.glob(".staging*")) == []


def test_test_photos_come_only_when_they_are_asked_for_and_it_says_what_that_changes(world, paths, more):
    with photos_of(more) as offered:
        report = add_photos(offered.photos, world, paths, with_test=True)
    assert report.counts["test"] == {"Asian": 2}
    assert report.warnings[0] == "2 are test photos: figures of earlier runs are of the test photos before."
    assert (index_dataset(world.folder, paths).usable["split"] == "test").sum() == 10


def test_photos_without_a_class_need_one_and_a_second_time_adds_nothing(world, paths, tmp_path):
    for seed in (1, 2, 3):
        draw_photo(tmp_path / "heap" / f"IMG {seed}.png", COLOURS["Asian"], 7000 + seed)
    with photos_of(tmp_path / "heap") as offered:
        report = inspect_addition(offered.photos, world)
        assert report.num_photos == 0 and report.refusals and "choose what they show" in report.warnings[0]
    (tmp_path / "heap" / "test" / "Asian").mkdir(parents=True)
    (tmp_path / "heap" / "IMG 3.png").rename(tmp_path / "heap" / "test" / "Asian" / "IMG 3.png")
    with photos_of(tmp_path / "heap") as offered:  # those beside the split folders are no less named
        assert "2 files (“IMG 1.png”, “IMG 2.png”) not added" in " ".join(
            inspect_addition(offered.photos, world).warnings
        )
    (tmp_path / "heap" / "test" / "Asian" / "IMG 3.png").rename(tmp_path / "heap" / "IMG 3.png")
    with photos_of(tmp_path / "heap", label="Asian") as offered:
        assert add_photos(offered.photos, world, paths).counts == {"train": {"Asian": 3}}
    again = index_dataset(world.folder, paths)
    with photos_of(tmp_path / "heap", label="Asian") as offered, pytest.raises(DatasetError, match="no new photo"):
        add_photos(offered.photos, again, paths)


def test_classes_are_matched_by_spelling_and_new_ones_announced(world, paths, tmp_path):
    draw_photo(tmp_path / "z" / "african" / "a.png", COLOURS["African"], 7100)
    draw_photo(tmp_path / "z" / "Forest elephant" / "a.png", (40, 160, 60), 7101)
    with photos_of(tmp_path / "z") as offered:
        report = add_photos(offered.photos, world, paths)
    assert report.counts == {"train": {"African": 1, "Forest elephant": 1}}
    assert "New classes, which no model has learned yet: “Forest elephant”." in report.warnings
    assert index_dataset(world.folder, paths).class_names == ("African", "Asian", "Forest elephant")


def test_test_photos_set_aside_stay_the_same_when_photos_come(paths, tmp_path, more):
    folder = draw_world(tmp_path / "w", num_train=10, num_test=0) / "train"
    shutil.move(folder, paths.data_dir / "plain")
    plain = index_dataset(paths.data_dir / "plain", paths)
    set_aside.set_aside(plain)
    before = index_dataset(plain.folder, paths).usable.query("split == 'test'")["path"].tolist()
    with photos_of(more) as offered:
        report = add_photos(offered.photos, plain, paths, with_test=True)
    assert report.counts == {"train": {"African": 2}}
    assert "this dataset has no test folder" in " ".join(report.warnings)
    after = index_dataset(plain.folder, paths)
    assert after.usable.query("split == 'test'")["path"].tolist() == before
    assert "African/train_001-2.png" in set(after.usable["path"])


def test_unlabelled_photos_stay_unlabelled(paths, tmp_path):
    for seed in range(3):
        draw_photo(paths.data_dir / "heap" / f"{seed}.png", COLOURS["Asian"], 7000 + seed)
    new = draw_photo(tmp_path / "Asian" / "x.png", COLOURS["Asian"], 7200)
    heap = index_dataset(paths.data_dir / "heap", paths)
    report = add_photos([NewPhoto("../.x.png", "Asian", "train", new.read_bytes)], heap, paths)
    assert "is unlabelled, so the class folders are not kept" in report.warnings[0]
    assert (heap.folder / "x.png").read_bytes() == new.read_bytes()


def test_a_folder_opened_by_its_path_is_not_written_to_but_can_be_copied_with_its_decisions(paths, tmp_path, more):
    outside = index_dataset(draw_world(tmp_path / "my photos"), paths)
    path = outside.usable["path"].iloc[0]
    decisions.decide(outside, path, "exclude")
    before = bytes_of(outside)
    with photos_of(more) as offered, pytest.raises(DatasetError, match="belongs to its owner"):
        add_photos(offered.photos, outside, paths)
    copied = index_dataset(adding.copy_dataset(outside, "mine", paths), paths)
    assert bytes_of(outside) == before == bytes_of(copied) and adding.is_ours(copied, paths)
    assert [item.path for item in copied.decisions().values()] == [path]
    with photos_of(more) as offered:
        assert add_photos(offered.photos, copied, paths).num_photos == 2
