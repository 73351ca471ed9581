"""Which runs exist and which one is served: list, load, promote, roll back, delete."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from core.errors import NoActiveRunError, RunInvalidError, RunNotFoundError
from core.files import fsync_dir, write_atomic
from core.paths import Paths
from core.records import append_log, read_log
from core.runs.folder import RUN_ID, Run, read_run
from core.runs.staging import STAGING_PREFIX


def runs(paths: Paths) -> list[Run]:
    """All readable runs, live and finished, newest first; damaged folders are left out."""
    found = []
    for folder in _folders(paths):
        try:
            found.append(read_run(folder))
        except RunInvalidError:
            continue
    return sorted(found, key=lambda run: (run.created_at, run.run_id), reverse=True)


def load(paths: Paths, run_id: str) -> Run:
    """Finds a run by id, finished or live.

    Raises:
        RunNotFoundError: If no folder has this id; ids are looked up, never joined to a path unchecked.
        RunInvalidError: If its folder is damaged.
    """
    if isinstance(run_id, str) and RUN_ID.fullmatch(run_id):
        # Staging first: a run that is published meanwhile is then found in its place.
        for folder in (paths.models_dir / (STAGING_PREFIX + run_id), paths.models_dir / run_id):
            if folder.is_dir() and not folder.is_symlink():
                return read_run(folder)
    raise RunNotFoundError("No run has this id. List the runs to see which ones exist.")


def exists(paths: Paths, run_id: str) -> bool:
    """Whether there is a run of this id, live or finished, readable or not."""
    return any((paths.models_dir / (prefix + run_id)).exists() for prefix in (STAGING_PREFIX, ""))


def active(paths: Paths) -> Run:
    """The served run.

    If the pointer is lost or names a missing run, the newest succeeded run serves.

    Raises:
        NoActiveRunError: If there is no succeeded run.
    """
    run_id = active_id(paths)
    try:
        run = load(paths, run_id or "")
        if run.state == "succeeded":
            return run
    except (RunNotFoundError, RunInvalidError):
        pass
    for run in runs(paths):
        if run.state == "succeeded":
            return run
    raise NoActiveRunError("No run is served yet. Train one and promote it.")


def active_id(paths: Paths) -> str | None:
    """The id that `models/active` names, whether or not that run exists."""
    try:
        return active_file(paths).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def active_file(paths: Paths) -> Path:
    """Where the id of the served run stands."""
    return paths.models_dir / "active"


def promote(paths: Paths, run_id: str) -> Run:
    """Serves another run from now on; promoting the served one again changes nothing.

    Raises:
        RunNotFoundError: If there is no such run.
        RunInvalidError: If it did not succeed or its files are damaged; the served run stays.
    """
    run = load(paths, run_id)
    if run.state != "succeeded":
        raise RunInvalidError(f"The run {run_id} is {run.state}; only a succeeded run can be served.")
    run.verify()
    if active_id(paths) != run_id:
        _serve(paths, run_id, "promote")
    return run


def rollback(paths: Paths) -> Run:
    """Serves the run that was served before the current one.

    Raises:
        RunInvalidError: If there is no earlier run to go back to.
    """
    for run in earlier(paths):
        try:
            run.verify()
        except RunInvalidError:
            continue
        _serve(paths, run.run_id, "rollback")
        return run
    raise RunInvalidError("There is no earlier served run to go back to. Promote a run instead.")


def earlier(paths: Paths) -> Iterator[Run]:
    """The runs that were served before the current one and are still there, the last one first."""
    for run_id in reversed(_served(paths)[:-1]):
        try:
            yield load(paths, run_id)
        except (RunNotFoundError, RunInvalidError):
            continue


def delete(paths: Paths, run_id: str) -> None:
    """Removes a finished run for good.

    Raises:
        RunNotFoundError: If there is no such run.
        RunInvalidError: If it is served or still running.
    """
    run = load(paths, run_id)
    if run.state == "succeeded" and run_id == active(paths).run_id:  # also where the pointer to it is lost
        raise RunInvalidError(f"The run {run_id} is served and cannot be deleted. Promote another run first.")
    if run.folder.name.startswith(STAGING_PREFIX):
        raise RunInvalidError(f"The run {run_id} is {run.state}. Cancel it first.")
    doomed = paths.models_dir / f".deleted-{run_id}"
    os.rename(run.folder, doomed)  # gone in one step; a crash while removing leaves nothing half visible
    fsync_dir(paths.models_dir)
    shutil.rmtree(doomed)
    shutil.rmtree(exports_folder(run, paths), ignore_errors=True)


def exports_folder(run: Run, paths: Paths) -> Path:
    """Where exports of this very model are kept, beside the caches: a run folder is never written again."""
    content = "".join(run.files.get(name, run.run_id) for name in ("model.keras", "model.tflite"))
    return paths.shared_cache_dir / "exports" / hashlib.sha256(content.encode()).hexdigest()[:16]


def history(paths: Paths) -> list[dict[str, str]]:
    """All promotions and roll-backs, oldest first: `action`, `run_id`, `at`."""
    return read_log(dict[str, str], _history_file(paths))


def _history_file(paths: Paths) -> Path:
    return paths.models_dir / "history.jsonl"


def _folders(paths: Paths) -> list[Path]:
    if not paths.models_dir.is_dir():
        return []
    return [
        folder
        for folder in paths.models_dir.iterdir()
        if folder.is_dir() and not folder.is_symlink() and RUN_ID.fullmatch(folder.name.removeprefix(STAGING_PREFIX))
    ]


def _served(paths: Paths) -> list[str]:
    """The served runs as a stack: a roll-back takes the top off."""
    stack: list[str] = []
    for entry in history(paths):
        if entry["action"] == "rollback" and entry["run_id"] in stack:
            while stack[-1] != entry["run_id"]:
                stack.pop()
        else:
            stack.append(entry["run_id"])
    return stack


def _serve(paths: Paths, run_id: str, action: str) -> None:
    write_atomic(active_file(paths), run_id + "\n")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    append_log(_history_file(paths), [{"action": action, "run_id": run_id, "at": now}])
