"""Photos without folders of their own: class names are typed, labels are decisions, a random part is kept for test."""

from dataclasses import replace

import pandas as pd
import pytest
from conftest import COLOURS, draw_photo

from core.dataset.classes import (
    ClassChange,
    add_classes,
    ignore_folders,
    merge_classes,
    remove_class,
    rename_class,
    replay,
)
from core.dataset.decisions import decide, decide_all
from core.dataset.exchange import export_csv, import_csv
from core.dataset.index import index_dataset
from core.dataset.labelling import honest_test, labelled
from core.errors import DatasetError, UnknownClassError

NUM = 36


@pytest.fixture
def card(paths):
    """A memory card: photos of two colours in one folder, labelled by nobody."""
    for number, (name, colour) in enumerate(COLOURS.items()):
        for index in range(NUM):
            draw_photo(paths.data_dir / "card" / f"{name[:2]}_{index:03d}.png", colour, number * 1000 + index)
    return index_dataset(paths.data_dir / "card", paths)


def named(dataset, *names):
    add_classes(dataset, names)
    return labelled(dataset)


def photos(start, count=NUM):
    return [f"{start}_{index:03d}.png" for index in range(count)]


def test_typed_classes_are_classes_before_any_photo_has_them(card):
    assert card.class_names == ()
    found = named(card, "Asian", " African ", "Asian")
    assert found.class_names == ("African", "Asian")
    assert found.typed.names == ("Asian", "African")
    assert add_classes(found, ["African"]) == ()


@pytest.mark.parametrize("name", ["", "../x", "a" * 65, "<b>"])
def test_a_name_that_cannot_be_a_class_is_refused(card, name):
    with pytest.raises(DatasetError):
        add_classes(card, ["African", name])
    assert labelled(card).class_names == ()


def test_names_that_differ_in_case_only_are_refused(card):
    with pytest.raises(DatasetError, match="more than case"):
        add_classes(named(card, "Asian"), ["asian"])


def test_a_label_needs_a_class_to_be_named_first(card):
    with pytest.raises(UnknownClassError, match="Name the classes"):
        decide(card, "Af_000.png", "relabel", "African")


def test_a_label_of_an_unlabelled_photo_is_its_given_label_and_no_review(card):
    dataset = named(card, "African", "Asian")
    decide_all(dataset, photos("Af", 2), "relabel", "African")
    for seen in (dataset, labelled(dataset)):  # as an open page still has it, and read again
        assert seen.reviewed().set_index("path")["label"].to_dict() == {
            path: "African" if path in photos("Af", 2) else "" for path in seen.usable["path"]
        }
    read = labelled(dataset)
    assert read.decisions() == {}
    assert (read.table["label"] == "African").sum() == 2
    assert read.fingerprint != dataset.fingerprint


def test_what_is_decided_after_the_label_is_a_review_of_it(card):
    dataset = named(card, "African", "Asian")
    decide(dataset, "Af_000.png", "relabel", "Asian")
    decide(labelled(dataset), "Af_000.png", "relabel", "African")
    read = labelled(dataset)
    assert [item.label for item in read.decisions().values()] == ["African"]
    row = read.reviewed().set_index("path").loc["Af_000.png"]
    assert (row["given_label"], row["label"]) == ("Asian", "African")
    decide(read, "Af_000.png", "undo")
    decide(read, "Af_000.png", "undo")
    assert (labelled(read).table["label"] == "").all()


def test_a_photo_that_is_excluded_is_in_no_table(card):
    dataset = named(card, "African", "Asian")
    decide(dataset, "Af_000.png", "relabel", "African")
    decide(dataset, "Af_000.png", "exclude", note="cannot tell")
    assert "Af_000.png" not in set(labelled(dataset).reviewed()["path"])


def test_a_renamed_class_keeps_its_labels_and_old_files_still_fit(card):
    dataset = named(card, "African", "Asian")
    decide_all(dataset, photos("Af", 3), "relabel", "African")
    before = export_csv(labelled(dataset))
    rename_class(dataset, "African", "Savanna elephant")
    read = labelled(dataset)
    assert read.class_names == ("Asian", "Savanna elephant")
    assert (read.table["label"] == "Savanna elephant").sum() == 3
    assert import_csv(read, before).unchanged == 3
    with pytest.raises(DatasetError, match="is called Savanna elephant by now"):
        add_classes(read, ["African"])
    rename_class(read, "Savanna elephant", "African")
    assert (labelled(read).table["label"] == "African").sum() == 3


