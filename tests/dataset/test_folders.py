"""Folders as people have them: what is in a split and class, what is not and why; index, import and predict agree."""

import io
import json
import os
import shutil
import socket
import unicodedata
import zipfile

import pytest
from conftest import COLOURS, draw_photo

from core.dataset.importing import accept_import, inspect_folder, inspect_import
from core.dataset.index import index_dataset
from core.dataset.split_names import same_class, split_of
from core.dataset.walk import dataset_folders, photo_paths, photos_and_notes
from core.errors import DatasetError
from core.escaping import one_line, printable
from core.files import read_json, write_json

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs the file names and kinds of POSIX")


@pytest.fixture
def folder(paths):
    return paths.data_dir / "photos"


def draw(folder, *places, num_photos=2):
    """Different small photos at `place/number.jpg`."""
    for number, place in enumerate(places):
        for shot in range(num_photos):
            draw_photo(folder / place / f"{shot}.jpg", COLOURS["Asian"], 100 * number + shot)


def counted(dataset) -> dict[str, int]:
    """`split/class` -> usable photos."""
    sizes = dataset.usable.groupby(["split", "label"]).size()
    return {"/".join(key): int(n) for key, n in sizes.items()}


@pytest.mark.parametrize(
    ("train", "other", "split"),
    [
        ("Training", "Testing", "test"),
        ("training_set", "test_set", "test"),
        ("seg_train/seg_train", "seg_test/seg_test", "test"),
        ("train", "dev", "validation"),
        ("TRAIN", "eval", "test"),
        ("train", "hold-out", "test"),
        ("train2017", "val2017", "validation"),
        ("Training Data", "Validation Data", "validation"),
        ("my photos/train/images", "my photos/test/images", "test"),
        ("a/b/Train", "a/b/holdout", "test"),
    ],
)
def test_split_folders_by_other_names_are_splits_in_index_folder_and_zip(paths, folder, train, other, split):
    draw(folder, f"{train}/cat", f"{train}/dog", f"{other}/cat", f"{other}/dog")
    expected = {"train": {"cat": 2, "dog": 2}, split: {"cat": 2, "dog": 2}}
    assert counted(index_dataset(folder, paths)) == {
        f"{s}/{name}": n for s in expected for name, n in expected[s].items()
    }
    assert inspect_folder(folder).counts == expected
    archive = shutil.make_archive(str(paths.models_dir / "packed"), "zip", folder.parent, folder.name)
    report = inspect_import(archive)
    assert report.counts == expected and report.acceptable
    assert counted(index_dataset(accept_import(archive, "new", paths), paths)) == counted(index_dataset(folder, paths))


@pytest.mark.parametrize(
    "classes",
    [
        ("control", "test"),
        ("bus", "train"),
        ("eval", "ops"),
        ("bullet train", "steam train"),
        ("developers", "testers"),
    ],
)
def test_classes_with_the_names_of_splits_stay_classes(paths, folder, classes):
    draw(folder, *classes)
    assert index_dataset(folder, paths).class_names == classes
    assert inspect_folder(folder).counts == {"train": dict.fromkeys(classes, 2)}


@pytest.mark.parametrize("name", ["dress", "contest", "trained", "valley", "device", "evaluate me", "latest"])
def test_only_whole_words_mean_a_split(name):
    assert split_of(name) == ""


def test_a_class_called_test_inside_the_splits_is_a_class(paths, folder):
    draw(folder, "train/test", "train/control", "test/test", "test/control")
    assert index_dataset(folder, paths).class_names == ("control", "test")


def test_what_lies_beside_the_class_folders_is_named_with_its_count(paths, folder):
    draw(folder, "train/cat", "train/dog", "bird", "extra/deep/er")
    draw_photo(folder / "loose.jpg", COLOURS["Asian"], 900)
    draw_photo(folder / "train" / "also.png", COLOURS["Asian"], 901)
    (folder / "README.md").write_text("about")
    (folder / "annotations").mkdir()
    (folder / "annotations" / "a.xml").write_text("<x/>")
    dataset = index_dataset(folder, paths)
    assert counted(dataset) == {"train/cat": 2, "train/dog": 2}
    outside = set(dataset.table.loc[dataset.table["problem"] == "outside-class", "path"])
    assert outside == {
        "bird/0.jpg",
        "bird/1.jpg",
        "extra/deep/er/0.jpg",
        "extra/deep/er/1.jpg",
        "loose.jpg",
        "train/also.png",
    }
    said = " ".join(dataset.notes)
    for word in (
        "6 files",
        "“bird” 2",
        "“extra” 2",
        "“loose.jpg”",
        "“train/also.png”",
        "README.md",
        "annotations/a.xml",
    ):
        assert word in said
    report = inspect_folder(folder)
    assert report.num_photos == 4 and all(word in " ".join(report.warnings) for word in ("“bird” 2", "README.md"))


