"""Copies of a photo are found, strangers and blank pages are not."""

import io

import imagehash
import numpy as np
import pandas as pd
from PIL import Image

from core.dataset import duplicates, hash_search
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
            for bits in (0, 8, 16, 25)
        )
    )
    pairs = duplicate_pairs(table)
    assert pairs[["path_a", "path_b", "distance"]].to_numpy().tolist() == [["0", "8", 8], ["8", "16", 8]]
    assert duplicate_groups(table).tolist() == [0, 0, 0, 1], "16 is within 8 of 8: one chain; 25 is 9 bits away"


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
    monkeypatch.setattr(hash_search, "BLOCK_ROWS", 7)
    monkeypatch.setattr(hash_search, "BLOCK_PAIRS", 5)
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


def changed(hashes: np.ndarray, num_bits: int, random: np.random.Generator) -> np.ndarray:
    """Hashes that differ from the given ones in so many bits each."""
    bits = np.argsort(random.random((len(hashes), 64)), axis=1)[:, :num_bits].astype(np.uint64)
    return hashes ^ np.bitwise_or.reduce(np.uint64(1) << bits, axis=1, initial=np.uint64(0))


def compared_with_all(hashes: np.ndarray, mirrored: np.ndarray) -> list[tuple[int, int, int, bool]]:
    found = []
    for row in range(len(hashes)):
        straight = np.bitwise_count(hashes[row] ^ hashes).astype(int)
        flips = [np.bitwise_count(a[row] ^ b).astype(int) for a, b in ((hashes, mirrored), (mirrored, hashes))]
        flipped = np.minimum(*flips)
        for other in np.flatnonzero(np.minimum(straight, flipped) <= 8):
            if other > row:
                is_mirrored = bool(flipped[other] < straight[other])
                found.append((row, int(other), int(min(straight[other], flipped[other])), is_mirrored))
    return found


def by_search(hashes: np.ndarray, mirrored: np.ndarray) -> list[tuple[int, int, int, bool]]:
    blocks = hash_search.close_pairs(hashes, mirrored, np.arange(len(hashes)))
    return [
        (a, b, int(bits), flip)
        for block in blocks
        for a, b, bits, flip in zip(*map(np.ndarray.tolist, block), strict=True)
    ]


def test_the_search_finds_exactly_the_pairs_that_comparing_all_with_all_finds():
    random = np.random.default_rng(0)
    straight, mirrored = random.integers(0, 2**64, (2, 300), dtype=np.uint64)
    scene = changed(np.repeat(straight[:1], 200), 3, random)  # frames of one scene: compared, not looked up
    some, flips = straight[:60], mirrored[:60]
    hashes = [straight, scene, *(changed(some, bits, random) for bits in range(11))]
    others = [mirrored, changed(scene, 20, random), *(changed(flips, bits, random) for bits in range(11))]
    hashes += [changed(flips, bits, random) for bits in range(5, 11)]  # mirror images, one side or both alike
    others += [changed(some, 30, random) if bits % 2 else changed(some, bits, random) for bits in range(5, 11)]
    order = random.permutation(sum(map(len, hashes)))
    hashes, others = np.concatenate(hashes)[order], np.concatenate(others)[order]
    expected = compared_with_all(hashes, others)
    assert len(expected) > 15_000 and {bits for *_, bits, _ in expected} == set(range(9))
    assert sorted(by_search(hashes, others)) == expected


def test_only_few_of_many_photos_are_compared(monkeypatch):
    compared = []

    class Counted:
        def __getattr__(self, name):
            return getattr(np, name)

        def bitwise_count(self, values):
            compared.append(values.size)
            return np.bitwise_count(values)

    monkeypatch.setattr(hash_search, "np", Counted())
    for num_rows in (2_000, 4_000):
        compared.clear()
        assert not by_search(*np.random.default_rng(1).integers(0, 2**64, (2, num_rows), dtype=np.uint64))
        parts = 2 * (2**19 + 3 * 2**15)  # the masks of a part are counted too
        assert sum(compared) - parts < 0.01 * num_rows**2


def test_frames_of_one_scene_are_one_group():
    random = np.random.default_rng(2)
    frames = changed(np.full(3_000, 0x5555555555555555, np.uint64), 3, random)
    names = [f"{i}" for i in range(len(frames))]
    table = pd.DataFrame({"path": names, "label": "A", "split": "train", "sha256": names})
    for column in ("phash", "phash_mirrored"):
        table[column] = [f"{int(value):016x}" for value in frames]
    assert set(duplicate_groups(table).tolist()) == {0}
