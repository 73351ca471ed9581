"""A reviewer with a keyboard in a real browser: how long to the next photo, and what is on disk afterwards."""

import json
import statistics
from pathlib import Path

import pytest
from pages import CHROMIUM, running_pages

from core.sample.drawn_dataset import draw_sample

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"there is no browser at {CHROMIUM}"),
]

# From the key to the second frame after the next photo is decoded: then it is on the screen.
MEASURE = """async (key) => {
  const find = (root) => {
    for (const element of root.querySelectorAll('*')) {
      const found = element.matches('.stage') ? element : element.shadowRoot && find(element.shadowRoot);
      if (found) return found;
    }
  };
  const stage = find(document), before = stage.dataset.photo, began = performance.now();
  document.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  let waited = 0;
  while (stage.dataset.photo === before) {
    if (performance.now() - began > 60_000) throw new Error(`${key} showed no other photo`);  // no key hangs the tests
    await new Promise(requestAnimationFrame);
    waited += 1;
  }
  // A picture that the server's answer replaces by itself is decoded anew.
  const decoded = () => stage.querySelector('img').decode().then(() => true, () => false);
  while (!(await decoded())) {
    if (performance.now() - began > 60_000) throw new Error('the next photo cannot be decoded');
    await new Promise(requestAnimationFrame);
  }
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
  return { milliseconds: performance.now() - began, waited, before, after: stage.dataset.photo };
}"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("review")
    draw_sample(root / "data" / "sample", num_train=240, num_test=80)
    mark = root / "data" / ".tuskscope" / "first-start"
    mark.parent.mkdir()
    mark.touch()  # nothing trains beside the measurement
    return root


@pytest.fixture(scope="module")
def address(folders):
    with running_pages(folders) as found:
        yield found


@pytest.fixture(scope="module")
def page(address):
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1400, "height": 900})
        opened.set_default_timeout(60_000)
        opened.goto(f"{address}/review")
        opened.get_by_role("button", name="Look for wrong labels").click()
        opened.locator(".stage[data-photo]").wait_for(timeout=300_000)
        yield opened
        browser.close()


def decisions(folders: Path) -> list[tuple[str, str, str]]:
    file = folders / "data" / ".tuskscope" / "sample" / "decisions.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [(line["path"], line["action"], line["label"]) for line in map(json.loads, lines)]


def all_saved(page) -> None:
    page.locator(".status[data-pending='0']").wait_for()


def test_a_key_shows_the_next_photo_at_once_and_the_decision_is_on_disk_when_it_is_shown_as_saved(page, folders):
    page.wait_for_timeout(1000)
    steps = []
    for key in ("2", "1", "x", "k", "2", "1", "x", "k", "2", "1", "x", "k"):
        steps.append(page.evaluate(MEASURE, key))
        page.wait_for_timeout(300)  # a person looks at the photo; three a second is faster than anybody reviews
    all_saved(page)
    assert page.locator(".status").inner_text() == "✓ Saved"
    assert [path for path, _, _ in decisions(folders)] == [step["before"] for step in steps]
    assert all(first["after"] == second["before"] for first, second in zip(steps, steps[1:], strict=False))
    milliseconds = [step["milliseconds"] for step in steps]
    print(f"to the next photo: median {statistics.median(milliseconds):.0f} ms, at most {max(milliseconds):.0f} ms")
    assert max(step["waited"] for step in steps) <= 1  # frames: an answer of the server is not waited for


def test_looking_for_wrong_labels_leaves_no_tensorflow_in_the_pages(page, folders):
    maps = Path("/proc", (folders / "pid").read_text(encoding="ascii"), "maps")
    if not maps.exists():
        pytest.skip("This system does not say what a process has loaded.")
    assert "libtensorflow_cc" not in maps.read_text(encoding="utf-8", errors="replace")


def test_keys_pressed_faster_than_the_server_answers_are_all_saved(page, folders):
    before = len(decisions(folders))
    for _ in range(5):
        page.keyboard.press("k")
    all_saved(page)
    assert len(decisions(folders)) == before + 5
    assert len({path for path, _, _ in decisions(folders)}) == before + 5  # none of them twice


def test_undo_brings_the_photo_back_at_once_and_takes_the_decision_off_the_log(page, folders):
    path = decisions(folders)[-1][0]
    step = page.evaluate(MEASURE, "u")
    assert step["after"] == path
    assert step["waited"] <= 1
    all_saved(page)
    assert decisions(folders)[-1] == (path, "undo", "")
    page.wait_for_timeout(1500)
    assert page.locator(".stage").get_attribute("data-photo") == path  # and it stays there


def test_keys_typed_into_a_field_decide_nothing(page, folders):
    before = decisions(folders)
    page.get_by_role("button", name="Options").click()
    page.get_by_role("textbox", name="Your name").fill("Kim")
    page.get_by_role("textbox", name="Your name").press("k")
    page.keyboard.press("Escape")
    page.wait_for_timeout(500)
    assert decisions(folders) == before


def test_a_button_does_what_its_key_does(page, folders):
    path = page.locator(".stage").get_attribute("data-photo")
    page.locator("button.exclude").click()
    all_saved(page)
    assert decisions(folders)[-1] == (path, "exclude", "")


def test_many_photos_are_decided_at_once_in_the_grid(page, folders):
    page.get_by_role("radio", name="Grid").click()
    page.locator("button.photo").nth(3).wait_for()
    page.locator("button.photo").nth(0).click()
    page.locator("button.photo").nth(2).click(modifiers=["Shift"])
    assert page.locator(".count").inner_text() == "3 selected"
    before = len(decisions(folders))
    page.locator("button.decide.exclude").click()
    page.get_by_text("Saved: 3 photos").wait_for()
    assert len(decisions(folders)) == before + 3
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Shift-click").wait_for()
    assert [action for _, action, _ in decisions(folders)[-3:]] == ["undo"] * 3


def test_a_reload_forgets_nothing_that_was_saved(page, folders):
    page.reload()
    page.get_by_role("radio", name="One by one").click()
    page.locator(".stage[data-photo]").wait_for()
    assert page.locator(".stage").get_attribute("data-photo") not in {
        path for path, action, _ in decisions(folders)[:12] if action != "undo"
    }
    assert page.locator("[data-testid=stException]").count() == 0


@pytest.mark.parametrize("width", [390, 1400])
def test_the_review_never_scrolls_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 844})
    page.wait_for_timeout(800)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
