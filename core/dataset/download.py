"""The default photos, from Kaggle without an account, or from a zip that a person downloaded in a browser."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from core.dataset.folders import list_files
from core.dataset.importing import accept_import
from core.dataset.layout import find_layout
from core.errors import DatasetError
from core.paths import Paths

HANDLE = "vivmankar/asian-vs-african-elephant-image-classification"
PAGE = f"https://www.kaggle.com/datasets/{HANDLE}"
NAME = "elephants"
STALL_SECONDS = 20.0  # without a new byte
_POLL_SECONDS = 0.25

Progress = Callable[[int, int], None]
Fetch = Callable[[str], "Path | str"]

# kagglehub waits forever for a silent server and writes to the terminal, so it gets a process of its own.
_FETCHER = """
import json, sys
try:
    import kagglehub
    answer = {"folder": str(kagglehub.dataset_download(sys.argv[1]))}
except Exception as error:
    names = [kind.__name__ for kind in type(error).__mro__]
    answer = {"error": names, "message": str(error)}
print("\\n" + json.dumps(answer))
"""


def download(
    paths: Paths,
    folder: Path | None = None,
    progress: Progress | None = None,
    fetch: Fetch | None = None,
    from_zip: Path | None = None,
) -> Path:
    """Brings the elephant photos in as a dataset; if they are there already, that folder is returned at once.

    Args:
        paths: Where datasets live.
        folder: Where the photos shall lie; `elephants` among the datasets by default.
        progress: Called with (bytes so far, 0) while downloading, then with (photos written, photos in all).
        fetch: Takes the Kaggle handle, returns the folder it was downloaded to; kagglehub by default.
        from_zip: A zip downloaded by hand, instead of the network.

    Returns:
        The dataset folder, which appears whole or not at all.

    Raises:
        DatasetError: If Kaggle cannot be reached (the message says how to do it by hand), the zip must be
            refused, the folder holds something else, or the disk is full.
    """
    folder = (paths.data_dir / NAME if folder is None else Path(folder)).resolve()
    if folder.is_dir() and find_layout(list(list_files(folder)[0])).photos:
        return folder
    place = replace(paths, data_dir=folder.parent)
    if from_zip is not None:
        return accept_import(from_zip, folder.name, place, progress)
    cache = paths.shared_cache_dir / "kagglehub"  # kept after a failure: the next try resumes
    try:
        fetched = fetch(HANDLE) if fetch else _fetch(HANDLE, cache, progress)
    except Exception as error:  # kagglehub's errors have no common base; none of them is worth a traceback
        raise DatasetError(
            f"The photos could not be downloaded from Kaggle ({_reason(error)}); download the zip in a "
            f"browser from {PAGE} and run `python -m core download --from-zip FILE`, or drop it on the "
            "Dataset page."
        ) from error
    result = accept_import(Path(fetched), folder.name, place, progress)
    shutil.rmtree(cache, ignore_errors=True)
    return result


def _fetch(handle: str, cache: Path, progress: Progress | None, command: tuple[str, ...] = ()) -> Path:
    """Runs kagglehub in a process of its own and ends it when no more bytes come.

    Raises:
        ConnectionError: If the network fails or falls silent.
        RuntimeError: For anything else, with Kaggle's words.
    """
    cache.mkdir(parents=True, exist_ok=True)
    settings = {"KAGGLEHUB_CACHE": str(cache), "KAGGLEHUB_VERBOSITY": "error", "TQDM_DISABLE": "1"}
    process = subprocess.Popen(
        command or (sys.executable, "-c", _FETCHER, handle),
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    size, changed = -1, time.monotonic()
    try:
        while True:
            try:
                output, _ = process.communicate(timeout=_POLL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                now_size = _size_of(cache)
            if now_size != size:
                size, changed = now_size, time.monotonic()
                if progress:
                    progress(size, 0)
            elif time.monotonic() - changed > STALL_SECONDS:
                raise ConnectionError(f"no answer for {STALL_SECONDS:.0f} seconds") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    return _answer(output)


def _answer(output: str) -> Path:
    lines = output.strip().splitlines()
    try:
        answer = json.loads(lines[-1]) if lines else {}
    except ValueError:
        answer = {}
    if "folder" in answer:
        return Path(answer["folder"])
    kinds = answer.get("error", [])
    if "ConnectionError" in kinds or "Timeout" in kinds:
        raise ConnectionError("no connection")
    if "ImportError" in kinds:
        raise RuntimeError("the package kagglehub is not installed")
    raise RuntimeError(answer.get("message") or "kagglehub ended without an answer")


def _reason(error: Exception) -> str:
    """The first line of an error, short enough for one sentence."""
    words = (str(error).splitlines() or [""])[0].strip().rstrip(".")
    return f"{words[:120]}…" if len(words) > 120 else words or type(error).__name__


def _size_of(folder: Path) -> int:
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(root, name)).st_size
            except OSError:
                continue  # moved while we looked
    return total
