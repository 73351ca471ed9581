"""Makes a plan: streams over the photos of a folder, whatever its size, and names all that is left out."""

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from core.dataset.names import MAX_LISTED, shown
from core.dataset.walk import File, is_photo, walk
from core.errors import DatasetError, RunInvalidError
from core.escaping import one_line
from core.files import fsync_dir, write_json
from core.prediction.scoring.detections import Detection
from core.prediction.scoring.plan import (
    CHUNKS,
    LEFT_OUT_FILE,
    PHOTOS,
    PLAN_FILE,
    RESULTS,
    SCHEMA_VERSION,
    Plan,
    chunk_file,
    settings_of,
)
from core.prediction.scoring.tables import write_checked
from core.prediction.sets import sets_of
from core.runs.folder import SERVED_FILE, Run

DEFAULT_CHUNK = 1000
_REASONS = {
    "other": "no JPEG, PNG or WebP",
    "hidden": "hidden",
    "passed_over": "folders of a system or another program",
    "not-a-file": "pipes, sockets or devices",
    "link-circle": "links back to a folder above",
    "odd-name": "names that are no valid Unicode; rename them",
    "unreadable": "cannot be opened",
}


def make_plan(
    folder: Path,
    run: Run,
    target: Path,
    chunk_size: int = DEFAULT_CHUNK,
    detections: Mapping[str, Detection] | None = None,
    progress: Callable[[int], object] | None = None,
) -> Plan:
    """Looks through a folder and writes the plan; it appears whole or not at all.

    Args:
        folder: Of photos, in any tree of folders.
        run: A succeeded run.
        target: The plan's folder; must not exist.
        chunk_size: Photos a chunk, at least 1.
        detections: Of `read_detections`: the box of a photo is scored beside its frame.
        progress: Called with the number of photos so far.

    Raises:
        DatasetError: If the folder holds no photo or cannot be read, or there is something at `target`.
    """
    _check(folder, target, run)
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp"))
    try:
        plan = _write(folder.resolve(), run, staging, chunk_size, detections, progress)
        os.chmod(staging, 0o755)
        os.rename(staging, target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    fsync_dir(target.parent)
    return plan


def _check(folder: Path, target: Path, run: Run) -> None:
    if not folder.is_dir():  # before anything is written
        raise DatasetError(f"Expected a folder of photos, but there is none at {folder}. Check the path.")
    if run.state != "succeeded":
        raise RunInvalidError(f"The run {run.run_id} is {run.state}; only a succeeded run can score.")
    if target.exists():
        raise DatasetError(f"There is something at {target} already. Go on with it (score work), or name another plan.")
    if target.resolve().is_relative_to(folder.resolve()):
        raise DatasetError(f"The plan {target} would lie among the photos, which stay untouched. Name another place.")


def _write(
    folder: Path,
    run: Run,
    staging: Path,
    chunk_size: int,
    detections: Mapping[str, Detection] | None,
    progress: Callable[[int], object] | None,
) -> Plan:
    run.verify(SERVED_FILE)
    settings, model, notes = settings_of(run), run.files[SERVED_FILE], []
    try:
        sets = sets_of(run)
    except RunInvalidError as error:
        sets, notes = None, [str(error)]
    digest = hashlib.sha256(repr((SCHEMA_VERSION, model, sorted(settings.items()), chunk_size, sets)).encode())
    num_photos = num_chunks = num_bytes = num_detected = 0
    with (staging / LEFT_OUT_FILE).open("w", encoding="utf-8") as file:
        left = _LeftOut(file.write)
        for photos in _chunks(folder, chunk_size, left):
            found = [(detections or {}).get(photo.path) for photo in photos]
            num_detected += sum(item is not None for item in found)
            rows: dict[str, list] = {
                "path": [photo.path for photo in photos],
                "size": [photo.size for photo in photos],
                "mtime_ns": [photo.mtime_ns for photo in photos],
                "detection": [item and item.confidence for item in found],
                "box": [item and item.box for item in found],
            }
            digest.update(repr(list(rows.values())).encode())
            chunk = chunk_file(staging, CHUNKS, num_chunks)
            write_checked(chunk, pa.table(rows, PHOTOS), {"chunk": str(num_chunks)})
            num_chunks, num_photos, num_bytes = (
                num_chunks + 1,
                num_photos + len(photos),
                num_bytes + sum(photo.size for photo in photos),
            )
            if progress:
                progress(num_photos)
    if not num_photos:
        raise DatasetError(" ".join((f"There is no photo in {folder} to score.", *left.notes)))
    if detections is not None:
        others = len(detections) - num_detected
        notes.append(
            f"{num_detected:,} of the photos are in the detector's file; {others:,} of its entries are not here."
        )
    plan = Plan(
        str(folder),
        run.run_id,
        model,
        settings,
        run.class_names,
        sets,
        chunk_size,
        num_photos,
        num_chunks,
        num_bytes,
        dict(left.counts),
        (*left.notes, *notes),
        datetime.now(UTC).isoformat(timespec="seconds"),
        digest.hexdigest(),
    )
    (staging / RESULTS).mkdir()
    write_json(staging / PLAN_FILE, {"schema_version": SCHEMA_VERSION, **asdict(plan)})
    return plan


def _chunks(folder: Path, size: int, left: "_LeftOut") -> Iterator[list[File]]:
    photos: list[File] = []
    for kind, entry in walk(folder):
        if kind == "files" and is_photo(folder.joinpath(*entry.parts)):
            photos.append(entry)
            if len(photos) == size:
                yield photos
                photos = []
        elif kind != "folders":
            left.add(kind, entry)
    if photos:
        yield photos


class _LeftOut:
    """Counts what is not scored, names all of it in a file and the first few in sentences."""

    def __init__(self, write: Callable[[str], object]):
        self._write, self._first = write, dict[str, list[str]]()
        self.counts: Counter[str] = Counter()

    def add(self, kind: str, entry: File | tuple[str, str | int] | str) -> None:
        path, reason = entry if isinstance(entry, tuple) else (entry.path if isinstance(entry, File) else entry, kind)
        reason = "other" if kind == "files" else kind if kind == "passed_over" else str(reason)
        self.counts[reason] += 1
        if len(first := self._first.setdefault(reason, [])) < MAX_LISTED:
            first.append(shown(path))
        self._write(f"{reason}\t{one_line(path)}\n")

    @property
    def notes(self) -> list[str]:
        return [
            f"{count:,} left out: {_REASONS[reason]} ({', '.join(self._first[reason])}"
            f"{', …' if count > MAX_LISTED else ''})."
            for reason, count in self.counts.items()
        ]
