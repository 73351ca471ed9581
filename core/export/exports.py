"""Exports are made, checked, and only then offered; kept with the caches, as a run folder is never written again."""

import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import ProcessFailedError, RunInvalidError
from core.export.check import ExportCheck, check_export
from core.export.files import digest
from core.export.formats import FORMATS, FormatName, check_packages, write_model
from core.export.labels import write_labels
from core.files import read_json, write_json
from core.paths import Paths
from core.processes import run_core
from core.records import from_json
from core.runs.folder import Run
from core.runs.registry import exports_folder

_LONGEST_SECONDS = 900
_DRAFT = "draft-"


@dataclass(frozen=True)
class Export:
    """An export that was opened again and compared.

    Attributes:
        path: The file, or the folder of a SavedModel.
        check: How it compares with the served file.
    """

    path: Path
    check: ExportCheck


def stored_check(run: Run, format_name: FormatName, paths: Paths) -> ExportCheck | None:
    """The last check of this very model in a format, without TensorFlow; `None` if nobody made it yet."""
    content = _stored(run, format_name, paths)
    return content[0] if content else None


def stored_export(run: Run, format_name: FormatName, paths: Paths) -> Export | None:
    """The export itself, its content verified; `None` if it is not there or has changed."""
    content, path = _stored(run, format_name, paths), _path(run, format_name, paths)
    if content and path.exists() and digest(path) == content[1]:
        return Export(path, content[0])
    return None


def prepare_export(run: Run, format_name: FormatName, paths: Paths, given: Sequence[Path] = ()) -> Export:
    """Makes and checks an export in a process of its own: this one needs no TensorFlow and survives a crash of it.

    Takes 10 to 60 seconds. The export and its check are kept under `data/.tuskscope/exports/`.

    Args:
        run: A succeeded run; its files are verified first.
        format_name: A key of `FORMATS`.
        paths: Where runs, data and caches lie.
        given: Photos to compare on; by default those of the run's dataset.

    Raises:
        RunInvalidError: If the run did not succeed or is damaged, or the export failed its check; nothing is offered.
        MethodUnavailableError: If a package that a format needs is not installed.
    """
    _check_exportable(run)
    check_packages(format_name)
    title = FORMATS[format_name].title
    arguments = ("work-on-export", run.run_id, format_name, *(Path(path).resolve() for path in given))
    try:
        run_core(arguments, paths, f"The {title} export", _LONGEST_SECONDS)
    except ProcessFailedError as error:
        raise RunInvalidError(str(error)) from error
    found = stored_export(run, format_name, paths)
    if found is None:
        raise RunInvalidError(f"The {title} export changed after it was checked. It is not offered; export it again.")
    return found


def work_on_export(run: Run, format_name: FormatName, paths: Paths, given: Sequence[Path] = ()) -> Export:
    """What `prepare_export` does, in this process."""
    from core.export.photos import export_photos

    _check_exportable(run)
    photos = export_photos(run, paths, given)
    target, note = _path(run, format_name, paths), _note(run, format_name, paths)
    note.parent.mkdir(parents=True, exist_ok=True)
    _sweep(note.parent)
    with tempfile.TemporaryDirectory(dir=note.parent, prefix=_DRAFT) as temporary:
        draft = Path(temporary) / target.name
        write_model(run, format_name, draft, photos.representative)
        check = check_export(run, format_name, draft, photos)
        sha256 = digest(draft)
        note.unlink(missing_ok=True)  # between here and the last line there is no export, rather than a wrong one
        if target.is_dir():
            shutil.rmtree(target)
        os.replace(draft, target)
    write_json(note, {**asdict(check), "sha256": sha256, "class_names": run.class_names})
    return Export(target, check)


def export_run(run: Run, format_name: FormatName, folder: Path, paths: Paths, given: Sequence[Path] = ()) -> Export:
    """Writes the model of a run into a folder, after it was checked, and its `labels.txt` beside it.

    Args:
        run: A succeeded run; its files are verified first.
        format_name: A key of `FORMATS`.
        folder: Made if it does not exist; an existing target is never overwritten.
        paths: Where runs, data and caches lie.
        given: Photos to compare on; without them an earlier export of this very model is taken.

    Raises:
        RunInvalidError: If the target exists, else as `prepare_export`.
        MethodUnavailableError: As `prepare_export`.
    """
    target = folder / f"{run.run_id}{FORMATS[format_name].suffix}"
    if target.exists():
        raise RunInvalidError(f"Expected a free name, but {target} exists. Choose another folder.")
    _check_exportable(run)
    found = None if given else stored_export(run, format_name, paths)
    found = found or prepare_export(run, format_name, paths, given)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        draft = Path(temporary) / target.name
        (shutil.copytree if found.path.is_dir() else shutil.copyfile)(found.path, draft)
        draft.rename(target)
    write_labels(run, folder)
    return Export(target, found.check)


def _sweep(folder: Path) -> None:
    """Removes what a killed conversion left behind."""
    for draft in folder.glob(f"{_DRAFT}*"):
        if time.time() - draft.stat().st_mtime > _LONGEST_SECONDS:
            shutil.rmtree(draft, ignore_errors=True)


def _check_exportable(run: Run) -> None:
    if run.state != "succeeded":
        raise RunInvalidError(f"The run {run.run_id} is {run.state}; only a succeeded run can be exported.")
    run.verify()


def _stored(run: Run, format_name: FormatName, paths: Paths) -> tuple[ExportCheck, str] | None:
    try:
        content = from_json(dict[str, Any], read_json(_note(run, format_name, paths)))
        sha256 = str(content.pop("sha256"))
        if content.pop("class_names") != list(run.class_names):
            return None  # the export names its classes
        return from_json(ExportCheck, {**content, "run_id": run.run_id}), sha256
    except (OSError, ValueError, KeyError, TypeError):
        return None  # missing, damaged or of another version: it is made again


def _note(run: Run, format_name: FormatName, paths: Paths) -> Path:
    return exports_folder(run, paths) / f"{format_name}.json"


def _path(run: Run, format_name: FormatName, paths: Paths) -> Path:
    """Where a checked export lies."""
    return exports_folder(run, paths) / f"model{FORMATS[format_name].suffix}"
