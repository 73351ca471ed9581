"""U5: what eight people uploaded is freed when they have gone."""

import io
import shutil
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from conftest import draw_world
from pages import CHROMIUM, ROOT, running_pages
from PIL import Image

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"there is no browser at {CHROMIUM}"),
]
PEOPLE, MOST_LEFT = 8, 50.0  # MiB
PATIENCE = 180.0  # seconds; sessions of closed tabs are kept for 30


def large_png(seed: int) -> bytes:
    """Nine megabytes of noise."""
    buffer = io.BytesIO()
    noise = np.random.default_rng(seed).integers(0, 256, (1750, 1750, 3), np.uint8)
    Image.fromarray(noise).save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()


def test_U5_uploads_of_closed_tabs_are_freed(tmp_path, note_figure):
    draw_world(tmp_path / "data" / "sample")
    shutil.copytree(ROOT / "models", tmp_path / "models")
    mark = tmp_path / "data" / ".tuskscope" / "first-start"
    mark.parent.mkdir()
    mark.touch()
    with running_pages(tmp_path) as address, playwright.sync_playwright() as driver:
        process = psutil.Process(int((tmp_path / "pid").read_text()))
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        def upload(number: int):
            tab = browser.new_context().new_page()
            tab.set_default_timeout(60_000)
            tab.goto(f"{address}/predict")
            file = {"name": f"{number}.png", "mimeType": "image/png", "buffer": large_png(number)}
            tab.locator("input[type=file]").first.set_input_files(file)
            tab.get_by_text(f"{number}.png").first.wait_for()
            tab.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")
            return tab

        upload(0).context.close()  # the network is loaded from now on
        time.sleep(1)

        def memory() -> float:
            return process.memory_info().rss / 2**20

        before = memory()
        tabs = [upload(number) for number in range(1, PEOPLE + 1)]
        most = memory()
        for tab in tabs:
            tab.context.close()
        deadline = time.monotonic() + PATIENCE
        while memory() > before + MOST_LEFT and time.monotonic() < deadline:
            time.sleep(1)
        left = memory() - before
        browser.close()
    assert left <= MOST_LEFT, f"{before:.0f} MiB before, {most:.0f} with {PEOPLE} uploads, {left:+.0f} after"
    note_figure("U5", f"{PEOPLE} uploads of 9 MB: {most - before:+.0f} MiB, after the tabs were closed {left:+.0f} MiB")
