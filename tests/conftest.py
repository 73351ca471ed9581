"""The tiny world of the tests: two species that are two colours, drawn pictures, one trained run a session."""

import fcntl
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.dataset.index import index_dataset
from core.paths import Paths
from docs import write_reliability

COLOURS = {"African": (180, 90, 60), "Asian": (60, 90, 180)}


def draw_photo(path: Path, colour: tuple[int, int, int], seed: int, size: tuple[int, int] = (64, 48)) -> Path:
    """A picture of one colour with noise and a few boxes, different for every seed; bluish ones have stripes."""
    random = np.random.default_rng(seed)
    width, height = size
    pixels = np.clip(np.array(colour) + random.normal(0, 12, (height, width, 3)), 0, 255).astype(np.uint8)
    for _ in range(3):
        top, left = random.integers(0, height - 8), random.integers(0, width - 8)
        pixels[top : top + random.integers(4, 12), left : left + random.integers(4, 12)] = random.integers(0, 256)
    if colour[2] > colour[0]:
        pixels[:: height // 8] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def draw_world(folder: Path, num_train: int = 8, num_test: int = 4, classes: dict | None = None) -> Path:
    """A dataset folder: `train/<class>` and `test/<class>` with so many pictures a class."""
    for number, (name, colour) in enumerate((classes or COLOURS).items()):
        for split, count in (("train", num_train), ("test", num_test)):
            for index in range(count):
                seed = number * 1000 + index + (500 if split == "test" else 0)
                draw_photo(folder / split / name / f"{split}_{index:03d}.png", colour, seed)
    return folder


@pytest.fixture
def paths(tmp_path) -> Paths:
    """Empty data and models folders."""
    found = Paths(data_dir=tmp_path / "data", models_dir=tmp_path / "models")
    found.data_dir.mkdir()
    found.models_dir.mkdir()
    return found


@pytest.fixture
def world(paths):
    """A small dataset of two colours, indexed."""
    return index_dataset(draw_world(paths.data_dir / "world"), paths)


@pytest.fixture(scope="session")
def backbones(tmp_path_factory) -> Path:
    """A folder with the prepared backbone shared by all workers of pytest-xdist.

    Preparing it costs TensorFlow's import and a conversion, so it is done once, by whoever comes first.
    """
    from core.networks.templates import template

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    found = Paths(data_dir=shared / "shared-data", models_dir=shared)
    with (shared / "backbones.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        template("efficientnet-lite0", found)
    return found.shared_cache_dir / "backbones"


def use_backbones(paths: Paths, backbones: Path) -> Paths:
    """Lets a test's own data folder use the prepared backbone."""
    paths.shared_cache_dir.mkdir(parents=True, exist_ok=True)
    (paths.shared_cache_dir / "backbones").symlink_to(backbones)
    return paths


@pytest.fixture(scope="session")
def trained_paths(tmp_path_factory, backbones) -> Paths:
    """Folders with the colour world and one served `quick` run on it; read-only for tests."""
    from core.runs import registry
    from core.runs.presets import preset
    from core.workflows.train import train

    root = tmp_path_factory.mktemp("trained")
    found = use_backbones(Paths(data_dir=root / "data", models_dir=root / "models"), backbones)
    dataset = index_dataset(draw_world(found.data_dir / "world"), found)
    run = train(preset("quick"), dataset, found, run_id="quick-run")
    registry.promote(found, run.run_id)
    return found


@pytest.fixture(scope="session")
def quick_run(trained_paths):
    from core.runs import registry

    return registry.active(trained_paths)


@pytest.fixture(scope="session")
def predictor(quick_run):
    from core.prediction.predictor import Predictor

    return Predictor(quick_run)


@pytest.fixture
def note_figure() -> Callable[[str, str], None]:
    """Prints the figure of a row, and keeps it for docs/reliability.md where `TUSKSCOPE_FIGURES` is 1."""

    def note(id: str, figure: str) -> None:
        print(f"{id}: {figure}")
        if os.environ.get("TUSKSCOPE_FIGURES") == "1":
            with write_reliability.PROMISES.open() as lock:  # several workers note theirs
                fcntl.flock(lock, fcntl.LOCK_EX)
                write_reliability.note(id, figure, date.today().isoformat())

    return note


@pytest.fixture
def elephants() -> Path:
    """The real photos, where a person has them."""
    folder = os.environ.get("TUSKSCOPE_ELEPHANTS")
    if not folder or not Path(folder).is_dir():
        pytest.skip("TUSKSCOPE_ELEPHANTS does not name the folder of the real elephant photos")
    return Path(folder)
