"""What docs/api.md says is done: its curl lines and its Python client against a real server on this machine."""

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from api_fakes import FakePredictor, client_of, make_paths, make_run, photo
from conftest import draw_photo

from api.server import Server
from api.settings import Settings
from core.dataset.index import index_dataset
from core.files import write_parquet
from core.review.stored import ranking_file
from core.runs import registry

WORDS = (Path(__file__).resolve().parent.parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"
SUSPECT = "train/Asian/photo_0012.jpg"


def blocks(kind: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", WORDS, re.MULTILINE | re.DOTALL)
    return [content for name, content in found if name == kind]


def commands() -> list[str]:
    """The lines after `$`, with those that continue them."""
    found = re.findall(r"^\$ ((?:.*\\\n)*.*)$", "\n".join(blocks("")), re.MULTILINE)
    return [command for command in found if "curl" in command]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A served run, a queued one, a ranked dataset and two pictures; the address of a server over them."""
    root = tmp_path_factory.mktemp("docs")
    paths = make_paths(root)
    for index in range(4):
        for split in ("train", "test"):
            for name, colour in (("African", (180, 90, 60)), ("Asian", (60, 90, 180))):
                draw_photo(paths.data_dir / "sample" / split / name / f"photo_{index:04d}.png", colour, index)
    draw_photo(paths.data_dir / "sample" / SUSPECT, (60, 90, 180), 12)
    dataset = index_dataset(paths.data_dir / "sample", paths)
    ranking = dataset.usable[["path", "split", "sha256"]].assign(
        given_label=dataset.usable["label"],
        suggested_label="African",
        score=0.9,
        kind="class",
        reason="looks like African",
    )
    write_parquet(ranking_file(dataset), ranking)
    run = make_run(paths, "bundled-elephants-strong")
    (run.folder / "README.md").write_text("# card")
    registry.promote(paths, run.run_id)
    make_run(paths, "2026-11-23-quick-7f3a", "queued")
    make_run(paths, "2026-11-22-quick-0c4e")
    make_run(paths, "2026-11-24-quick-91c2")
    (root / "photo.jpg").write_bytes(photo())
    (root / "photo.png").write_bytes(photo("PNG"))
    app = client_of(paths, FakePredictor(run, subject_score=0.9)).application
    server = Server(app, "127.0.0.1", 0, Settings())
    thread = threading.Thread(target=server.run)
    thread.start()
    yield root, f"http://127.0.0.1:{server.port}"
    server.stop()
    thread.join(15)


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_every_curl_line_of_the_documentation_works(world):
    folder, address = world
    assert len(commands()) >= 25
    for command in commands():
        line = command.replace(ADDRESS, address).replace("curl ", "curl --silent --show-error --fail-with-body ", 1)
        done = subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, timeout=30)
        assert done.returncode == 0, (command, done.stdout[:500], done.stderr)
    assert (folder / "overlay.png").read_bytes().startswith(b"\x89PNG")
    export = (folder / "bundled-elephants-strong.tflite").read_bytes()
    assert export.startswith(b"litertPK") and b"labels.txt" in export  # the file itself, then its labels as a zip


def test_the_client_of_open_inference_works_as_documented(world):
    pytest.importorskip("tritonclient.http", reason="tritonclient[http] is not installed")
    folder, address = world
    (code,) = [block for block in blocks("python") if "tritonclient" in block]
    command = [sys.executable, "-c", code.replace(ADDRESS.removeprefix("http://"), address.removeprefix("http://"))]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and re.match(r"\[b?'A\w+'\] \[\[0\.", done.stdout), done.stdout + done.stderr


def test_the_generated_python_client_works_as_documented(world):
    pytest.importorskip("openapi_python_client", reason="openapi-python-client is not installed")
    folder, address = world
    (install,) = [block for block in blocks("sh") if "openapi-python-client" in block]
    generate = install.splitlines()[1].replace(ADDRESS, address)
    tools = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(generate.split(), cwd=folder, env=tools, capture_output=True, text=True, timeout=60)
    assert (folder / "tuskscope_client" / "client.py").is_file(), done.stdout + done.stderr
    (code,) = [block for block in blocks("python") if "tuskscope_client" in block]
    command = [sys.executable, "-W", "error", "-c", code.replace(ADDRESS, address)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert re.fullmatch(r"A\w+ 0\.\d+", first) and second.startswith("Served(active='2026-11-24-quick-91c2'")
