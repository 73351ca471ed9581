"""schemathesis tries the whole description against a live server: every check, every phase, no failure."""

import contextlib
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
from core.jobs import table as job_queue
from core.paths import Paths
from core.review.stored import ranking_file
from core.runs import registry

HERE = Path(__file__).resolve().parent
KEY = "the-key-of-this-test"

pytest.importorskip("schemathesis", reason="schemathesis is not installed")


REAL = [pytest.param(True, seed, marks=pytest.mark.long) for seed in (1, 2, 3)]


@pytest.fixture
def serve(tmp_path, monkeypatch):
    """Gives the address of a server, with the network or a stand-in: maps of hundreds of passes take their time.

    The bundled run and a small ranked dataset, served with a key and real jobs that nobody works on.
    """
    monkeypatch.setattr(job_queue, "MAX_WAITING", 10**6)  # a full queue is a 503, which is its own test
    paths = Paths(tmp_path / "data", tmp_path / "models")
    shutil.copytree(HERE.parent.parent / "models" / RUN, paths.models_dir / RUN)
    (paths.models_dir / RUN / "README.md").write_text("# A card\n")
    for number, name in enumerate(PHOTOS):
        draw_photo(paths.data_dir / DATASET / name, (60 + number, 90, 180), number)
        draw_photo(paths.data_dir / DATASET / name.replace("train", "test"), (60 + number, 90, 180), 50 + number)
    dataset = index_dataset(paths.data_dir / DATASET, paths)
    ranking = dataset.usable[["path", "split", "sha256"]].assign(
        given_label=dataset.usable["label"],
        suggested_label=CLASSES[0],
        score=0.9,
        kind="class",
        reason="looks like African",
    )
    write_parquet(ranking_file(dataset), ranking)
    with contextlib.ExitStack() as stack:

        def start(is_real: bool) -> str:
            predictor = None if is_real else FakePredictor(registry.active(paths), subject_score=0.9)
            server = Server(create_app(paths, predictor, Settings(key=KEY, rate=0)), "127.0.0.1", 0, Settings())
            thread = threading.Thread(target=server.run)
            thread.start()
            stack.callback(thread.join, 15)
            stack.callback(server.stop)
            return f"http://127.0.0.1:{server.port}"

        yield start


def run_schemathesis(address: str, folder: Path, *options: str) -> str:
    """Runs `st` and returns what it wrote; its exit code must be 0."""
    command = [
        str(Path(sys.executable).with_name("st")),
        "--config-file",
        str(HERE / "schemathesis.toml"),
        "run",
        f"{address}/openapi.json",
        "--header",
        f"Authorization: Bearer {KEY}",
        "--checks",
        "all",
        "--no-color",
        "--request-timeout",
        "60",
        *options,
    ]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("is_real, seed", [pytest.param(False, 1, marks=pytest.mark.slow), *REAL])
def test_B5_all_checks_find_no_failure(serve, tmp_path, is_real, seed, note_figure):
    options = ("--max-examples", "60") if is_real else ("--phases", "examples,coverage", "--mode", "positive")
    output = run_schemathesis(serve(is_real), tmp_path, "--seed", str(seed), *options)
    print(output)
    tested = re.search(r"Tested: (\d+)", output)
    assert tested and int(tested[1]) >= 39
    phases = ("Examples", "Coverage", *(("Fuzzing", "Stateful") if is_real else ()))
    assert all(f"✅  {phase}" in output for phase in phases)
    if is_real:
        note_figure("B5", f"{tested[1]} operations, seed {seed}: no failure")
