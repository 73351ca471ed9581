"""Poor pictures and copies: what the checks find and what they leave alone."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.dataset.index import index_dataset
from core.features.views import close_up, colour_entropy
from core.review.checks import unusable
from core.review.copies import compute_duplicates
from core.review.matching import crop_match


def scene(seed: int, size: tuple[int, int] = (240, 180)) -> Image.Image:
    """A picture with structure at all sizes."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(coarse)
    for _ in range(25):
        x, y = random.integers(0, size[0]), random.integers(0, size[1])
        colour = tuple(int(value) for value in random.integers(0, 256, 3))
        draw.ellipse((x, y, x + random.integers(5, 40), y + random.integers(5, 40)), fill=colour)
    return coarse


@pytest.fixture
def poor(paths):
    """One picture for every check, one fine one, and a text file."""
    folder = paths.data_dir / "poor" / "train" / "African"
    folder.mkdir(parents=True)
    (folder.parent / "Asian").mkdir()
    pictures = {
        "fine": scene(0),
        "tiny": scene(1, (120, 50)),
        "blank": Image.new("RGB", (200, 150), "white"),
        "dark": scene(2).point(lambda value: value // 16),
        "blurred": scene(3).resize((6, 5)).resize((240, 180), Image.Resampling.BICUBIC),
        "odd-shape": scene(4, (700, 160)),
    }
    for name, picture in pictures.items():
        picture.save(folder / f"{name}.png")
    (folder / "unreadable.jpg").write_bytes(b"no picture")
    scene(5).save(folder.parent / "Asian" / "other.png")
    return index_dataset(folder.parent.parent, paths)


def test_only_pictures_without_content_are_unusable(poor):
    names = {path.split("/")[-1].split(".")[0] for path in unusable(poor.table)}
    assert names == {"unreadable", "tiny", "blank"}


def test_an_empty_class_is_no_poor_picture(paths):
    folder = paths.data_dir / "half"
    (folder / "train" / "Empty").mkdir(parents=True)
    (folder / "train" / "Full").mkdir()
    scene(1).save(folder / "train" / "Full" / "a.png")
    assert unusable(index_dataset(folder, paths).table) == set()


@pytest.mark.parametrize("box", [(0, 0, 160, 120), (60, 40, 240, 170), (40, 30, 200, 150)])
def test_a_crop_fits_into_its_picture_and_into_the_mirror_image(box):
    whole = np.asarray(scene(7))
    part = np.asarray(scene(7).crop(box))
    assert crop_match(whole, part) > 0.9
    assert crop_match(whole, np.ascontiguousarray(part[:, ::-1])) > 0.9
    assert crop_match(np.asarray(scene(8)), part) < 0.8


def test_a_plain_picture_fits_nowhere():
    assert crop_match(np.asarray(scene(7)), np.full((40, 40, 3), 90, np.uint8)) == 0


@pytest.fixture
def copies(paths):
    """Two scenes with an exact copy, a smaller copy and a crop; the smaller one lies in the other class."""
    folder = paths.data_dir / "copies"
    for name in ("train/African", "train/Asian", "test/Asian"):
        (folder / name).mkdir(parents=True)
    scene(1).save(folder / "train/African/a.png")
    (folder / "test/Asian/exact.png").write_bytes((folder / "train/African/a.png").read_bytes())
    scene(1).resize((120, 90)).save(folder / "train/Asian/small.png")
    scene(2).save(folder / "train/African/b.png")
    scene(2).crop((30, 20, 190, 140)).save(folder / "train/African/crop.png")
    scene(3).save(folder / "train/Asian/stranger.png")
    return index_dataset(folder, paths)


def test_copies_and_crops_are_found_grouped_and_flagged_across_classes_and_splits(copies):
    table = copies.usable
    scene_of = {"a": 0, "exact": 0, "small": 0, "b": 1, "crop": 1, "stranger": 2}
    unit = np.eye(3, dtype=np.float32)[[scene_of[path.split("/")[-1][:-4]] for path in table["path"]]]
    found = compute_duplicates(copies, table, unit, unit)
    names = [
        (row.path_a.split("/")[-1], row.path_b.split("/")[-1], row.kind, row.crosses_class, row.crosses_split)
        for row in found.itertuples()
    ]
    kinds = {frozenset(name[:2]): name[2:] for name in names}
    assert kinds[frozenset(("a.png", "exact.png"))] == ("exact", True, True)
    assert kinds[frozenset(("a.png", "small.png"))] == ("near", True, False)
    assert kinds[frozenset(("b.png", "crop.png"))] == ("crop", False, False)
    assert found["group"].nunique() == 2
    assert not any("stranger.png" in name for name in names)


def test_pictures_that_only_hash_alike_are_no_copies(copies):
    unit = np.eye(6, dtype=np.float32)  # the network sees six different pictures
    found = compute_duplicates(copies, copies.usable, unit, unit)
    assert found["kind"].tolist() == ["exact"]


def test_the_close_up_is_a_square_from_the_middle():
    image = np.zeros((100, 200, 3), np.uint8)
    image[30:50, 90:110] = 255
    close = close_up(image)
    assert close.shape == (75, 75, 3) and close.max() == 255
    assert close_up(np.zeros((1, 1, 3), np.uint8)).shape == (1, 1, 3)


def test_a_plain_picture_has_no_colour_entropy_and_a_colourful_one_has_much():
    assert colour_entropy(np.full((50, 50, 3), 7, np.uint8)) == 0
    assert colour_entropy(np.asarray(scene(1))) > 3
