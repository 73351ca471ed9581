"""A labelled dataset goes out as folders, CSV and imagefolder, and comes back equal."""

import pytest
from conftest import COLOURS, draw_photo

from core.dataset.classes import add_classes
from core.dataset.decisions import decide, decide_all
from core.dataset.index import index_dataset
from core.dataset.labelled_export import export_labelled, import_labels, labels_csv, metadata_files
from core.dataset.labelling import labelled
from core.errors import DatasetError

NUM = 9


@pytest.fixture
def card(paths):
    """Labelled photos of two colours; one is excluded and two have no label."""
    folder = paths.data_dir / "card"
    for number, (name, colour) in enumerate(COLOURS.items()):
        for index in range(NUM):
            draw_photo(folder / f"{name}_{index:03d}.png", colour, number * 1000 + index)
    dataset = index_dataset(folder, paths)
    add_classes(dataset, COLOURS)
    dataset = labelled(dataset)
    for name in COLOURS:
        decide_all(dataset, [f"{name}_{index:03d}.png" for index in range(NUM - 1)], "relabel", name)
    decide(dataset, "African_000.png", "exclude")
    return labelled(dataset)


def told(dataset, with_split=True):
    rows = dataset.reviewed()
    rows = rows[rows["label"] != ""]
    return {row.sha256: (row.label, row.split if with_split else "") for row in rows.itertuples()}


def test_class_folders_are_a_dataset_with_the_same_labels_and_splits(card, paths, tmp_path):
    assert export_labelled(card, tmp_path / "out", "folders") == 2 * NUM - 3
    back = index_dataset(tmp_path / "out", paths)
    assert told(back) == told(card) and (back.usable["label"] != "").all()
    assert len(list(tmp_path.iterdir())) == len({"data", "models", "out"})


def test_photos_of_one_name_stay_apart(paths, tmp_path):
    for number, name in enumerate(COLOURS):
        for day in ("monday", "tuesday"):
            draw_photo(paths.data_dir / "days" / name / day / "photo.png", COLOURS[name], 10 * number + len(day))
    dataset = index_dataset(paths.data_dir / "days", paths)
    assert export_labelled(dataset, tmp_path / "out", "folders") == 4
    assert told(index_dataset(tmp_path / "out", paths)) == told(dataset)


def test_an_imagefolder_comes_back_with_its_metadata(card, paths, tmp_path):
    export_labelled(card, tmp_path / "out", "imagefolder")
    lines = (tmp_path / "out" / "train" / "metadata.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "file_name,label" and (tmp_path / "out" / "train" / lines[1].split(",")[0]).is_file()
    back = index_dataset(tmp_path / "out", paths)
    assert back.class_names == ()
    for folder, file in metadata_files(back).items():
        import_labels(back, file.read_bytes(), folder)
    assert told(labelled(back)) == told(card)


def test_a_csv_gives_another_copy_the_same_labels_once(card, paths, tmp_path):
    content = labels_csv(card).encode()
    other = tmp_path / "other"
    other.mkdir()
    for number, photo in enumerate(sorted(card.folder.rglob("*.png"))):
        (other / f"{number}.png").write_bytes(photo.read_bytes())
    back = index_dataset(other, paths)
    assert import_labels(back, content).added == 2 * NUM - 3
    assert told(labelled(back), with_split=False) == told(card, with_split=False)
    again = import_labels(labelled(back), content)
    assert (again.added, again.unchanged) == (0, 2 * NUM - 3)


def test_lines_that_name_no_photo_are_told_and_the_others_count(card):
    done = import_labels(card, b"path,label\nAfrican_008.png,Asian\nnowhere.png,Asian\n")
    assert (done.added, len(done.refused)) == (1, 1) and "Line 3" in done.refused[0]


@pytest.mark.parametrize("content", [b"", b"path,action\na.png,keep\n", b"\xff\xfe\x00", b"label\nAsian\n"])
def test_what_is_no_table_of_labels_is_refused(card, content):
    with pytest.raises(DatasetError, match="CSV"):
        import_labels(card, content)


def test_a_folder_with_files_is_never_written_into(card, tmp_path, world):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(DatasetError, match="new or empty"):
        export_labelled(card, tmp_path / "full", "folders")
    assert [file.name for file in (tmp_path / "full").iterdir()] == ["mine.txt"]


def test_without_labels_there_is_nothing_to_export(paths, tmp_path):
    draw_photo(paths.data_dir / "bare" / "a.png", (1, 2, 3), 1)
    with pytest.raises(DatasetError, match="Label some first"):
        export_labelled(index_dataset(paths.data_dir / "bare", paths), tmp_path / "out", "folders")
