"""A zip is reported on before it is accepted; a hostile or broken one leaves nothing behind."""

import contextlib
import io
import json
import os
import signal
import stat
import struct
import subprocess
import sys
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.dataset.importing import accept_import, inspect_import
from core.dataset.index import index_dataset
from core.dataset.members import Limits
from core.dataset.names import class_name_problem, suggested_name
from core.dataset.staging import STAGING_PREFIX
from core.errors import DatasetError

ROOT = Path(__file__).parent.parent.parent
GOOD = ("train/African/a.png", "train/Asian/b.png", "test/African/c.png", "test/Asian/d.png")


def photo(seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    memory = io.BytesIO()
    Image.fromarray(pixels).save(memory, "PNG")
    return memory.getvalue()


def entry(name: str, kind: int = stat.S_IFREG, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.filename = info.orig_filename = name  # ZipInfo would cut the name at NUL
    info.external_attr, info.compress_type = (kind | 0o644) << 16, method
    return info


def zip_of(*members: str | tuple, prefix: str = "") -> io.BytesIO:
    """A zip in memory; a member is a name (a photo is drawn) or (name or ZipInfo, bytes)."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, member in enumerate(members):
            name, content = member if isinstance(member, tuple) else (prefix + member, photo(number))
            archive.writestr(name if isinstance(name, zipfile.ZipInfo) else entry(name), content)
    return memory


def everything_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def assert_refused(source, paths, words: str = "", limits: Limits | None = None) -> None:
    """Both the report and the import say no, in one sentence, and nothing is left on the disk."""
    before = everything_in(paths.data_dir.parent)
    report = inspect_import(source, limits=limits)
    assert not report.acceptable and words in " ".join(report.refusals), report.refusals
    with pytest.raises(DatasetError) as error:
        accept_import(source, "new", paths, limits=limits)
    assert words in str(error.value) and "\n" not in str(error.value)
    assert everything_in(paths.data_dir.parent) == before


def test_reports_then_imports_a_zip_whole(paths):
    source = zip_of(*GOOD)
    report = inspect_import(source)
    assert report.acceptable and report.num_photos == 4 and report.warnings == ()
    assert report.counts == {"test": {"African": 1, "Asian": 1}, "train": {"African": 1, "Asian": 1}}
    assert report.bytes == sum(len(photo(seed)) for seed in range(4))
    assert everything_in(paths.data_dir) == [], "a report writes nothing"
    steps = []
    folder = accept_import(source, "new", paths, progress=lambda *step: steps.append(step))
    assert folder == paths.data_dir / "new"
    assert [path for path in everything_in(folder) if path.endswith(".png")] == sorted(GOOD)
    assert (folder / GOOD[1]).read_bytes() == photo(1)
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert everything_in(paths.data_dir)[0] == "new", "the staging folder is gone"
    assert index_dataset(folder, paths).class_names == ("African", "Asian")
    assert json.loads(json.dumps(asdict(report)))["refusals"] == [] and report.acceptable


@pytest.mark.parametrize("prefix", ["", "photos/", "archive/dataset/", "./"])
def test_unwraps_folders_around_the_splits(paths, prefix):
    report = inspect_import(zip_of(*GOOD, prefix=prefix))
    assert report.acceptable and report.root == prefix.strip("./") and report.num_photos == 4
    assert (accept_import(zip_of(*GOOD, prefix=prefix), "new", paths) / GOOD[0]).is_file()


def test_takes_the_larger_of_two_copies_as_in_the_zip_of_kaggle(paths):
    twice = [f"dataset/{name}" for name in (*GOOD, "train/Asian/e.png")] + [f"dataset/dataset/{n}" for n in GOOD]
    report = inspect_import(zip_of(*twice))
    assert report.root == "dataset" and report.num_photos == 5
    assert "4 files" in report.warnings[0] and "outside the class folders" in report.warnings[0]
    accept_import(zip_of(*twice), "new", paths)
    assert not (paths.data_dir / "new" / "dataset").exists()


def test_plain_class_folders_are_all_train_and_single_wrapping_goes(paths):
    report = inspect_import(zip_of("my photos/African/a.png", "my photos/Asian/deep/b.png"))
    assert report.acceptable and report.root == "my photos"
    assert report.counts == {"train": {"African": 1, "Asian": 1}}


def test_leaves_out_what_is_no_photo_and_says_so(paths):
    source = zip_of(
        *GOOD,
        ("README.txt", b"hello"),
        ("__MACOSX/train/African/._a.png", b"x"),
        (".DS_Store", b"x"),
        ("train/Asian/broken.jpg", b"not a picture"),
        ("train/loose.png", photo()),
    )
    report = inspect_import(source)
    assert report.acceptable and (report.num_photos, report.num_unusable) == (4, 1)
    text = " ".join(report.warnings)
    assert "README.txt" in text and "loose.png" in text and "broken.jpg" in text and "MACOSX" not in text
    folder = accept_import(source, "new", paths)
    assert sorted(p.name for p in folder.rglob("*.*")) == ["a.png", "b.png", "broken.jpg", "c.png", "d.png"]


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([("notes.txt", b"x")], "there are none"),
        (["African/a.png"], "two class folders"),
        (["test/African/a.png", "test/Asian/b.png"], "train folder"),
    ],
)
def test_refuses_what_is_no_dataset(paths, members, words):
    assert_refused(zip_of(*members), paths, words)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.png",
        "train/../../evil.png",
        "/etc/evil.png",
        "C:/evil.png",
        "train/c:evil.png",
        "..\\evil.png",
        "train\\African\\a.png",
        "train/African/a\0.png",
        "train/African/a\n.png",
        "train/African/a\u202egnp.exe.png",
        "//server/share/a.png",
        "train/" + "x" * 256 + "/a.png",
    ],
)
def test_D1_refuses_names_that_lead_elsewhere(paths, name):
    assert_refused(zip_of(*GOOD, (entry(name), photo())), paths)
    assert not (paths.data_dir.parent / "evil.png").exists()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_D1_refuses_links_and_devices(paths, kind):
    assert_refused(zip_of(*GOOD, (entry("train/African/link.png", kind), b"/etc/passwd")), paths, "link or a device")


def test_D2_refuses_a_bomb(paths):
    zeros = bytes(2 * 2**20)
    assert_refused(zip_of(*GOOD, ("train/African/bomb.png", zeros)), paths, "would grow")
    many = [(f"train/African/{number}.png", bytes(2**20)) for number in range(4)]
    assert_refused(zip_of(*GOOD, *many), paths, "grow")


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(archive_bytes=1000), "at most 1,000 bytes"),
        (Limits(members=3), "at most 3 files"),
        (Limits(expanded_bytes=5000), "after unpacking"),
        (Limits(member_bytes=100), "there are none"),
    ],
)
def test_D2_refuses_what_passes_a_limit(paths, limits, words):
    assert_refused(zip_of(*GOOD), paths, words, limits)


def test_D2_refuses_too_many_members(paths):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for number in range(12_000):
            archive.writestr(f"train/African/{number}.png", b"")
    assert_refused(memory, paths, "at most 10,000 files")


@pytest.mark.parametrize("stated_members", [4, 0])
def test_D2_a_list_longer_than_it_states_is_counted(paths, stated_members):
    content = bytearray(zip_of(*GOOD).getvalue())
    struct.pack_into("<2H", content, len(content) - 14, stated_members, stated_members)
    assert_refused(io.BytesIO(content), paths, "at most 3 files", Limits(members=3))


def test_D2_refuses_an_archive_inside_the_archive(paths):
    assert_refused(zip_of(*GOOD, ("train/African/more.zip", zip_of(*GOOD).getvalue())), paths, "inside the archive")


@pytest.mark.parametrize("stated", [10, 2**31])
def test_D2_counts_bytes_and_does_not_believe_the_stated_size(paths, stated):
    content = bytearray(zip_of(*GOOD).getvalue())
    listed = content.index(b"PK\x01\x02")
    struct.pack_into("<L", content, listed + 24, stated)  # expanded size in the list
    struct.pack_into("<L", content, 22, stated)  # and in front of the file
    assert_refused(io.BytesIO(content), paths, "damaged" if stated == 10 else "would grow")


@pytest.mark.parametrize(
    "twin",
    [
        "train/African/A.png",
        "train/african/x.png",
        "train/African/a.png",
        "Train/African/x.png",
        "train/African/a.png/x.png",
    ],
)
def test_D3_refuses_names_that_are_one_on_another_computer(paths, twin):
    with pytest.warns(UserWarning) if twin == GOOD[0] else contextlib.nullcontext():
        source = zip_of(*GOOD, twin)
    assert_refused(source, paths, "twice")


def test_D3_refuses_names_equal_after_unicode_normalising(paths):
    assert_refused(zip_of(*GOOD, "train/Asian/\u00e9.png", "train/Asian/e\u0301.png"), paths, "twice")


def test_D4_refuses_an_encrypted_zip(paths):
    content = bytearray(zip_of(*GOOD).getvalue())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert_refused(io.BytesIO(content), paths, "encrypted")


@pytest.mark.parametrize("share", [0.2, 0.7, 0.99])
def test_D4_refuses_a_truncated_zip(paths, share):
    content = zip_of(*GOOD).getvalue()
    assert_refused(io.BytesIO(content[: int(len(content) * share)]), paths, "incomplete")


def test_D4_refuses_a_bad_checksum_wherever_it_is(paths):
    for position in (60, 3500):
        content = bytearray(zip_of(*GOOD).getvalue())
        content[position] ^= 0xFF
        assert_refused(io.BytesIO(content), paths, "damaged")


@pytest.mark.parametrize("content", [b"", b"PK", b"hello" * 100, photo(), b"PK\x05\x06" + bytes(10)])
def test_D4_refuses_what_is_no_zip(paths, content):
    assert_refused(io.BytesIO(content), paths, "something else")


def test_D4_refuses_zip64_and_unusual_methods(paths):
    content = bytearray(zip_of(*GOOD).getvalue())
    struct.pack_into("<2H", content, len(content) - 14, 0xFFFF, 0xFFFF)
    assert_refused(io.BytesIO(content), paths, "zip64")
    packed = zip_of(*GOOD, (entry("train/Asian/x.png", method=zipfile.ZIP_LZMA), photo()))
    assert_refused(packed, paths, "unusual method")


def test_D4_random_damage_is_refused_or_harmless(paths):
    original, random = zip_of(*GOOD).getvalue(), np.random.default_rng(0)
    for number in range(150):
        content = bytearray(original)
        for position in random.integers(0, len(content), 3):
            content[position] = random.integers(0, 256)
        report = inspect_import(io.BytesIO(content))
        if report.acceptable and number % 10 == 0:
            accept_import(io.BytesIO(content), f"n{number}", paths)
        assert report.acceptable or report.refusals


def test_D4_a_missing_file_is_one_clear_sentence(paths):
    assert_refused(paths.data_dir / "missing.zip", paths, "missing.zip")


@pytest.mark.skipif(os.name != "posix", reason="needs kill -9")
def test_D5_a_killed_import_leaves_nothing_visible_and_is_swept(paths, tmp_path):
    file = tmp_path / "photos.zip"
    file.write_bytes(zip_of(*GOOD).getvalue())
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom core.paths import Paths\n"
        "from core.dataset.importing import accept_import\n"
        "paths = Paths(Path(sys.argv[2]), Path(sys.argv[2]))\n"
        "accept_import(Path(sys.argv[1]), 'new', paths, progress=lambda *step: os.kill(os.getpid(), 9))\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, file, paths.data_dir], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    left = [path.name for path in paths.data_dir.iterdir()]
    assert len(left) == 1 and left[0].startswith(STAGING_PREFIX), "hidden, so no list of datasets shows it"
    running = paths.data_dir / f"{STAGING_PREFIX}other-{os.getpid()}-00"
    running.mkdir()
    accept_import(file, "new", paths)
    assert {path.name for path in paths.data_dir.iterdir()} == {"new", running.name}


def test_D5_a_cancelled_import_leaves_nothing(paths):
    def cancel(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        accept_import(zip_of(*GOOD), "new", paths, progress=cancel)
    assert everything_in(paths.data_dir) == []


def test_D5_a_full_disk_is_one_sentence_and_leaves_nothing(paths, monkeypatch):
    monkeypatch.setattr("core.dataset.staging._SPARE_BYTES", 2**62)
    with pytest.raises(DatasetError, match="make room"):
        accept_import(zip_of(*GOOD), "new", paths)
    assert everything_in(paths.data_dir) == []


@pytest.mark.parametrize(
    "name",
    [
        "<img src=x onerror=alert(1)>",
        "=cmd()",
        "+1",
        "@SUM(A1)",
        "-x",
        "x" * 255,
        "x" * 65,
        "\U0001f418",
        "a\u202eb",
        "a:b",
        "a|b",
        "a*b",
        "con?",
        "trailing ",
        "dot.",
        '"quoted"',
        "",
    ],
)
def test_D6_refuses_class_folders_outside_the_grammar(paths, name):
    assert class_name_problem(name)
    if name and "/" not in name:
        assert_refused(zip_of(*GOOD, f"train/{name}/x.png"), paths)


@pytest.mark.parametrize(
    "name",
    [
        "African",
        "Asian elephant",
        "Loxodonta_africana",
        "éléphant",
        "e\u0301le\u0301phant",
        "象",
        "فيل",
        "3",
        "a-b (c) & d",
    ],
)
def test_D6_accepts_class_folders_of_any_script(name):
    assert not class_name_problem(name)


@pytest.mark.parametrize("name", ["", "..", ".hidden", "New", "a/b", "../x", "x" * 65, "a b", "ä", "-x", "a\n"])
def test_refuses_dataset_names_outside_the_grammar(paths, name):
    with pytest.raises(DatasetError, match="dataset name"):
        accept_import(zip_of(*GOOD), name, paths)
    assert everything_in(paths.data_dir) == []


def test_never_overwrites_a_dataset_but_an_empty_folder(paths):
    (paths.data_dir / "empty").mkdir()
    assert (accept_import(zip_of(*GOOD), "empty", paths) / GOOD[0]).is_file()
    before = everything_in(paths.data_dir)
    with pytest.raises(DatasetError, match="exists already"):
        accept_import(zip_of("African/x.png", "Asian/y.png"), "empty", paths)
    assert everything_in(paths.data_dir) == before


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My Photos (1)", "my-photos-1"),
        ("Éléphants", "elephants"),
        ("象", "dataset"),
        ("..", "dataset"),
        ("", "dataset"),
    ],
)
def test_suggests_a_valid_name(text, name):
    assert suggested_name(text) == name


def test_imports_a_folder_links_followed_but_never_in_a_circle(paths, tmp_path):
    folder = tmp_path / "My Photos"
    for seed, name in enumerate(GOOD):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(photo(seed))
    (folder / "train/African/link.png").symlink_to(folder / GOOD[0])
    (folder / "train/African/elsewhere").symlink_to(tmp_path)
    report = inspect_import(folder)
    assert report.acceptable and report.name == "my-photos" and report.num_photos == 5
    assert "elsewhere/My Photos" in report.warnings[0] and "circular link" in report.warnings[0]
    copied = accept_import(folder, "new", paths)
    expected = sorted([*GOOD, "train/African/link.png"])
    assert [name for name in everything_in(copied) if name.endswith(".png")] == expected
    assert not (copied / "train/African/link.png").is_symlink()
    assert "none at" in inspect_import(tmp_path / "missing").refusals[0]
