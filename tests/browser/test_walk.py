"""A newcomer's walk in a real browser: sample, first training, promotion, an answer with its heat map."""

import sys
from pathlib import Path

import pytest
from pages import CHROMIUM, running_pages

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"there is no browser at {CHROMIUM}"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The real pages and the real worker on empty folders and a free port."""
    with running_pages(tmp_path_factory.mktemp("walk"), [sys.executable, "-m", "core", "worker"]) as found:
        yield found


@pytest.fixture(scope="module")
def page(address):
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1400, "height": 900})
        opened.outside = []
        opened.on("request", lambda request: note_outside(opened.outside, request.url, address))
        opened.set_default_timeout(60_000)
        opened.goto(address)
        yield opened
        browser.close()


def note_outside(found: list[str], url: str, address: str) -> None:
    if not url.startswith((address, address.replace("http", "ws"), "data:", "blob:")):
        found.append(url)


def go_to(page, name: str, title: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("heading", name=title).wait_for()


def picture(page, folder: Path, name: str) -> None:
    """A screenshot to look at; waits until the page rests."""
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")
    page.wait_for_timeout(1000)
    page.screenshot(path=folder / f"{name}.png", full_page=True)


def test_a_newcomer_gets_from_nothing_to_an_explained_answer(page, address, tmp_path):
    # The sample draws itself, and its first training is under way without a click.
    page.get_by_role("heading", name="Where are you now?").wait_for(timeout=180_000)
    go_to(page, "Dataset", "What do I have?")
    page.locator("button.photo").nth(23).wait_for()
    picture(page, tmp_path, "dataset")
    page.locator("button.photo").first.click()
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")

    go_to(page, "Training", "What should I train")
    page.get_by_text("on sample").first.wait_for()
    picture(page, tmp_path, "training")
    page.get_by_text("is ready").wait_for(timeout=300_000)

    # A second run with another setting is compared, and answers only after a confirmation.
    page.get_by_text("More settings").click()
    seed = page.get_by_role("spinbutton", name="Seed")
    seed.fill("7")
    seed.press("Enter")
    page.get_by_role("button", name="Train Quick").click()
    page.get_by_role("button", name="Use this model").wait_for(timeout=300_000)
    picture(page, tmp_path, "trained")
    page.get_by_role("button", name="Use this model").click()
    page.get_by_role("button", name="Use it", exact=True).click()
    page.get_by_text("It is in use: try it on the Predict page.").wait_for()

    go_to(page, "Evaluation", "How good is it")
    page.get_by_text("n = 240, given labels, test").first.wait_for()
    picture(page, tmp_path, "evaluation")

    go_to(page, "Predict", "What is this, and why?")
    page.locator("button.photo").nth(2).click()
    page.get_by_text("Evidence for").first.wait_for()
    picture(page, tmp_path, "predict")

    go_to(page, "Models", "Which model is in use?")
    picture(page, tmp_path, "models")
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.outside == []  # no font, icon, picture or statistics leaves the machine


def test_filters_stand_in_the_address_and_survive_a_reload(page, address):
    page.goto(f"{address}/dataset?class=African&split=test")
    page.get_by_text("of 600 photos").wait_for()
    page.locator("button.photo .note").first.wait_for()
    page.get_by_role("combobox", name="Class").click()
    page.get_by_role("option", name="Asian").click()
    page.wait_for_url("**class=Asian**")


@pytest.mark.long
@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("name", ["", "dataset", "training", "evaluation", "predict", "models"])
def test_no_page_scrolls_sideways(page, address, name, width):
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{address}/{name}")
    page.locator("h1").wait_for()
    page.wait_for_timeout(1500)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