def test_test_classes_that_train_spells_otherwise_are_matched_and_unknown_ones_named(paths, folder):
    accent = unicodedata.normalize("NFD", "Éléphant")
    draw(folder, "train/Éléphant", "train/Asian elephant", f"test/{accent}", "test/asian_Elephant", "test/zebra")
    dataset = index_dataset(folder, paths)
    assert counted(dataset) == {
        "test/Asian elephant": 2,
        "test/zebra": 2,
        "test/Éléphant": 2,
        "train/Asian elephant": 2,
        "train/Éléphant": 2,
    }
    said = " ".join(dataset.notes)
    assert "“asian_Elephant” for “Asian elephant”" in said and "“zebra” (2)" in said
    assert inspect_folder(folder).counts["test"]["Asian elephant"] == 2


def test_two_classes_of_train_that_differ_in_case_stay_two_and_match_nothing():
    assert same_class("Cat") == same_class(" cat ") == same_class("CAT") != same_class("cats")


def test_content_decides_what_a_photo_is_not_the_suffix(paths, folder):
    draw(folder, "cat", "dog")
    for number, name in enumerate(["cat/a.JPE", "cat/b", "dog/c.jfif", "dog/d.tmp", "loose"]):
        photo = draw_photo(folder / "drawn.jpg", COLOURS["African"], 700 + number)
        photo.rename(folder / name)
    (folder / "cat" / "video.mp4").write_bytes(b"\0\0\0\x20ftypisom")
    dataset = index_dataset(folder, paths)
    assert counted(dataset) == {"train/cat": 4, "train/dog": 4}
    assert "“loose”" in dataset.notes[0]
    assert inspect_folder(folder).num_photos == 8
    found, notes = photos_and_notes([folder])
    assert len(found) == 9 and "video.mp4" in notes[0]


@pytest.mark.parametrize(
    "name",
    [
        "@eaDir",
        "#recycle",
        "$RECYCLE.BIN",
        "lost+found",
        "System Volume Information",
        "__MACOSX",
        ".git",
        "node_modules",
    ],
)
def test_folders_of_systems_and_programs_are_passed_over_with_a_count(paths, folder, name):
    draw(folder, "cat", "dog", f"cat/{name}/0.jpg", f"{name}/cat", num_photos=3)
    dataset = index_dataset(folder, paths)
    assert counted(dataset) == {"train/cat": 3, "train/dog": 3} and set(dataset.table["problem"]) == {""}
    assert "2 folders" in dataset.notes[0] and "6 files" in dataset.notes[0]
    assert inspect_folder(folder).num_photos == 6 == len(photo_paths([folder]))


def test_hidden_photos_are_counted_and_rubbish_is_not(paths, folder):
    draw(folder, "cat", "dog")
    draw_photo(folder / "cat" / ".hidden.jpg", COLOURS["Asian"], 5)
    for name in (".DS_Store", "._0.jpg", "Thumbs.db", "desktop.ini"):
        (folder / "cat" / name).write_bytes(b"x")
    dataset = index_dataset(folder, paths)
    assert len(dataset.table) == 4 and dataset.notes == ("1 hidden file (“cat/.hidden.jpg”) passed over.",)


@POSIX
def test_links_are_followed_circles_are_not_and_both_are_named(paths, folder):
    draw(folder, "cat")
    draw(paths.models_dir / "elsewhere", "dogs")
    (folder / "dog").symlink_to(paths.models_dir / "elsewhere" / "dogs")
    (folder / "cat" / "again").symlink_to(folder)
    (folder / "cat" / "itself").symlink_to("itself")
    (folder / "cat" / "gone.jpg").symlink_to("nowhere.jpg")
    (folder / "cat" / "linked.jpg").symlink_to(folder / "cat" / "0.jpg")
    dataset = index_dataset(folder, paths)
    assert counted(dataset) == {"train/cat": 3, "train/dog": 2}
    problems = dataset.table.set_index("path")["problem"]
    assert problems["cat/again"] == "link-circle"
    assert problems["cat/gone.jpg"] == problems["cat/itself"] == "unreadable"
    assert inspect_folder(folder).num_photos == 5


