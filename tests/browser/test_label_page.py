"""A hundred photos labelled by keyboard alone; what was shown as saved is on disk, even if the server is killed."""

import json
import os
import re
import shutil
import signal
from pathlib import Path

import pytest
from conftest import use_backbones
from pages import CHROMIUM, running_pages

from core.paths import Paths
from core.sample.drawn_dataset import draw_sample

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"there is no browser at {CHROMIUM}"),
]
KEYS = {"African": "1", "Asian": "2"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory, backbones):
    """The drawn sample as a memory card: all photos in one folder; their names tell us what nobody else knows."""
    root = tmp_path_factory.mktemp("label")
    drawn = root / "drawn"
    draw_sample(drawn, num_train=130, num_test=20)
    card = root / "data" / "card"
    card.mkdir(parents=True)
    for photo in sorted(drawn.rglob("*.jpg")):
        shutil.copyfile(photo, card / f"{photo.parent.name}_{photo.parent.parent.name}_{photo.name}")
    use_backbones(Paths(root / "data", root / "models"), backbones)
    (root / "data" / ".tuskscope" / "first-start").touch()
    return root


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


def opened(browser, address):
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(90_000)
    page.goto(f"{address}/label?data=card")
    return page


def on_disk(folders: Path) -> dict[str, str]:
    file = folders / "data" / ".tuskscope" / "card" / "decisions.jsonl"
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    return {line["path"]: line["label"] for line in lines if line["action"] == "relabel"}


def label_some(page, count: int) -> dict[str, str]:
    """Answers the framed photo by key, so many times; gives what was answered."""
    given = {}
    for _ in range(count):
        photo = page.locator(".photo[data-focus='true']")
        path = photo.get_attribute("data-id")
        name = path.partition("_")[0]
        page.keyboard.press(KEYS[name])
        page.locator(f".photo[data-id='{path}']").wait_for(state="detached")
        given[path] = name
    return given


def saved(page) -> int:
    page.locator(".status[data-pending='0']").wait_for()
    return int(page.locator(".status").get_attribute("data-saved"))


def test_a_hundred_photos_are_labelled_by_keyboard_and_a_killed_server_loses_none_shown_as_saved(folders, browser):
    with running_pages(folders) as address:
        page = opened(browser, address)
        page.get_by_label("Classes, separated by commas").fill("African, Asian")
        page.get_by_role("button", name="Begin").click()
        page.get_by_role("button", name="Look at the photos").click()
        page.locator(".photo[data-focus='true']").wait_for()
        given = label_some(page, 50)
        assert saved(page) == 50
        os.kill(int((folders / "pid").read_text(encoding="ascii")), signal.SIGKILL)
        assert on_disk(folders) == given
        page.close()
    with running_pages(folders) as address:
        page, other = opened(browser, address), opened(browser, address)  # two tabs
        for tab in (page, other):
            tab.locator(".photo.suggested").first.wait_for()
        first = label_some(page, 25)
        assert saved(page) == 25
        second = {}
        while len({**first, **second}) < 50:
            second |= label_some(other, 1)
        saved(other)
        assert on_disk(folders) == {**given, **first, **second}
        page.keyboard.press("u")
        page.locator(".status[data-saved='24']").wait_for()
        page.locator(".status[data-pending='0']").wait_for()
        page.keyboard.press("Shift+ArrowRight")
        page.get_by_text("2 selected").wait_for()
        page.keyboard.press("e")
        page.get_by_text(re.compile(r"^(?!2 )\d+ selected")).wait_for()  # how many depends on what is left
        page.keyboard.press("Escape")
        page.keyboard.press(" ")
        page.get_by_role("dialog").wait_for()
