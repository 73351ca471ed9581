"""Three first lessons in a real browser: a classroom with the sample, somebody's own folder, photos from the field."""

import csv
import io
import sys
import time
import zipfile
from pathlib import Path

import pytest
from conftest import draw_world
from pages import CHROMIUM, ROOT, running_pages

from core.sample.drawn_dataset import draw_sample

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"there is no browser at {CHROMIUM}"),
]
PATIENCE = 400_000  # milliseconds, on a machine that has other things to do
DECISIONS = 150  # about five minutes of a person
KEYS = {"African": "1", "Asian": "2"}


class Walk:
    """A person on the pages: what is clicked and pressed is counted, and how long was waited.

    Attributes:
        page: Of the browser.
        address: Of the pages.
        clicks: So far, keys in the review not counted.
        keys: Pressed in the review.
        waited: Seconds between a click and what was wanted.
    """

    def __init__(self, page, address: str):
        self.page, self.address = page, address
        self.clicks, self.keys, self.waited = 0, 0, 0.0

    def click(self, role: str, name: str, **options) -> None:
        self.clicks += 1
        self.page.get_by_role(role, name=name, **options).first.click()

    def see(self, text: str, timeout: float = 60_000) -> None:
        began = time.monotonic()
        self.page.get_by_text(text).first.wait_for(timeout=timeout)
        self.waited += time.monotonic() - began

    def review(self, truth: dict[str, str], number: int) -> None:
        """Decides by keys, one photo after the other, as a person would who sees what is shown."""
        before = ""
        for _ in range(number):
            shown = self.page.locator(f".stage[data-photo]:not([data-photo='{before}'])")
            shown.wait_for()
            before = shown.get_attribute("data-photo") or ""
            self.page.keyboard.press(KEYS.get(truth[before], "x"))
            self.keys += 1
        self.page.get_by_text("✓ Saved").wait_for()

    def fine(self) -> None:
        assert self.page.locator("[data-testid=stException]").count() == 0
        assert self.page.locator("[data-testid=stAlertContentError]").count() == 0