def test_a_merged_class_gives_its_labels_to_the_other(card):
    dataset = named(card, "African", "Asian", "Bush")
    decide(dataset, "Af_000.png", "relabel", "African")
    decide(dataset, "Af_001.png", "relabel", "Bush")
    with pytest.raises(DatasetError, match="Merge Bush into it"):
        rename_class(dataset, "Bush", "african")
    merge_classes(dataset, "Bush", "African")
    read = labelled(dataset)
    assert read.class_names == ("African", "Asian")
    assert (read.table["label"] == "African").sum() == 2
    with pytest.raises(DatasetError, match="1 photos|2 photos"):
        remove_class(read, "African")
    remove_class(read, "Asian")
    assert labelled(read).class_names == ("African",)


def test_a_folder_s_class_is_renamed_on_disk_only(world):
    with pytest.raises(DatasetError, match="name of a folder"):
        rename_class(world, "African", "Bush")
    assert named(world, "Rhino").class_names == ("African", "Asian", "Rhino")
    decide(labelled(world), world.usable["path"][0], "relabel", "Rhino")
    assert (labelled(world).reviewed()["label"] == "Rhino").sum() == 1


def test_two_people_who_change_classes_at_once_contradict_nothing():
    changes = [("add", "A", ""), ("add", "B", ""), ("rename", "A", "B"), ("rename", "A", "C"), ("rename", "B", "D")]
    found = replay(ClassChange(action, name, to) for action, name, to in changes)
    assert found.names == ("D",)
    assert found.renamed == {"A": "D", "B": "D"}


def test_the_honest_test_is_a_tenth_of_each_class_and_twenty_where_there_are_sixty(card):
    dataset = named(card, "African", "Asian")
    decide_all(dataset, photos("Af"), "relabel", "African")
    decide_all(dataset, photos("As", 9), "relabel", "Asian")
    read = labelled(dataset)
    counts = read.usable[read.usable["label"] != ""].groupby(["split", "label"]).size().to_dict()
    assert counts == {
        ("test", "African"): 12,
        ("test", "Asian"): 3,
        ("train", "African"): NUM - 12,
        ("train", "Asian"): 6,
    }
    assert not read.is_plain
    rows = pd.concat([read.usable.assign(sha256=read.usable["sha256"] + str(turn)) for turn in range(9)])
    rows = rows.assign(label="African", phash=[f"{number:016x}" for number in range(len(rows))])
    assert len(honest_test(rows)) == round(0.1 * len(rows))


def test_the_honest_test_depends_on_the_photos_and_not_on_the_order_of_the_labels(card):
    dataset = named(card, "African", "Asian")
    for path in reversed(photos("Af")):
        decide(dataset, path, "relabel", "African")
    first = set(labelled(dataset).table.query("split == 'test'")["path"])
    dataset.decisions_file.unlink()
    decide_all(dataset, photos("Af"), "relabel", "African")
    assert set(labelled(dataset).table.query("split == 'test'")["path"]) == first


def test_copies_lie_on_one_side_of_the_honest_test(card):
    rows = card.usable.assign(label="African")
    twins = pd.concat(
        [rows, rows.assign(sha256=rows["sha256"] + "x", phash=rows["phash_mirrored"], phash_mirrored=rows["phash"])]
    )
    chosen = honest_test(twins)
    assert {image for image in chosen if image.endswith("x")} == {f"{image}x" for image in chosen if image[-1] != "x"}


def test_a_dataset_with_a_test_split_keeps_it(world):
    table = world.table.assign(label=world.table["label"].where(world.table["split"] == "test", ""))
    half = replace(world, table=table, base=None)
    decide_all(half, table.loc[table["split"] == "train", "path"].tolist(), "relabel", "African")
    read = labelled(half)
    assert (read.table["split"] == world.table["split"]).all()
    assert (read.table.loc[read.table["split"] == "train", "label"] == "African").all()


def test_folders_that_a_person_says_are_no_classes_are_photos_without_labels(paths):
    for day in ("monday", "tuesday"):
        for index in range(3):
            draw_photo(paths.data_dir / "days" / "DCIM" / day / f"{index}.png", COLOURS["African"], index + len(day))
    dataset = index_dataset(paths.data_dir / "days", paths)
    assert dataset.class_names == ("monday", "tuesday")
    ignore_folders(dataset)
    read = index_dataset(dataset.folder, paths)
    assert read.class_names == () and len(read.usable) == 6 and set(read.usable["label"]) == {""}
    add_classes(read, ["African"])
    decide(labelled(read), "DCIM/monday/0.png", "relabel", "African")
    assert (index_dataset(dataset.folder, paths).usable["label"] == "African").sum() == 1
    ignore_folders(read, False)
    assert "monday" in index_dataset(dataset.folder, paths).class_names
