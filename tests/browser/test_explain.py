"""Explaining in a real browser: a photo by its link, the strength of a map, a part hidden by pointer and by keys."""

import http.client
import shutil
from pathlib import Path

import pytest
from conftest import draw_world
from pages import CHROMIUM, ROOT, running_pages

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"there is no browser at {CHROMIUM}"),
]
PHOTO = "predict?photo=test/African/test_000.png"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The real pages on a small world, answered by the bundled run."""
    root = tmp_path_factory.mktemp("explain")
    draw_world(root / "data" / "sample")
    shutil.copytree(ROOT / "models", root / "models")
    mark = root / "data" / ".tuskscope" / "first-start"
    mark.parent.mkdir()
    mark.touch()
    with running_pages(root) as found:
        yield found


@pytest.fixture(scope="module")
def page(address):
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        opened.set_default_timeout(60_000)
        yield opened
        browser.close()


def test_every_class_is_shown_and_one_slider_sets_all_maps(page, address):
    page.goto(f"{address}/{PHOTO}")
    page.get_by_text("Evidence for African").wait_for()
    page.locator(".numbers").nth(1).wait_for()  # both maps are tested without being asked to
    sliders = page.get_by_role("slider", name="Heat map")
    sliders.nth(1).press("ArrowLeft")
    assert [sliders.nth(place).input_value() for place in range(2)] == ["55", "55"]
    strengths = page.locator(".heat").evaluate_all("maps => maps.map((map) => getComputedStyle(map).opacity)")
    assert strengths == ["0.55"] * 3


def test_a_box_is_drawn_by_pointer_and_moved_and_removed_by_keys(page, address):
    page.get_by_role("radio", name="Hide a part").click()
    page.get_by_text("Drag a box over the photo").wait_for()  # all is there, nothing moves any more
    stage = page.locator(".stage")
    stage.hover()  # waits until it stands still
    edges = stage.bounding_box()
    page.mouse.move(edges["x"] + 0.2 * edges["width"], edges["y"] + 0.2 * edges["height"])
    page.mouse.down()
    page.mouse.move(edges["x"] + 0.7 * edges["width"], edges["y"] + 0.8 * edges["height"], steps=4)
    page.mouse.up()
    answer = page.get_by_text("points, from").or_(page.get_by_text("stays at")).first
    answer.wait_for()
    box = page.get_by_role("button", name="Hidden part 1")
    before = box.bounding_box()
    box.press("ArrowRight")
    assert page.get_by_role("button", name="Hidden part 1").bounding_box()["x"] > before["x"]
    page.get_by_role("button", name="Hidden part 1").press("Delete")
    page.get_by_text("Drag a box over the photo").wait_for()


def test_the_answer_is_saved_as_a_picture(page, address):
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as picture").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("width", [390, 1800])
def test_explaining_never_scrolls_sideways(page, address, width):
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{address}/{PHOTO}&explain=Compare+methods")
    page.locator(".numbers").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("[data-testid=stException]").count() == 0


@pytest.mark.parametrize("session", ["unknown", "..%2f..%2fdata"])
def test_U4_an_upload_without_the_token_of_the_page_is_refused(address, session):
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    connection.request("PUT", f"/_stcore/upload_file/{session}/file", b"content", {"Origin": "https://evil.test"})
    assert connection.getresponse().status in (400, 403, 404)
    connection.close()
