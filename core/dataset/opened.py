"""Every dataset by its name: the folders in the data folder, and others that were opened by their path."""

import json
import shutil
from pathlib import Path

from core.dataset.index import TEST_PHOTOS_FILE
from core.dataset.overlay import ADVICE_FILE, CLASSES_FILE, DECISIONS_FILE
from core.dataset.walk import dataset_folders
from core.errors import DatasetError
from core.escaping import printable
from core.files import write_atomic
from core.paths import Paths

KEPT = (DECISIONS_FILE, CLASSES_FILE, ADVICE_FILE, TEST_PHOTOS_FILE)  # what people decided: cannot be made anew


def datasets(paths: Paths) -> dict[str, Path]:
    """Name to folder: those in the data folder, then those opened elsewhere; whether each is there is not checked."""
    return {**opened(paths), **dataset_folders(paths.data_dir)}


def opened(paths: Paths) -> dict[str, Path]:
    """The folders opened elsewhere, by name; none if the file is missing or damaged."""
    try:
        found = json.loads(_file(paths).read_text(encoding="utf-8"))
        return {str(name): Path(folder) for name, folder in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def remember(paths: Paths, folder: Path) -> str:
    """Keeps a folder on disk for later visits, other tabs and the API; gives the name it is known by from now on."""
    folder = folder.resolve()
    known = datasets(paths)
    if name := next((name for name, other in known.items() if other.resolve() == folder), ""):
        return name
    base = printable(folder.name) or "root"
    names = [base, *(f"{base}-{number}" for number in range(2, len(known) + 3))]
    name = next(name for name in names if name not in known)
    _write(paths, {**opened(paths), name: folder})
    return name


def rename(paths: Paths, name: str, new_name: str) -> None:
    """Calls an opened folder something else; the folder itself keeps its name.

    Raises:
        DatasetError: If it was not opened by its path, or the new name is empty, hidden, a path, or taken.
    """
    found, new_name = opened(paths), new_name.strip()
    if name not in found:
        raise DatasetError(f"Expected a folder that was opened by its path, but {name} lies in the data folder.")
    if not new_name or new_name.startswith(".") or set(new_name) & set("/\\"):
        raise DatasetError(f"Expected a name without slashes that starts with no dot, but got {new_name!r}.")
    if new_name != name and new_name in datasets(paths):
        raise DatasetError(f"A dataset named {new_name} is there already. Choose another name.")
    _write(paths, {new_name if key == name else key: folder for key, folder in found.items()})


def forget(paths: Paths, name: str) -> None:
    """Takes an opened folder off the list; photos, decisions and runs stay."""
    _write(paths, {key: folder for key, folder in opened(paths).items() if key != name})


def delete_derived(paths: Paths, folder: Path) -> int:
    """Deletes what was derived from a dataset and can be made anew; photos and decisions stay. Gives bytes freed."""
    cache_dir, freed = paths.cache_dir(folder), 0
    for child in cache_dir.iterdir() if cache_dir.is_dir() else ():
        if child.name in KEPT:
            continue
        files = [file for file in (child.rglob("*") if child.is_dir() else [child]) if file.is_file()]
        freed += sum(file.stat().st_size for file in files)
        shutil.rmtree(child) if child.is_dir() else child.unlink()
    return freed


def _file(paths: Paths) -> Path:
    return paths.shared_cache_dir / "folders.json"


def _write(paths: Paths, found: dict[str, Path]) -> None:
    content = {name: str(folder) for name, folder in found.items()}
    write_atomic(_file(paths), json.dumps(content, indent=1, ensure_ascii=False) + "\n")
