"""The upload page in a real browser: paste, drop, several photos, without scripts, nothing from elsewhere."""

import base64
import threading
from pathlib import Path

import pytest
from api_fakes import make_client, photo
from pages import CHROMIUM

from api.server import Server
from api.settings import Settings

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"there is no browser at {CHROMIUM}"),
]
GIVE = """([kind, content, name]) => {
  const files = new DataTransfer();
  const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
  files.items.add(new File([bytes], name, {type: "image/jpeg"}));
  const event = kind === "paste" ? new ClipboardEvent(kind, {clipboardData: files})
                                 : new DragEvent(kind, {dataTransfer: files});
  window.dispatchEvent(event);
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    server = Server(make_client(tmp_path_factory.mktemp("page")).application, "127.0.0.1", 0, Settings())
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/"
    server.stop()
    thread.join(20)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def opened(browser, address):
    """Opens the page; at the end it must have asked one address only and complained about nothing."""
    contexts, complaints = [], []

    def open_page(**options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith((address, "data:")) or complaints.append(request.url))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def files(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(photo())
    (tmp_path / "c.jpg").write_bytes(b"no picture")
    return [tmp_path / name for name in ("a.jpg", "b.jpg", "c.jpg")]


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_pasted_or_dropped_photo_is_answered_at_once(opened, kind):
    page = opened()
    page.evaluate(GIVE, [kind, base64.b64encode(photo()).decode(), "a.jpg"])
    page.locator("article h1").wait_for()


def test_it_works_without_scripts_and_with_several_photos(opened, files):
    page = opened(java_script_enabled=False)
    page.get_by_label("Choose photos").set_input_files(files)
    page.get_by_role("button", name="Predict").click()
    page.get_by_role("heading", name="3 photos").wait_for()
    assert page.locator("article").count() == 3 and page.get_by_text("not a JPEG, PNG or WebP").count() == 1


def test_the_heat_map_is_switched_with_the_keyboard(opened, files):
    page = opened()
    page.get_by_label("Choose photos").set_input_files(files[:1])
    page.get_by_role("button", name="Predict").press("Enter")
    heat = page.locator(".heat.h1")
    heat.wait_for()
    assert heat.evaluate("element => getComputedStyle(element).opacity") == "1"
    page.get_by_role("radio").nth(1).press("ArrowLeft")
    assert page.get_by_role("radio", name="Photo").is_checked()
    page.wait_for_timeout(500)  # it fades; the policy forbids scripts that would wait for it
    assert heat.evaluate("element => getComputedStyle(element).opacity") == "0"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_sees_everything_and_may_use_its_camera(opened, files, scheme):
    page = opened(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True, color_scheme=scheme)
    page.get_by_label("Take a photo").set_input_files(files[0])  # sends it at once
    page.locator("article h1").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    assert [item["id"] for item in axe.Axe().run(page).response["violations"]] == []
