"""The browsable description of the API in a real browser: complete, usable, and without an outside address."""

import sys
import threading
from pathlib import Path

import pytest
from pages import CHROMIUM

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api_fakes import make_client

from api.server import Server
from api.settings import Settings

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"there is no browser at {CHROMIUM}"),
]


@pytest.fixture
def address(tmp_path):
    server = Server(make_client(tmp_path).application, "127.0.0.1", 0, Settings())
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop()
    thread.join(15)


@pytest.fixture
def page(address):
    """A page that notes every request to elsewhere and every complaint, such as a broken content security policy."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1400, "height": 1000})
        opened.outside, opened.complaints = [], []
        opened.on("request", lambda request: opened.outside.append(request.url))
        opened.on("console", lambda said: opened.complaints.append(said.text) if said.type == "error" else None)
        opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.set_default_timeout(30_000)
        yield opened
        browser.close()


def test_the_docs_page_lists_every_operation_and_tries_one(page, address, tmp_path):
    page.goto(f"{address}/docs")
    page.locator(".opblock").first.wait_for()
    assert page.locator(".opblock").count() == 43
    assert page.get_by_role("heading", name="Tuskscope").is_visible()
    page.locator("#operations-health-live").get_by_role("button").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    page.locator(".live-responses-table").get_by_text('"live"').wait_for()
    page.screenshot(path=tmp_path / "docs.png")
    assert [url for url in page.outside if not url.startswith((address, "data:", "blob:"))] == []
    assert page.complaints == []


def test_a_prediction_can_be_tried_with_its_example(page, address, tmp_path):
    page.goto(f"{address}/docs")
    block = page.locator("#operations-predictions-create_predictions")
    block.get_by_role("button").first.click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    block.locator(".live-responses-table").get_by_text('"African"').first.wait_for()
    page.screenshot(path=tmp_path / "prediction.png", full_page=True)
    assert page.complaints == []
