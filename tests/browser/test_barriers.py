"""No barriers in a real browser: axe-core finds nothing serious that is ours, and focus returns after dialogs."""

import shutil
import sys
from pathlib import Path

import pytest
from conftest import draw_world
from pages import CHROMIUM, ROOT, running_pages

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pages_fakes import fake_run

from core.dataset.index import index_dataset
from core.paths import Paths

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"there is no browser at {CHROMIUM}"),
]
PAGES = {  # and what stands on it at the end
    "": "Use the API",
    "dataset": "24 photos",
    "dataset?tab=Statistics": "Can the class be guessed from something trivial?",
    "dataset?tab=Problems": "Photos that occur more than once",
    "dataset?tab=Add+photos": "As a new dataset",
    "review": "Look for wrong labels",
    "training": "Runs so far",
    "prove": "Review labels",
    "evaluation": "Click a cell to see its photos.",
    "evaluation?sight=Calibration": "Calibration error",
    "models": "Settings and files",
    "predict": "Or try one of these photos",
    "predict?by=bundled-elephants-strong&photo=test/African/test_000.png": "Evidence for",
}
# Rules of axe-core that Streamlit 1.67 breaks by itself, and where; all else is ours.
STREAMLIT = {
    "list": "[data-testid=stSidebarNav]",  # the groups of its menu are divs in a ul
    "listitem": "[data-testid=stSidebarNav]",  # and so the links lie in no list
    # What is selected is written in the primary colour, on which its buttons write white: 4.5:1 with both has none.
    "color-contrast": "[data-selected=true]",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The real pages on a small world: a run of it has been evaluated, the bundled one is in use."""
    root = tmp_path_factory.mktemp("barriers")
    paths = Paths(root / "data", root / "models")
    shutil.copytree(ROOT / "models", paths.models_dir)
    fake_run(index_dataset(draw_world(paths.data_dir / "sample"), paths), paths)
    (paths.shared_cache_dir / "first-start").touch()
    with running_pages(root) as found:
        yield found


@pytest.fixture
def opened(address):
    """Opens a page in light or dark."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        def open_page(scheme: str = "light"):
            page = browser.new_page(viewport={"width": 1400, "height": 900}, color_scheme=scheme)
            page.set_default_timeout(60_000)
            return page

        yield open_page
        browser.close()


def barriers(page) -> list[str]:
    """What axe-core calls serious or critical on a page, and Streamlit does not cause."""
    found = []
    for violation in axe.Axe().run(page).response["violations"]:
        if violation["impact"] not in ("serious", "critical"):
            continue
        for node in violation["nodes"]:
            place = page.locator(str(node["target"][0]))  # Streamlit's names of classes; open shadow roots are pierced
            known = STREAMLIT.get(violation["id"], "")
            if not known or not place.first.evaluate("(element, known) => !!element.closest(known)", known):
                found.append(f"{violation['id']}: {node['html'][:200]}")
    return found


@pytest.mark.parametrize(
    ("scheme", "names"),
    [
        ("light", ["", "dataset", "review", "evaluation", "models"]),
        pytest.param("light", list(PAGES), marks=pytest.mark.long),
        pytest.param("dark", list(PAGES), marks=pytest.mark.long),
    ],
    ids=["some", "light", "dark"],
)
def test_no_page_has_a_serious_barrier_of_ours(opened, address, scheme, names):
    page, found = opened(scheme), {}
    for name in names:
        page.goto(f"{address}/{name}")
        page.get_by_text(PAGES[name]).first.wait_for()
        page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")
        found[name] = barriers(page)
    assert {name: items for name, items in found.items() if items} == {}


def test_focus_returns_to_the_photo_whose_panel_was_closed(opened, address):
    page = opened()
    page.goto(f"{address}/dataset")
    photo = page.locator("button.photo").nth(3)
    photo.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    page.wait_for_function("document.activeElement?.shadowRoot?.activeElement?.matches('button.photo')")
    assert photo.evaluate("element => element.getRootNode().activeElement === element")
    page.keyboard.press("Enter")  # as often as one likes
    page.get_by_role("dialog").wait_for()


def test_focus_returns_to_the_button_that_opened_a_dialog(opened, address):
    page = opened()
    page.goto(f"{address}/models")
    page.get_by_role("button", name="Model card").press("Enter")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    page.wait_for_function("document.activeElement?.textContent.includes('Model card')")
