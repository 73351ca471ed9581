"""schemathesis tries the whole description against a live server: every check, every phase, no failure."""

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from api_fakes import FakePredictor
from conftest import draw_photo
from schemathesis_hooks import CLASSES, DATASET, PHOTOS, RUN

from api.app import create_app
from api.server import Server
from api.settings import Settings
from core.dataset.index import index_dataset
from core.files import write_parquet
from core.paths import Paths
from core.review.stored import ranking_file
from core.runs import registry
from core.training import job_queue

HERE = Path(__file__).resolve().parent
KEY = "the-key-of-this-test"

pytest.importorskip("schemathesis", reason="schemathesis is not installed")


@pytest.fixture(params=[pytest.param(False, marks=pytest.mark.slow), pytest.param(True, marks=pytest.mark.long)])
def is_real(request):
    """The network predicts in the long test only: maps of hundreds of passes take their time."""
    return request.param


@pytest.fixture
def address(tmp_path, monkeypatch, is_real):
    """The bundled run and a small ranked dataset, served with a key and real jobs that nobody works on."""
    monkeypatch.setattr(job_queue, "MAX_WAITING", 10**6)  # a full queue is a 503, which is its own test
    paths = Paths(tmp_path / "data", tmp_path / "models")
    shutil.copytree(HERE.parent / "models" / RUN, paths.models_dir / RUN)
    (paths.models_dir / RUN / "README.md").write_text("# A card\n")
    for number, name in enumerate(PHOTOS):
        draw_photo(paths.data_dir / DATASET / name, (60 + number, 90, 180), number)
        draw_photo(paths.data_dir / DATASET / name.replace("train", "test"), (60 + number, 90, 180), 50 + number)
    dataset = index_dataset(paths.data_dir / DATASET, paths)
    ranking = dataset.usable[["path", "split", "sha256"]].assign(
        given_label=dataset.usable["label"], suggested_label=CLASSES[0], score=0.9, reason="looks like African"
    )
    write_parquet(ranking_file(dataset), ranking)
    predictor = None if is_real else FakePredictor(registry.active(paths), subject_score=0.9)
    app = create_app(paths, predictor, Settings(key=KEY, rate=0))
    server = Server(app, "127.0.0.1", 0, Settings())
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop()
    thread.join(15)


def run_schemathesis(address: str, folder: Path, *options: str) -> str:
    """Runs `st` and returns what it wrote; its exit code must be 0."""
    command = [
        str(Path(sys.executable).with_name("st")), "--config-file", str(HERE / "schemathesis.toml"), "run",
        f"{address}/openapi.json", "--header", f"Authorization: Bearer {KEY}", "--checks", "all", "--no-color",
        "--seed", "2", *options,
    ]  # fmt: skip
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    return done.stdout


def test_all_checks_find_no_failure(address, tmp_path, is_real):
    options = ("--max-examples", "60") if is_real else ("--phases", "examples,coverage", "--mode", "positive")
    output = run_schemathesis(address, tmp_path, *options)
    print(output)
    tested = re.search(r"Tested: (\d+)", output)
    assert tested and int(tested[1]) >= 38
    phases = ("Examples", "Coverage", *(("Fuzzing", "Stateful") if is_real else ()))
    assert all(f"✅  {phase}" in output for phase in phases)