@POSIX
def test_many_links_into_one_another_end(paths, folder):
    names = [f"c{number}" for number in range(8)]
    draw(folder, *names, num_photos=1)
    for name in names:
        for other in names:
            (folder / name / f"to-{other}").symlink_to(folder / other)
    assert len(index_dataset(folder, paths).table) < 1000


@POSIX
def test_pipes_sockets_and_devices_are_listed_and_never_waited_for(paths, folder):
    draw(folder, "cat", "dog")
    os.mkfifo(folder / "cat" / "live.jpg")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "dog" / "s"))
        dataset = index_dataset(folder, paths)
        problems = dataset.table.set_index("path")["problem"]
        assert problems["cat/live.jpg"] == problems["dog/s"] == "not-a-file"
        assert counted(dataset) == {"train/cat": 2, "train/dog": 2}
        assert "cat/live.jpg" in inspect_folder(folder).warnings[0]
        found, notes = photos_and_notes([folder])
    assert len(found) == 4 and "live.jpg" in notes[0]


@POSIX
def test_names_that_are_no_text_are_problems_shown_escaped(paths, folder):
    draw(folder, "cat", "dog")
    photo = (folder / "cat" / "0.jpg").read_bytes()
    os.mkdir(os.fsencode(folder) + b"/b\xefrd")
    for name in (b"/cat/caf\xe9.jpg", b"/b\xefrd/x.jpg"):
        with open(os.fsencode(folder) + name, "wb") as file:
            file.write(photo)
    for _ in range(2):  # the second time from the cache
        dataset = index_dataset(folder, paths)
        problems = dataset.table.set_index("path")["problem"]
        assert problems["cat/caf\\xe9.jpg"] == problems["b\\xefrd/x.jpg"] == "odd-name"
        assert dataset.class_names == ("cat", "dog")
        json.dumps(dataset.table.to_dict("records"), ensure_ascii=False).encode()
    assert "caf\\xe9" in inspect_folder(folder).warnings[0]


@POSIX
def test_a_dataset_whose_own_name_is_no_text_can_be_indexed_and_listed(paths):
    folder = paths.data_dir / os.fsdecode(b"caf\xe9")
    draw(folder, "cat", "dog")
    draw(paths.data_dir / "other", "cat", "dog")
    dataset = index_dataset(folder, paths)
    assert dataset.name == "caf\\xe9" and len(dataset.usable) == 4
    dataset.cache_dir.name.encode()
    assert list(dataset_folders(paths.data_dir)) == ["caf\\xe9", "other"]
    write_json(paths.data_dir / "x.json", {"folder": str(folder)})
    assert read_json(paths.data_dir / "x.json") == {"folder": str(folder)}


@POSIX
@pytest.mark.parametrize(
    "name", ["two\nlines", "tab\there", "\x1b[31mred", "\u202eturned", "quote\"'`", "💾", "a  b ", "%2e"]
)
def test_names_with_any_characters_are_classes_and_photos(paths, folder, name):
    draw(folder, name, "dog")
    (folder / "dog" / "0.jpg").rename(folder / "dog" / f"{name}.jpg")
    dataset = index_dataset(folder, paths)
    assert counted(dataset) == {"train/dog": 2, f"train/{name}": 2}
    assert one_line(f"{name}\udce9").isprintable() and printable(name) == name


def test_a_flat_folder_is_a_dataset_of_unlabelled_photos(paths, folder):
    draw(folder, ".", num_photos=3)
    (folder / "broken.jpg").write_bytes(b"x")
    (folder / "list.csv").write_text("a,b")
    dataset = index_dataset(folder, paths)
    assert counted(dataset) == {"train/": 3} and dataset.class_names == ()
    assert dataset.table.set_index("path")["problem"]["broken.jpg"] == "not-an-image"
    assert "unlabelled" in dataset.notes[0] and "list.csv" in dataset.notes[1]
    report = inspect_folder(folder)
    assert report.acceptable and report.num_photos == 3 and "unlabelled" in report.warnings[0]
    assert counted(index_dataset(accept_import(folder, "new", paths), paths)) == {"train/": 3}