@pytest.fixture
def walk(tmp_path, record_property):
    """Starts the pages, with a worker if asked to, on folders below `tmp_path`, and a browser on them."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900}, accept_downloads=True)
        page.set_default_timeout(60_000)
        found = Walk(page, "")
        yield found
        browser.close()
    record_property("clicks", found.clicks)
    record_property("seconds waited", round(found.waited))
    print(f"{found.clicks} clicks, {found.keys} keys, {found.waited:.0f} s waited")


def quiet(root: Path) -> Path:
    """Nothing is drawn or trained at the first start: there is a small sample."""
    draw_world(root / "data" / "sample")
    (root / "data" / ".tuskscope").mkdir()
    (root / "data" / ".tuskscope" / "first-start").touch()
    return root


def own_folder(folder: Path, num_photos: int = 12) -> Path:
    """Class folders without a split, spaces in the names, and files that are no photos."""
    draw_world(folder, num_train=num_photos, num_test=1)
    for split in ("train", "test"):
        for place in sorted((folder / split).iterdir()):
            home = folder / f"{place.name} elephant"
            home.mkdir(exist_ok=True)
            for photo in sorted(place.iterdir()):
                photo.rename(home / f"IMG {photo.name}")
            place.rmdir()
        (folder / split).rmdir()
    (folder / "Thumbs.db").write_bytes(b"junk")
    (folder / "African elephant" / "notes.txt").write_text("mine", encoding="utf-8")
    (folder / "Asian elephant" / "cut.jpg").write_bytes(b"\xff\xd8\xff half a photo")
    return folder


def open_own_folder(walk: Walk, folder: Path) -> None:
    walk.page.goto(f"{walk.address}/dataset?tab=Add+photos")
    walk.page.get_by_role("textbox", name="Folder", exact=True).fill(str(folder))
    walk.page.keyboard.press("Enter")
    walk.click("button", "Open this folder")
    walk.see("26 photos: 13 African elephant and 13 Asian elephant; 26 train.")
    walk.see("2 files cannot be used.")
    walk.page.reload()  # F5 in the middle
    walk.see("26 photos: 13 African elephant and 13 Asian elephant; 26 train.")
    walk.click("button", "Set 20 % aside for test")
    walk.see("set aside; no file was moved.")
    walk.see("20 train and 6 test.")
    walk.fine()


def test_an_own_folder_is_opened_survives_a_reload_and_takes_photos_as_a_copy(walk, tmp_path):
    folder = own_folder(tmp_path / "my photos, 2026")
    files = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    zipped = io.BytesIO()
    draw_world(tmp_path / "new", num_train=0, num_test=2)
    with zipfile.ZipFile(zipped, "w") as archive:
        for photo in (tmp_path / "new" / "test" / "African").iterdir():  # the first is a copy of one that is there
            archive.write(photo, f"African elephant/{photo.name}")
    with running_pages(quiet(tmp_path)) as walk.address:
        open_own_folder(walk, folder)
        walk.page.get_by_role("tab", name="Add photos").click()
        walk.click("button", "Copy it (26 photos")  # its folder belongs to its owner
        walk.see("Zip of photos to add")
        zip_file = {"name": "more.zip", "mimeType": "application/zip", "buffer": zipped.getvalue()}
        walk.page.locator("input[type=file]").first.set_input_files(zip_file)
        walk.see("1 file (“test_000.png”) not added: exact copies of photos that are there already.")
        walk.click("button", "Add 1 photo to my-photos-2026")
        walk.see("27 photos: 14 African elephant and 13 Asian elephant; 21 train and 6 test.")
        walk.fine()
    assert sorted(path.relative_to(folder) for path in folder.rglob("*")) == files


def test_photos_from_the_field_become_a_csv(walk, tmp_path):
    draw_sample(tmp_path / "drawn", num_train=8, num_test=4)
    heap = tmp_path / "data" / "camera 7"
    heap.mkdir(parents=True)
    photos = sorted((tmp_path / "drawn").rglob("*.jpg"))
    for number, photo in enumerate(photos):
        photo.rename(heap / f"IMG {number:03d}.JPG")
    (tmp_path / "models").symlink_to(ROOT / "models")
    with running_pages(quiet(tmp_path)) as walk.address:
        walk.page.goto(f"{walk.address}/dataset?data=camera+7")
        walk.see(f"{len(photos)} photos without labels")
        walk.click("button", "Predict them now")
        walk.see("It tells African and Asian apart")
        with walk.page.expect_download() as saved:
            walk.click("button", "Save as CSV")
        walk.fine()
        with Path(saved.value.path()).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows] == [f"IMG {number:03d}.JPG" for number in range(len(photos))]
    assert {row["answer"] for row in rows} <= {"African", "Asian", "not sure", "not the subject"}


@pytest.mark.long
def test_the_sample_teaches_that_fixing_labels_helps(walk, tmp_path):
    began = time.monotonic()
    with running_pages(tmp_path, [sys.executable, "-m", "core", "worker"]) as walk.address:
        walk.page.goto(walk.address)
        # The sample is drawn and its first training runs; the page follows it by itself, then the review is next.
        walk.see("The loop", PATIENCE)
        review = walk.page.get_by_role("button", name="Review labels")
        walk.page.get_by_text("accuracy (").first.wait_for(timeout=PATIENCE)
        walk.waited = time.monotonic() - began
        walk.page.locator("button.photo").first.click()
        walk.see("trained on the dataset sample")
        review.click()
        walk.click("button", "Look for wrong labels")
        walk.see("likely mislabelled", PATIENCE)
        with (tmp_path / "data" / "sample" / "truth.csv").open(encoding="utf-8") as file:
            truth = {row["path"]: row["true_label"] for row in csv.DictReader(file)}
        walk.review(truth, DECISIONS)
        walk.click("link", "Prove", exact=True)
        walk.click("button", "Train on given and on reviewed labels")
        walk.see("on the same 240 test photos", PATIENCE)
        line = walk.page.get_by_text("on the same 240 test photos").first.inner_text()
        print(line)
        assert float(line.split()[0].replace("+", "").replace("−", "-")) >= 6 and "unlikely to be chance" in line
        walk.click("button", "Use this model")
        walk.click("button", "Use it", exact=True)
        walk.see("The better run")
        walk.fine()


@pytest.mark.long
def test_an_own_folder_is_reviewed_and_proven(walk, tmp_path):
    folder = own_folder(tmp_path / "my photos, 2026")
    for number in (1, 2):  # two labels are wrong
        name = f"IMG train_00{number}.png"
        (folder / "African elephant" / name).rename(folder / "Asian elephant" / f"x {name}")
        (folder / "Asian elephant" / name).rename(folder / "African elephant" / f"x {name}")
    with running_pages(quiet(tmp_path), [sys.executable, "-m", "core", "worker"]) as walk.address:
        open_own_folder(walk, folder)
        walk.click("link", "Review", exact=True)
        walk.click("button", "Look for wrong labels")
        walk.page.locator(".stage[data-photo]").wait_for(timeout=PATIENCE)
        truth = {f"African elephant/x IMG train_00{number}.png": "Asian" for number in (1, 2)}
        truth |= {f"Asian elephant/x IMG train_00{number}.png": "African" for number in (1, 2)}
        shown = {
            f"{name} elephant/{path.name}": name for name in KEYS for path in (folder / f"{name} elephant").iterdir()
        }
        walk.review(shown | truth, 4)
        walk.click("link", "Prove", exact=True)
        walk.click("button", "Train on given and on reviewed labels")
        walk.see("on the same 6 test photos", PATIENCE)
        walk.fine()
