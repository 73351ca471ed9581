"""The default photos come from a fake Kaggle here; without a network the way by hand is told."""

import os
import sys
import time

import pytest
from conftest import draw_world

from core.dataset import download as module
from core.dataset.download import HANDLE, download
from core.dataset.index import index_dataset
from core.errors import DatasetError


@pytest.fixture
def kaggle_folder(tmp_path):
    """What Kaggle's archive looks like: the splits inside `dataset`."""
    draw_world(tmp_path / "kaggle" / "dataset", num_train=2, num_test=1)
    return tmp_path / "kaggle"


def no_network(handle):
    raise ConnectionError("name or service not known")


def test_downloads_unwraps_and_names_the_dataset(paths, kaggle_folder):
    asked, steps = [], []

    def fetch(handle):
        asked.append(handle)
        return kaggle_folder

    folder = download(paths, progress=lambda *step: steps.append(step), fetch=fetch)
    assert asked == [HANDLE] and folder == paths.data_dir / "elephants"
    assert len(index_dataset(folder, paths).usable) == 6 and steps[-1] == (6, 6)
    assert [path.name for path in paths.data_dir.iterdir() if path.name != ".tuskscope"] == ["elephants"]


def test_photos_that_are_there_are_returned_at_once(paths, kaggle_folder):
    download(paths, fetch=lambda handle: kaggle_folder)
    assert download(paths, fetch=no_network) == paths.data_dir / "elephants"


def test_puts_the_photos_where_it_is_told(paths, kaggle_folder, tmp_path):
    folder = download(paths, tmp_path / "elsewhere" / "herd", fetch=lambda handle: kaggle_folder)
    assert folder == tmp_path / "elsewhere" / "herd" and (folder / "train" / "African").is_dir()


def test_without_a_network_one_sentence_tells_the_way_by_hand(paths):
    with pytest.raises(DatasetError) as error:
        download(paths, fetch=no_network)
    message = str(error.value)
    assert "name or service not known" in message and "--from-zip FILE" in message and "Dataset page" in message
    assert f"https://www.kaggle.com/datasets/{HANDLE}" in message and "\n" not in message
    assert not (paths.data_dir / "elephants").exists()


def test_takes_a_zip_that_was_downloaded_by_hand(paths, kaggle_folder, tmp_path):
    import shutil

    file = shutil.make_archive(str(tmp_path / "archive"), "zip", kaggle_folder)
    folder = download(paths, from_zip=file, fetch=no_network)
    assert (folder / "test" / "Asian").is_dir()


def test_D4_a_zip_that_is_none_is_refused_and_leaves_nothing(paths, tmp_path):
    (tmp_path / "page.zip").write_text("<html>Sign in to Kaggle</html>")
    with pytest.raises(DatasetError, match="Expected a zip file"):
        download(paths, from_zip=tmp_path / "page.zip")
    assert list(paths.data_dir.iterdir()) == []


def test_a_folder_that_holds_something_else_is_not_touched(paths, kaggle_folder):
    (paths.data_dir / "elephants").mkdir()
    (paths.data_dir / "elephants" / "notes.txt").write_text("mine")
    with pytest.raises(DatasetError, match="exists already"):
        download(paths, fetch=lambda handle: kaggle_folder)
    assert (paths.data_dir / "elephants" / "notes.txt").read_text() == "mine"


def fetch_by(program: str, tmp_path, progress=None):
    """Runs the real fetcher with a stand-in for kagglehub."""
    return module._fetch(HANDLE, tmp_path / "cache", progress, (sys.executable, "-c", program))


def test_a_silent_server_is_given_up_and_its_process_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "STALL_SECONDS", 0.5)
    program = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    started = time.monotonic()
    with pytest.raises(ConnectionError, match="no answer"):
        fetch_by(program, tmp_path)
    assert time.monotonic() - started < 5
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_reports_bytes_while_they_come_and_reads_the_answer_past_noise(tmp_path):
    program = (
        "import os, time, json\nfolder = os.environ['KAGGLEHUB_CACHE']\n"
        "open(folder + '/archive', 'wb').write(bytes(1000))\ntime.sleep(0.6)\n"
        "print('Warning: an outdated version')\nprint(json.dumps({'folder': folder}))"
    )
    steps = []
    assert fetch_by(program, tmp_path, lambda *step: steps.append(step)) == tmp_path / "cache"
    assert (1000, 0) in steps


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ('print(\'{"error": ["ConnectionError"], "message": "HTTPSConnectionPool..."}\')', "no connection"),
        ('print(\'{"error": ["ModuleNotFoundError", "ImportError"]}\')', "not installed"),
        ('print(\'{"error": ["HTTPError"], "message": "403 Client Error"}\')', "403"),
        ("raise SystemExit(1)", "without an answer"),
        ("print('noise')", "without an answer"),
    ],
)
def test_tells_failures_of_kagglehub_apart(tmp_path, program, words):
    with pytest.raises((ConnectionError, RuntimeError), match=words):
        fetch_by(program, tmp_path)


def test_the_answer_of_the_real_kagglehub_is_understood(paths, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody listens there: as good as no network
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    started = time.monotonic()
    with pytest.raises(DatasetError, match="no connection"):
        download(paths)
    assert time.monotonic() - started < 20