def test_split_folders_without_classes_are_unlabelled_too(paths, folder):
    draw(folder, "train", "test")
    assert counted(index_dataset(folder, paths)) == {"test/": 2, "train/": 2}


def test_a_photo_that_comes_into_a_class_folder_is_measured_then(paths, folder):
    draw(folder, "train/cat", "train/dog", "bird")
    assert len(index_dataset(folder, paths).usable) == 4
    (folder / "bird").rename(folder / "train" / "bird")
    dataset = index_dataset(folder, paths)
    assert counted(dataset)["train/bird"] == 2 and (dataset.usable["sha256"] != "").all()


@POSIX
@pytest.mark.parametrize("name", ["loop", "nul\0"])
def test_what_can_be_no_folder_is_one_sentence(paths, name):
    if name == "loop":
        (paths.data_dir / name).symlink_to(name)
    with pytest.raises(DatasetError, match="Expected a folder"):
        index_dataset(paths.data_dir / name, paths)


class RawName(zipfile.ZipInfo):
    """A member whose name is written byte for byte, without the UTF-8 mark."""

    def __init__(self, raw: bytes):
        super().__init__(raw.hex())
        self.raw, self.external_attr = raw, 0o644 << 16

    def _encodeFilenameFlags(self):  # noqa: N802
        return self.raw, self.flag_bits


def zip_of(tmp_path, names: list[bytes], extra: bytes = b"") -> io.BytesIO:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for number, name in enumerate(names):
            info = RawName(name)
            info.extra = extra
            archive.writestr(info, draw_photo(tmp_path / "one.jpg", COLOURS["Asian"], number).read_bytes())
    return memory


@pytest.mark.parametrize(
    "label", [unicodedata.normalize("NFD", "Éléphant"), "象", "слон", "می\u200cخواهم", "फ़ोटो\u200d"]
)
def test_unmarked_names_of_a_zip_that_are_utf8_are_read_so_and_composed(paths, tmp_path, label):
    archive = zip_of(tmp_path, [f"{name}/{shot}.jpg".encode() for name in (label, "dog") for shot in range(2)])
    composed = unicodedata.normalize("NFC", label)
    assert inspect_import(archive).counts == {"train": {"dog": 2, composed: 2}}
    assert index_dataset(accept_import(archive, "new", paths), paths).class_names == tuple(sorted(["dog", composed]))


@pytest.mark.parametrize(
    ("label", "code_page"), [("café", "cp1252"), ("слон", "cp866"), ("象", "gbk"), ("象", "shift-jis")]
)
def test_names_in_an_unknown_alphabet_are_said_to_be(tmp_path, label, code_page):
    archive = zip_of(tmp_path, [f"{name}/{shot}.jpg".encode(code_page) for name in (label, "dog") for shot in range(2)])
    report = inspect_import(archive)
    assert "does not tell the alphabet of 2 names" in " ".join(
        (report.refusals or report.warnings)[:1] or report.warnings
    )


def test_one_large_or_foreign_file_is_left_out_and_the_photos_come_in(paths, tmp_path):
    memory = zip_of(tmp_path, [b"cat/0.jpg", b"cat/1.jpg", b"dog/0.jpg", b"dog/1"])
    with zipfile.ZipFile(memory, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dog/video.mp4", os.urandom(11 * 2**20))
        archive.writestr("dog/huge.jpg", b"\xff\xd8\xff" + os.urandom(11 * 2**20))
        archive.writestr("labels.csv.gz", b"x")
        archive.writestr("labels.csv", b"0," * 3_000_000)
        archive.writestr("__MACOSX/cat/._0.jpg", b"x")
        archive.writestr("cat/@eaDir/0.jpg/thumb.jpg", b"x")
        archive.writestr("README.md", b"one")
        archive.writestr("readme.md", b"two")
    report = inspect_import(memory)
    assert report.acceptable and report.counts == {"train": {"cat": 2, "dog": 2}}
    said = " ".join(report.warnings)
    assert all(word in said for word in ("video.mp4", "huge.jpg", "larger than 10 MB", "labels.csv.gz", "README.md"))
    assert counted(index_dataset(accept_import(memory, "new", paths), paths)) == {"train/cat": 2, "train/dog": 2}
