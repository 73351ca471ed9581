"""Folders opened by their path, photos set aside for test, and the deletion of what was derived."""

import pytest
from conftest import draw_photo, draw_world

from core.dataset import decisions, opened, set_aside
from core.dataset.index import TEST_PHOTOS_FILE, index_dataset
from core.errors import DatasetError


@pytest.fixture
def elsewhere(tmp_path):
    return draw_world(tmp_path / "my photos (2026)")


def test_a_folder_opened_by_its_path_is_known_by_name_on_every_later_visit(paths, elsewhere):
    assert opened.remember(paths, elsewhere) == "my photos (2026)"
    assert opened.remember(paths, elsewhere) == "my photos (2026)"  # once
    assert opened.datasets(paths) == {"my photos (2026)": elsewhere}


def test_two_folders_of_one_name_are_told_apart(paths, world, tmp_path):
    other = draw_world(tmp_path / "other" / "world")
    third = draw_world(tmp_path / "third" / "world")
    assert [opened.remember(paths, folder) for folder in (world.folder, other, third)] == [
        "world",
        "world-2",
        "world-3",
    ]
    assert opened.datasets(paths)["world"] == world.folder


@pytest.mark.parametrize("content", ["", "[1]", "null", "{", '"x"'])
def test_a_damaged_list_of_folders_is_an_empty_one(paths, world, content):
    paths.shared_cache_dir.mkdir(exist_ok=True)
    (paths.shared_cache_dir / "folders.json").write_text(content, encoding="utf-8")
    assert list(opened.datasets(paths)) == ["world"]


def test_an_opened_folder_is_renamed_and_forgotten_and_its_photos_stay(paths, elsewhere, world):
    name = opened.remember(paths, elsewhere)
    opened.rename(paths, name, "Field trip")
    assert opened.opened(paths) == {"Field trip": elsewhere}
    for bad in ("", "a/b", ".hidden", "world"):
        with pytest.raises(DatasetError):
            opened.rename(paths, "Field trip", bad)
    with pytest.raises(DatasetError):
        opened.rename(paths, "world", "another")
    opened.forget(paths, "Field trip")
    assert list(opened.datasets(paths)) == ["world"]
    assert len(index_dataset(elsewhere, paths).usable) == 24


def test_deleting_derived_files_keeps_decisions_and_photos_set_aside(paths, elsewhere):
    data = index_dataset(elsewhere, paths)
    decisions.decide(data, data.usable["path"].iloc[0], "exclude")
    (data.cache_dir / TEST_PHOTOS_FILE).write_text('{"images": []}', encoding="utf-8")
    assert opened.delete_derived(paths, elsewhere) > 0
    assert {child.name for child in data.cache_dir.iterdir()} == {"decisions.jsonl", TEST_PHOTOS_FILE}
    again = index_dataset(elsewhere, paths)
    assert again.fingerprint == data.fingerprint and len(again.decisions()) == 1


@pytest.fixture
def plain(paths, tmp_path):
    """Two classes without splits; one photo lies there three times."""
    folder = tmp_path / "plain"
    for number, name in enumerate(("cat", "dog")):
        for index in range(15):
            draw_photo(folder / name / f"{index:02d}.png", (60 + 120 * number, 90, 60), 1000 * number + index)
    for copy in ("copy-a", "copy-b"):
        (folder / "cat" / f"{copy}.png").write_bytes((folder / "cat" / "00.png").read_bytes())
    return index_dataset(folder, paths)


def test_a_fifth_of_every_class_is_set_aside_for_test_and_no_file_is_moved(plain, paths):
    before = sorted(plain.folder.rglob("*"))
    number = set_aside.set_aside(plain)
    after = index_dataset(plain.folder, paths)
    assert sorted(plain.folder.rglob("*")) == before
    test = after.usable[after.usable["split"] == "test"]
    assert len(test) == number and 4 <= number <= 9
    assert set(test["label"]) == {"cat", "dog"}
    assert not set(test["sha256"]) & set(after.usable.loc[after.usable["split"] != "test", "sha256"])
    assert after.fingerprint != plain.fingerprint and not after.is_plain


def test_it_can_be_taken_back_and_is_not_done_twice(plain, paths):
    set_aside.set_aside(plain)
    after = index_dataset(plain.folder, paths)
    assert set_aside.is_set_aside(after)
    with pytest.raises(DatasetError, match="has test photos already"):
        set_aside.set_aside(after)
    set_aside.put_back(after)
    assert index_dataset(plain.folder, paths).fingerprint == plain.fingerprint


def test_classes_too_small_for_both_sides_are_refused_in_a_sentence(paths, tmp_path):
    draw_photo(tmp_path / "few" / "cat" / "a.png", (200, 90, 60), 1)
    draw_photo(tmp_path / "few" / "dog" / "a.png", (60, 90, 200), 2)
    with pytest.raises(DatasetError, match="at least two photos each"):
        set_aside.set_aside(index_dataset(tmp_path / "few", paths))


def test_a_damaged_list_of_test_photos_is_said_and_never_trained_on(plain, paths):
    (plain.cache_dir / TEST_PHOTOS_FILE).write_text("{", encoding="utf-8")
    with pytest.raises(DatasetError, match="set aside for test cannot be read"):
        index_dataset(plain.folder, paths)
