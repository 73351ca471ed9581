"""The cheap look at a folder sees what the index would see."""

import os

import pytest
from conftest import COLOURS, draw_photo

from core.dataset.folder_state import folder_state


@pytest.fixture
def folder(tmp_path):
    for number in range(3):
        draw_photo(tmp_path / "photos" / "train" / "cat" / "site" / f"{number}.png", COLOURS["Asian"], number)
    return tmp_path / "photos"


def test_nothing_happened_nothing_changes(folder):
    assert folder_state(folder) == folder_state(folder)


def test_photos_that_come_leave_move_or_change_in_place_are_seen_at_any_depth(folder):
    site, seen = folder / "train" / "cat" / "site", {folder_state(folder)}
    draw_photo(site / "deeper" / "new.png", COLOURS["African"], 9)
    seen.add(folder_state(folder))
    (site / "0.png").rename(site / "other.png")
    seen.add(folder_state(folder))
    (site / "1.png").unlink()
    seen.add(folder_state(folder))
    with (site / "2.png").open("r+b") as file:
        file.write(b"\x00" * 8)  # the same size
    seen.add(folder_state(folder))
    (folder / "train" / "empty").mkdir()
    seen.add(folder_state(folder))
    assert len(seen) == 6


@pytest.mark.skipif(os.name == "nt", reason="POSIX rights and links")
def test_rights_count_and_circles_end(folder):
    before = folder_state(folder)
    photo = folder / "train" / "cat" / "site" / "0.png"
    photo.chmod(0)
    locked = folder_state(folder)
    photo.chmod(0o644)
    (folder / "train" / "round").symlink_to(folder)
    assert len({before, locked, folder_state(folder)}) == 3


def test_a_folder_that_is_gone_is_a_state_too(folder):
    assert folder_state(folder / "nowhere") != folder_state(folder)
