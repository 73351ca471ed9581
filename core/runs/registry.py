"""Which runs exist and which one is served: list, load, promote, roll back, delete."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import NoActiveRunError, RunInvalidError, RunNotFoundError
from core.files import fsync_dir, write_atomic
from core.paths import Paths
from core.runs import promotions
from core.runs.folder import RUN_ID, SERVED_FILE, STAGING_PREFIX, Run, damaged_run, read_any_run, read_run

NOTHING = "No run is served yet. Train one and promote it."


@dataclass(frozen=True)
class Served:
    """The run that answers.

    Attributes:
        run: It succeeded, and its network is the one that was trained.
        problem: Why it answers instead of the run that `models/active` names; "" if it is that one.
    """

    run: Run
    problem: str = ""


def runs(paths: Paths) -> list[Run]:
    """All runs, live, finished and damaged, newest first; the network of the named one is checked."""
    named = active_id(paths)
    found = [read_any_run(folder) for folder in _folders(paths)]
    found = [run.checked() if run.run_id == named else run for run in found]
    return sorted(found, key=lambda run: (run.created_at, run.run_id), reverse=True)


def load(paths: Paths, run_id: str) -> Run:
    """Finds a run by id, finished or live.

    Raises:
        RunNotFoundError: If no folder has this id; ids are looked up, never joined to a path unchecked.
        RunInvalidError: If its folder is damaged.
    """
    return read_run(_folder(paths, run_id))


def served(paths: Paths) -> Served:
    """The run that answers: the named one, or one in its place, as `serving_order` has it.

    Raises:
        NoActiveRunError: If there is none; it says what is wrong with the named one.
    """
    problem = ""
    for run in serving_order(paths):
        if run.state == "succeeded":
            return Served(run, problem)
        problem = problem or run.message
    raise NoActiveRunError(f"{problem} No other run can answer." if active_id(paths) else NOTHING)


def serving_order(paths: Paths) -> Iterator[Run]:
    """The named run first, whatever its state; if it cannot answer, then those that may, the best first.

    In the place of a run that is damaged comes the one that was served before it. If the name is lost, or nobody has
    it, comes the newest.
    """
    named = active_id(paths)
    try:
        run = read_any_run(_folder(paths, named)).checked()
        if run.state not in ("succeeded", "damaged"):
            message = f"The run {named} is {run.state}; only a succeeded run can be served."
            run = replace(run, state="damaged", message=message)
        yield run
        yield from (run.checked() for run in earlier(paths))
    except RunNotFoundError:
        lost = f"names {named}, which is not there" if named else "names no run"
        yield damaged_run(paths.models_dir, f"models/active {lost}. Promote a run.")
    yield from (run.checked() for run in runs(paths) if run.state == "succeeded")


def exists(paths: Paths, run_id: str) -> bool:
    """Whether there is a run of this id, live or finished, readable or not."""
    return any((paths.models_dir / (prefix + run_id)).exists() for prefix in (STAGING_PREFIX, ""))


def active(paths: Paths) -> Run:
    """The run of `served`."""
    return served(paths).run


def active_id(paths: Paths) -> str | None:
    """The id that `models/active` names, whether or not that run exists."""
    try:
        named = active_file(paths).read_text(encoding="utf-8-sig").strip()
        return named if RUN_ID.fullmatch(named) else None
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
    run.verify(SERVED_FILE, *run.files)
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
            run.verify(SERVED_FILE, *run.files)
        except RunInvalidError:
            continue
        _serve(paths, run.run_id, "rollback")
        return run
    raise RunInvalidError("There is no earlier served run to go back to. Promote a run instead.")


def earlier(paths: Paths) -> Iterator[Run]:
    """The runs that were served before the current one and are still there, the last one first."""
    named = active_id(paths)
    for run_id in reversed(promotions.stack(paths)):
        try:
            if run_id != named:
                yield load(paths, run_id)
        except (RunNotFoundError, RunInvalidError):
            continue


def delete(paths: Paths, run_id: str) -> None:
    """Removes a finished run for good.

    Raises:
        RunNotFoundError: If there is no such run.
        RunInvalidError: If it is served or still running.
    """
    run = read_any_run(_folder(paths, run_id))
    if run_id == active_id(paths) or run.state == "succeeded" and run_id == active(paths).run_id:  # if no name is left
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


def _folder(paths: Paths, run_id: str | None) -> Path:
    if isinstance(run_id, str) and RUN_ID.fullmatch(run_id):
        # Staging first: a run that is published meanwhile is then found in its place.
        for folder in (paths.models_dir / (STAGING_PREFIX + run_id), paths.models_dir / run_id):
            if folder.is_dir() and not folder.is_symlink():
                return folder
    raise RunNotFoundError("No run has this id. List the runs to see which ones exist.")


def _folders(paths: Paths) -> list[Path]:
    if not paths.models_dir.is_dir():
        return []
    return [
        folder
        for folder in paths.models_dir.iterdir()
        if folder.is_dir() and not folder.is_symlink() and RUN_ID.fullmatch(folder.name.removeprefix(STAGING_PREFIX))
    ]


def _serve(paths: Paths, run_id: str, action: promotions.Action) -> None:
    try:
        write_atomic(active_file(paths), run_id + "\n")
        promotions.record(paths, action, run_id)
    except OSError as error:
        raise RunInvalidError(
            f"Expected to write models/active and models/{promotions.FILE}, but: {error.strerror}. Now "
            f"{active_id(paths)} is named as served. Mend that and promote again."
        ) from error
