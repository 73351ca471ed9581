"""Copies of a photo are found, strangers and blank pages are not."""

import io

import imagehash
import numpy as np
import pandas as pd
from PIL import Image

from core.dataset import duplicates
from core.dataset.duplicates import duplicate_groups, duplicate_pairs

COLUMNS = ["path", "label", "split", "sha256", "phash", "phash_mirrored"]


def picture(seed: int) -> Image.Image:
    """A landscape of random soft patches, different for each seed."""
    patches = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize((160, 120), Image.Resampling.BICUBIC)


def recompressed(image: Image.Image, quality: int = 30) -> Image.Image:
    memory = io.BytesIO()
    image.save(memory, "JPEG", quality=quality)
    return Image.open(memory).convert("RGB")


def row(path: str, image: Image.Image, label: str = "A", split: str = "train") -> dict:
    grey = image.convert("L")
    mirrored = grey.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return dict(
        zip(
            COLUMNS,
            [
                path,
                label,
                split,
                str(hash(image.tobytes())),
                str(imagehash.phash(grey)),
                str(imagehash.phash(mirrored)),
            ],
            strict=True,
        )
    )


def unreadable(path: str) -> dict:
    return dict(zip(COLUMNS, [path, "A", "train", "same", "", ""], strict=True))


def table_of(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def test_groups_exact_near_and_mirrored_copies_and_leaves_strangers_alone():
    elephant = picture(0)
    table = table_of(
        row("original", elephant),
        row("stranger", picture(1)),
        row("exact", elephant),
        row("smaller", elephant.resize((80, 60))),
        row("recompressed", recompressed(elephant)),
        row("mirrored", elephant.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
        row("other stranger", picture(2)),
    )
    assert duplicate_groups(table).tolist() == [0, 1, 0, 0, 0, 0, 2]


def test_pairs_say_their_kind_and_what_they_cross():
    elephant, lion = picture(0), picture(1)
    pairs = duplicate_pairs(
        table_of(
            row("a", elephant, "African", "train"),
            row("b", elephant, "Asian", "train"),
            row("c", lion, "Asian", "train"),
            row("d", lion.resize((80, 60)), "Asian", "test"),
            row("e", picture(2)),
            row("f", picture(2).transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
        )
    )
    found = {tuple(pair) for pair in pairs.drop(columns="distance").to_numpy().tolist()}
    assert found == {
        ("a", "b", "exact", True, False),
        ("c", "d", "near", False, True),
        ("e", "f", "mirrored", False, False),
    }
    assert pairs.iloc[0]["kind"] == "exact" and pairs.iloc[0]["distance"] == 0


def test_distance_counts_the_differing_bits():
    base = 0x5555555555555555
    table = table_of(
        *(
            {
                "path": f"{bits}",
                "label": "A",
                "split": "train",
                "sha256": f"{bits}",
                "phash": f"{base ^ ((1 << bits) - 1):016x}",
                "phash_mirrored": f"{0xFFFF0000FFFF0000:016x}",
            }
            for bits in (0, 8, 20)
        )
    )
    pairs = duplicate_pairs(table, max_distance=8)
    assert pairs[["path_a", "path_b", "distance"]].to_numpy().tolist() == [["0", "8", 8]]
    assert duplicate_groups(table, max_distance=7).tolist() == [0, 1, 2]
    assert duplicate_groups(table, max_distance=12).tolist() == [0, 0, 0], "20 is within 12 of 8: one chain"


def test_blank_pages_and_plain_gradients_are_copies_only_if_their_bytes_are_equal():
    def gradient(end: int) -> Image.Image:
        column = np.linspace(0, end, 100).astype(np.uint8)
        return Image.fromarray(np.repeat(column[:, None], 100, axis=1)).convert("RGB")

    blank = Image.new("RGB", (100, 100), "white")
    table = table_of(
        row("white", blank),
        row("grey", Image.new("RGB", (100, 100), "grey")),
        row("white again", blank),
        row("dark sky", gradient(80)),
        row("bright sky", gradient(250)),
    )
    assert duplicate_groups(table).tolist() == [0, 1, 0, 2, 3]
    assert duplicate_pairs(table)[["path_a", "path_b", "kind"]].to_numpy().tolist() == [
        ["white", "white again", "exact"]
    ]


def test_unreadable_files_stand_alone():
    table = table_of(unreadable("a"), unreadable("b"), row("c", picture(0)))
    assert duplicate_groups(table).tolist() == [0, 1, 2]
    assert duplicate_pairs(table).empty


def test_empty_and_single_tables_give_empty_answers_of_the_right_kind():
    for table in (table_of(), table_of(row("a", picture(0)))):
        groups, pairs = duplicate_groups(table), duplicate_pairs(table)
        assert groups.shape == (len(table),) and groups.dtype.kind == "i"
        assert pairs.empty and list(pairs) == [
            "path_a",
            "path_b",
            "kind",
            "distance",
            "crosses_class",
            "crosses_split",
        ]
        assert pairs["crosses_class"].dtype == bool and pairs["distance"].dtype == int


def test_groups_do_not_depend_on_the_index_or_the_blocks(monkeypatch):
    images = [picture(seed) for seed in range(30)]
    table = table_of(*(row(f"{i}", image) for i, image in enumerate(images + [recompressed(i) for i in images])))
    expected = [*range(30), *range(30)]
    assert duplicate_groups(table).tolist() == expected
    monkeypatch.setattr(duplicates, "BLOCK_ROWS", 7)
    monkeypatch.setattr(duplicates, "PENDING_EDGES", 3)
    assert duplicate_groups(table.set_index(np.arange(60)[::-1])).tolist() == expected
    assert len(duplicate_pairs(table)) == 30


def test_many_rows_take_seconds_and_a_folder_of_one_photo_stays_bounded(monkeypatch):
    num_rows = 3000
    hashes = [f"{value:016x}" for value in np.random.default_rng(0).integers(0, 2**64, num_rows, dtype=np.uint64)]
    names = [f"{i}" for i in range(num_rows)]
    table = pd.DataFrame(
        {"path": names, "label": "A", "split": "train", "sha256": names, "phash": hashes, "phash_mirrored": hashes}
    )
    assert len(set(duplicate_groups(table).tolist())) == num_rows
    same = table.assign(phash="5" * 16, phash_mirrored="5" * 16)
    monkeypatch.setattr(duplicates, "MAX_PAIRS", 500)
    assert set(duplicate_groups(same).tolist()) == {0}
    assert len(duplicate_pairs(same)) == 500
    assert len(duplicate_pairs(same.assign(sha256="one"))) == 500
